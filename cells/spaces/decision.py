"""One categorical choice of a search space."""

import dataclasses
import math

TERMINATE = "terminate"


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """One categorical choice.

    Where the option called `TERMINATE` is chosen, no later decision is made.

    Args:
        name: unlike that of any other decision of the space.
        options: what may be chosen.
        role: mutations first choose a role with equal chances, then a decision of it. AmoebaNet's
            hidden-state and op mutations are two roles (https://arxiv.org/abs/1802.01548).
        weights: of the options in random sampling; empty where all are equally likely.
        anchors: for whether one part is connected with another: the names of two earlier decisions,
            an older and the newer one, to whose states a policy may attend for it.
    """

    name: str
    options: tuple[str, ...]
    role: str = ""
    weights: tuple[float, ...] = ()
    anchors: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        """The number of the option `TERMINATE`, or -1."""
        return self.options.index(TERMINATE) if TERMINATE in self.options else -1

    @property
    def shares(self) -> tuple[float, ...]:
        """The chance of each option in random sampling."""
        weights = self.weights or (1.0,) * len(self.options)
        return tuple(weight / math.fsum(weights) for weight in weights)
