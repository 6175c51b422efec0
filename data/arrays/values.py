"""Values of images in the usual types and ranges as bytes, 0 to 255."""

from collections.abc import Callable, Mapping

import numpy as np

from nasnet.data.dataset import DataError

_BLOCK = 1 << 24  # bytes that are converted at a time
_DARK = 128
_EXPECTED = "expected 0 to 255, or floats from 0 to 1 or -1 to 1"
Convert = Callable[[np.ndarray], np.ndarray]


def to_bytes(given: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Converts values, in every split by the same rule.

    Args:
        given: images of each split, of any shape and type, none empty.

    Returns:
        uint8 of the same shape, and notes.

    Raises:
        DataError: the values are no pixels, or which is not certain.
    """
    ranges = {split: _range(f"x_{split}", x) for split, x in given.items()}
    low, high = min(r[0] for r in ranges.values()), max(r[1] for r in ranges.values())
    _check_alike(ranges, low, high)
    kinds = {x.dtype.kind for x in given.values()}
    if "b" in kinds and len(kinds) > 1:
        types = ", ".join(f"x_{split} {x.dtype}" for split, x in given.items())
        raise DataError(f"types are {types}, expected one for all")
    if kinds <= {"i", "u"} and high > 255 and all(x.dtype == np.uint16 for x in given.values()):
        convert, notes = _deep(low, high)
    elif kinds <= {"i", "u", "b"}:
        convert, notes = _whole(low, high, "b" in kinds)
    else:
        convert, notes = _floats(given, low, high)
    images = {split: _in_blocks(x, convert) for split, x in given.items()}
    lowest = min(int(x.min()) for x in images.values())
    highest = max(int(x.max()) for x in images.values())
    if highest <= 1 or any(x.dtype.kind in "iu" and x.max() <= 1 for x in given.values()):
        raise DataError(
            f"values are {'0 and 1' if high else '0'} alone, expected 0 to 255: bytes that were "
            "divided by 255 are all black (give the floats); black and white is x * 255"
        )
    if highest < _DARK or highest - lowest < _DARK // 2:
        notes.append(f"values are {lowest} to {highest} only, of 0 to 255")
    for split, (_, top) in ranges.items():
        if 2 * top < high:
            notes.append(f"values of x_{split} go up to {top:g} only, those of others to {high:g}")
    return images, notes


def _range(name: str, x: np.ndarray) -> tuple[float, float]:
    if x.dtype.kind not in "biuf":
        raise DataError(f"{name} is {x.dtype}, expected numbers")
    low, high = float(x.min()), float(x.max())
    if not np.isfinite([low, high]).all():  # a NaN anywhere makes both NaN
        raise DataError(f"{name} has values that are NaN or infinite, {_EXPECTED}")
    return low, high


def _check_alike(ranges: Mapping[str, tuple[float, float]], low: float, high: float) -> None:
    for split, (bottom, top) in ranges.items():
        other = next((s for s, r in ranges.items() if high == r[1] or low == r[0] < 0), split)
        if (top < high and 16 * top < high) or low < 0 <= bottom:
            found = [
                f"{a:g} to {b:g} in x_{s}" for s, (a, b) in ranges.items() if s in (split, other)
            ]
            raise DataError(f"values are {' and '.join(found)}, expected one range for all")


def _whole(low: float, high: float, truth: bool) -> tuple[Convert, list[str]]:
    if truth:
        return lambda x: x * np.uint8(255), ["False and True became 0 and 255"]
    if low < 0 or high > 255:
        raise DataError(f"values are {low:g} to {high:g}, {_EXPECTED}")
    return lambda x: x, []


def _deep(low: float, high: float) -> tuple[Convert, list[str]]:
    if high < 32768:
        raise DataError(
            f"values are {low:g} to {high:g} of 16 bits, {_EXPECTED}, or 0 to 65535: "
            "how many bits they have is not certain"
        )
    return lambda x: x >> 8, [f"values {low:g} to {high:g} of 16 bits became their upper 8 bits"]


def _floats(given: Mapping[str, np.ndarray], low: float, high: float) -> tuple[Convert, list[str]]:
    def noted(done: str) -> list[str]:
        return [f"floats from {low:g} to {high:g} {done}"]

    if low >= 0 and high <= 1:
        return lambda x: np.rint(x * 255.0), noted("were multiplied by 255")
    if low >= 0 and high <= 255 and (high >= _DARK or _are_whole(given)):
        return np.rint, noted("were rounded to whole numbers")
    if abs(low + 1) < 1e-3 and abs(high - 1) < 1e-3:
        return lambda x: np.rint((x + 1.0) * 127.5).clip(0, 255), noted("became 0 to 255")
    what = ", as of images that were standardised or centred" if low < 0 else ""
    raise DataError(f"values are floats from {low:g} to {high:g}{what}, {_EXPECTED}")


def _are_whole(given: Mapping[str, np.ndarray]) -> bool:
    return all(bool((part == np.rint(part)).all()) for x in given.values() for part in _blocks(x))


def _blocks(x: np.ndarray) -> list[np.ndarray]:
    """Views of x, cut along its first axis."""
    rows = max(1, _BLOCK * len(x) // max(x.nbytes, 1))
    return [x[i : i + rows] for i in range(0, len(x), rows)]


def _in_blocks(x: np.ndarray, convert: Convert) -> np.ndarray:
    """Converts without a whole copy in floats."""
    if x.dtype == np.uint8:
        return x
    return np.concatenate([convert(part).astype(np.uint8) for part in _blocks(x)])
