"""What a network may cost, and which networks give most for what they cost.

Parameters and multiply-adds are hard limits: they are known in closed form, so a network beyond
them is never trained. Latency is measured on the trained child and is a soft one, as in MnasNet
(Tan et al., https://arxiv.org/abs/1807.11626, section 3.1).
"""

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nasnet.cells import Limits
from nasnet.cells.network import Frame, Network, network_cost

_WARM_UP, _CALLS = 3, 20


@dataclasses.dataclass(frozen=True, slots=True)
class SearchLimits(Limits):
    """Limits of a search; all of them are of the child's network. None is no limit.

    A network beyond the limit of parameters or of multiply-adds is not trained; the trial ends as
    "rejected" and counts, and the controller hears of the reward that failures have.

    Args:
        parameters: the most trainable parameters.
        mult_adds: the most multiply-adds of one image.
        latency_ms: the target T of the milliseconds that one image takes; the reward is then
            accuracy * (latency / T) ** latency_weight.
        latency_weight: -0.07 in MnasNet: twice the latency has to bring 5 % more accuracy.

    Raises:
        ValueError: a limit is not above 0, or the weight is above 0.
    """

    latency_weight: float = -0.07

    def __post_init__(self) -> None:
        Limits.__post_init__(self)  # `super` knows the class as it was before it had slots
        if not -float("inf") < self.latency_weight <= 0:
            raise ValueError(f"latency_weight is {self.latency_weight}, expected at most 0")

    def reward(self, accuracy: float, latency_ms: float | None) -> float:
        """The reward of a child; its accuracy where there is no target or no measurement."""
        if self.latency_ms is None or latency_ms is None:
            return accuracy
        return accuracy * (latency_ms / self.latency_ms) ** self.latency_weight


@dataclasses.dataclass(frozen=True, slots=True)
class CostCheck:
    """Says whether an architecture's network is within the limits, without building it.

    Args:
        limits: of the network.
        frame: makes an architecture a network.
    """

    limits: Limits
    frame: Frame[Any]

    def __call__(self, architecture: Any) -> str | None:
        """Why the network is beyond a limit; None where it is not."""
        found = self.counts(architecture)
        for name, limit in self.limits.counted.items():
            if found[name] > limit:
                return f"{name} is {found[name]:,}, expected at most {limit:,}"
        return None

    def counts(self, architecture: Any) -> dict[str, int]:
        """Trainable parameters and multiply-adds of the network, by name."""
        return counts(self.frame.network(architecture))


def counts(network: Network) -> dict[str, int]:
    """Trainable parameters and multiply-adds, by name."""
    cost, _ = network_cost(network)
    return {"parameters": cost.trainable_parameters, "mult_adds": cost.mult_adds}


def measured_latency(call: Callable[[], object]) -> float:
    """Milliseconds of a call: the median of 20, behind three that may trace and compile."""
    for _ in range(_WARM_UP):
        call()
    times = []
    for _ in range(_CALLS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def pareto_front(costs: Sequence[float], values: Sequence[float]) -> list[int]:
    """Positions of what no other beats: none costs at most as much and is worth more, or less and
    at least as much.

    Args:
        costs: to be small, [N].
        values: to be large, [N].

    Returns:
        Positions by rising cost; of equals, the first.
    """
    order = sorted(range(len(costs)), key=lambda i: (costs[i], -values[i], i))
    front: list[int] = []
    for i in order:
        if not front or values[i] > values[front[-1]]:
            front.append(i)
    return front
