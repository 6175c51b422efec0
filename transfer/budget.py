"""What a network may cost, and how a person says it: 600M, 5.3M, 40ms."""

import dataclasses
import re

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9}


@dataclasses.dataclass(frozen=True, slots=True)
class Budget:
    """What a network may cost at most; what is None is no limit.

    Args:
        mult_adds: multiply-adds of one image.
        parameters: trainable parameters.
        latency_ms: milliseconds of one image.

    Raises:
        ValueError: a limit is not above 0, or there is none.
    """

    mult_adds: int | None = None
    parameters: int | None = None
    latency_ms: float | None = None

    def __post_init__(self) -> None:
        limits = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        for name, limit in limits.items():
            if limit is not None and not 0 < limit < float("inf"):
                raise ValueError(f"{name} is {limit}, expected above 0")
        if all(limit is None for limit in limits.values()):
            raise ValueError(f"budget is empty, expected one or more of: {', '.join(limits)}")

    def share(self, mult_adds: int, parameters: int, latency_ms: float | None = None) -> float:
        """The cost as a share of the limit that it comes nearest to; above 1, it is too high."""
        shares = [
            cost / limit
            for cost, limit in (
                (mult_adds, self.mult_adds),
                (parameters, self.parameters),
                (latency_ms, self.latency_ms),
            )
            if cost is not None and limit is not None
        ]
        return max(shares, default=0.0)


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
