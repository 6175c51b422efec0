"""Several objectives at once: accuracy beside what the network costs, and limits as constraints."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Literal

from nasnet.cells import SearchSpace
from nasnet.controller.protocol import MultiObjective, Proposal
from nasnet.search.limits import CostCheck

Objective = Literal["accuracy", "parameters", "mult_adds"]


@dataclasses.dataclass(frozen=True, slots=True)
class CostJudge:
    """What an architecture's network is judged by beside its accuracy, in closed form.

    Args:
        objectives: "parameters" and "mult_adds", in any order.
        check: counts of networks, and their limits.
    """

    objectives: tuple[Objective, ...]
    check: CostCheck

    def __call__(self, architecture: Any) -> tuple[list[float], float]:
        """Costs as objectives to be maximised, and by how much the limits are exceeded.

        The excess is the sum of what each limit is exceeded by, as a share of that limit.
        """
        counts = self.check.counts(architecture)
        limits = self.check.limits.counted
        excess = sum(max(0.0, counts[name] / limit - 1) for name, limit in limits.items())
        return [-float(counts[name]) for name in self.objectives], excess


class WithCosts:
    """A controller of several objectives that is told of rewards alone, as the loop does.

    Deb et al., https://doi.org/10.1109/4235.996017, section VI: whoever exceeds the limits less is
    better, and among those that keep them all, objectives count.

    Args:
        controller: of one objective for the reward and one for each cost.
        space: what the choices stand for.
        judge: gives an architecture's costs, as `CostJudge`.
        costs: how many it gives.

    Raises:
        ValueError: the controller weighs another number of objectives.
    """

    def __init__(
        self,
        controller: MultiObjective,
        space: SearchSpace[Any],
        judge: Callable[[Any], tuple[list[float], float]],
        *,
        costs: int,
    ) -> None:
        if controller.objectives != 1 + costs:
            raise ValueError(
                f"controller weighs {controller.objectives} objectives, expected {1 + costs}"
            )
        self._controller, self._space, self._judge = controller, space, judge

    def propose(self, count: int) -> list[Proposal]:
        """`count` proposals, made with what has been observed so far."""
        return self._controller.propose(count)

    def observe(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Learns from finished trials; their costs are worked out here."""
        values, violations = [], []
        for proposal, reward in zip(proposals, rewards, strict=True):
            costs, excess = self._judge(self._space.decode(proposal.choices))
            values.append([reward, *costs])
            violations.append(excess)
        self._controller.observe_objectives(proposals, values, violations)

    def adopt(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Learns from known cells as from any others."""
        self.observe(proposals, rewards)

    def state(self) -> bytes:
        """That of the controller: costs follow from the choices."""
        return self._controller.state()

    def restore(self, state: bytes) -> None:
        """Takes up the `state` of such a controller.

        Raises:
            ValueError: the bytes are not such a state.
        """
        self._controller.restore(state)
