"""What a network may cost."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What a network may cost at most; what is None is no limit.

    Args:
        parameters: trainable parameters.
        mult_adds: multiply-adds of one image.
        latency_ms: milliseconds of one image.

    Raises:
        ValueError: a limit is not above 0.
    """

    parameters: int | None = None
    mult_adds: int | None = None
    latency_ms: float | None = None

    def __post_init__(self) -> None:
        for name in ("parameters", "mult_adds", "latency_ms"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise ValueError(f"{name} is {value}, expected above 0")

    @property
    def counted(self) -> dict[str, int]:
        """The limits on what is known in closed form, by name."""
        limits = {"parameters": self.parameters, "mult_adds": self.mult_adds}
        return {name: limit for name, limit in limits.items() if limit is not None}

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
