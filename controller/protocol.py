"""What a search asks of a controller: propose, observe, and survive a restart."""

import dataclasses
from collections.abc import Sequence
from typing import Protocol


@dataclasses.dataclass(frozen=True, slots=True)
class Proposal:
    """One architecture to try, as the controller chose it.

    Args:
        choices: one option's index for each decision of the space, [T].
        log_probs: log-probability in nats of each choice under the policy that made it, [T];
            empty where the controller has no policy.
    """

    choices: tuple[int, ...]
    log_probs: tuple[float, ...] = ()


class Controller(Protocol):
    """Decides what to try next from what was tried; owns its random numbers, sees no network.

    Of known cells, which a search starts from and it did not propose, it is told by `adopt` where
    it has one, else by `observe`; the arguments are the same, and `log_probs` are empty.

    In a search with budgets it is told of all trials by `observe_curves` where it has one: that has
    a third argument, of each trial the accuracies behind so many epochs.
    """

    def propose(self, count: int) -> list[Proposal]:
        """`count` proposals, made with what has been observed so far."""

    def observe(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Learns from finished trials, in this order; `rewards` are finite."""

    def state(self) -> bytes:
        """All that `restore` needs to go on as if nothing had happened."""

    def restore(self, state: bytes) -> None:
        """Takes up the `state` of a controller that was constructed with the same arguments.

        Raises:
            ValueError: the bytes are not such a state.
        """


class MultiObjective(Controller, Protocol):
    """A controller that can weigh several objectives, and limits, against each other.

    Attributes:
        objectives: the number of values M that a trial is judged by, 1 or more. `observe` is for
            one objective alone.
    """

    @property
    def objectives(self) -> int: ...

    def observe_objectives(
        self,
        proposals: Sequence[Proposal],
        values: Sequence[Sequence[float]],
        violations: Sequence[float] | None = None,
    ) -> None:
        """Learns from finished trials, in this order.

        Args:
            proposals: the finished trials, [B].
            values: what each is judged by, all to be maximised and finite, [B, M].
            violations: by how much each exceeds the limits that it must keep, all limits taken
                together, 0 where it keeps them all, [B]; None where there are no limits.
        """
