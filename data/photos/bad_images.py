"""Images that cannot be used: named in a file, and too many of them an error. No TensorFlow."""

from collections.abc import Callable, Iterable
from pathlib import Path

from nasnet.data.folders.bad import most_bad
from nasnet.runtime.files import write_atomically


class BadImages:
    """The bad images that were met.

    Args:
        path: the file of their names, one a line; what it names already is kept.
        share: of the images of an epoch that may be bad, see `nasnet.data.folders.bad.most_bad`.
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
        limit = most_bad(count, self._share)
        if bad > limit:
            raise ValueError(
                f"{what} has {bad} bad images among {count:,}, expected at most {limit} "
                f"(max_bad {self._share:g}); they are in {self._path}"
            )
