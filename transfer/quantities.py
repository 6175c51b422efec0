"""How a person says what a network may cost: 600M, 5.3M, 40ms."""

import re

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9}


def parse_count(text: str, name: str) -> int:
    """A count such as 600M, 5.3M, 1.2G (or 1.2B) or 564000000.

    Raises:
        ValueError: it is none, or it is 0; `name` says what of.
    """
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgb]?)\s*", text, re.I | re.A)
    count = round(float(match[1]) * _UNITS[match[2].lower()]) if match else 0
    if not 0 < count < 10**18:
        raise ValueError(f"{name} is {text!r}, expected a number above 0 such as 600M or 1.2G")
    return count


def parse_milliseconds(text: str, name: str) -> float:
    """Milliseconds of a time such as 40ms, 2.5 ms, 0.1s or 40.

    Raises:
        ValueError: it is none, or it is 0; `name` says what of.
    """
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s|)\s*", text, re.I | re.A)
    value = float(match[1]) * (1000 if match[2].lower() == "s" else 1) if match else 0.0
    if not 0 < value < 1e9:
        raise ValueError(f"{name} is {text!r}, expected a time above 0 such as 40ms or 0.1s")
    return value
