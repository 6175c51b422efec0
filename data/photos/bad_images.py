"""Images that cannot be used: named in a file, and too many of them an error. No TensorFlow."""

from collections.abc import Callable, Iterable
from pathlib import Path

from nasnet.runtime.files import write_atomically

FEW = 10


class BadImages:
    """The bad images that were met.

    Args:
        path: the file of their names, one a line; what it names already is kept.
        share: of the images of an epoch that may be bad. `FEW` of them always may, so that a single
            one of few is not too many.
        say: hears of each one, once.
        write: whether there is to be a file.
    """

    def __init__(
        self, path: Path, share: float, say: Callable[[str], None], *, write: bool = True
    ) -> None:
        self._path, self._share, self._say, self._write = path, share, say, write
        self._names = set(path.read_text().splitlines()) if path.is_file() else set()

    def note(self, names: Iterable[str]) -> None:
        """Takes in the names of some, which may be known."""
        new = set(names) - self._names
        for name in sorted(new):
            self._say(f"bad image: {name}")
        self._names |= new
        if self._write and new:
            write_atomically(self._path, "\n".join(sorted(self._names)) + "\n")

    def check(self, bad: int, count: int, what: str) -> None:
        """Refuses to go on where `bad` of `count` images are too many.

        Raises:
            ValueError: they are.
        """
        limit = max(FEW, self._share * count)
        if bad > limit:
            raise ValueError(
                f"{what} has {bad} bad images among {count:,}, expected at most {int(limit)} "
                f"(max_bad {self._share:g}); they are in {self._path}"
            )
