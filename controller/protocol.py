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
    """Decides what to try next from what was tried; owns its random numbers, sees no network."""

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
