"""What makes an image bad, and how many bad ones are too many: one rule for every command."""

from collections.abc import Sequence

from nasnet.data.dataset import DataError

MAX_PIXELS = 100_000_000  # of an image; its header may promise any number
FEW = 10
SHARE = 0.01
_NAMED = 20

Bad = tuple[str, str]  # the name of a file, and why it cannot be used


class BadImageError(ValueError):
    """An image file that cannot be used; one line that says why, without its name."""


def too_large(width: int, height: int, max_pixels: int) -> str:
    """Why an image of so many pixels is bad."""
    return f"it is {width} x {height} pixels, expected at most {max_pixels:,} in all"


def most_bad(count: int, share: float = SHARE) -> int:
    """How many of `count` images may be bad: a share, but `FEW` always may."""
    return int(max(FEW, share * count))


def check_bad(bad: Sequence[Bad], count: int, where: str) -> None:
    """Refuses to go on where too many of `count` images are bad.

    Raises:
        DataError: they are.
    """
    if len(bad) > most_bad(count):
        name, reason = bad[0]
        raise DataError(
            f"{where} has {len(bad)} bad images among {count:,}, expected at most "
            f"{most_bad(count)}; the first is {name}: {reason}"
        )


def bad_notes(bad: Sequence[Bad]) -> tuple[str, ...]:
    """A sentence for each bad image; of very many the rest is counted."""
    notes = [f"bad image, left out: {name}: {reason}" for name, reason in bad[:_NAMED]]
    if len(bad) > _NAMED:
        notes.append(f"{len(bad) - _NAMED:,} more bad images were left out")
    return tuple(notes)
