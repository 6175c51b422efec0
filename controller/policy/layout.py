"""What a policy network is made of: its decisions, its units, and the shapes of its weights."""

import dataclasses
import functools
from collections.abc import Sequence

from nasnet.cells import Decision
from nasnet.controller.policy.recurrent import CELLS

HIDDEN = 100
INIT = 0.1


@dataclasses.dataclass(frozen=True)
class PolicyLayout:
    """The decisions and the units of a policy network.

    Args:
        options: the number of options of each decision, [T].
        cell: a name in `CELLS`.
        hidden: units H of a recurrent layer.
        layers: recurrent layers, each above the last.
        init: weights are drawn from U(-init, init).
        anchors: for each decision with anchors (no or yes): its number, the older anchor's and the
            newer one's, of decisions without anchors.

    Raises:
        ValueError: an anchor has anchors itself, or a decision with anchors has not two options.
    """

    options: tuple[int, ...]
    cell: str = "lstm"
    hidden: int = HIDDEN
    layers: int = 1
    init: float = INIT
    anchors: tuple[tuple[int, int, int], ...] = ()

    def __post_init__(self) -> None:
        for bit, *ends in self.anchors:
            if self.options[bit] != 2:
                found = self.options[bit]
                raise ValueError(f"options of a decision with anchors are {found}, expected 2")
            if {*ends} & {*self.bits}:
                raise ValueError(f"anchors of decision {bit} have anchors, expected none that has")

    @property
    def width(self) -> int:
        """The most options of a decision."""
        return max(self.options)

    @functools.cached_property
    def bits(self) -> tuple[int, ...]:
        """The numbers of the decisions with anchors."""
        return tuple(bit for bit, _, _ in self.anchors)

    @functools.cached_property
    def steps(self) -> tuple[int, ...]:
        """The numbers of the others, each of which takes a step."""
        return tuple(t for t in range(len(self.options)) if t not in {*self.bits})

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The anchors of each decision that has them, as numbers of steps."""
        places = {t: s for s, t in enumerate(self.steps)}
        return tuple((places[older], places[newer]) for _, older, newer in self.anchors)

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of the weights: the first layer's, inputs, softmaxes, further layers', the anchors'."""
        hidden, gates, steps = self.hidden, CELLS[self.cell].gates, len(self.steps)
        layer = (
            (2 * hidden, gates * hidden),  # the input's rows, then the last output's
            (gates * hidden,),
        )
        own = (
            (steps, self.width, hidden),  # inputs; [0, 0] is the first decision's
            (steps, hidden, self.width),  # softmaxes
            (steps, 1, self.width),
        )
        attention = ((hidden, hidden), (hidden, hidden), (hidden,)) if self.anchors else ()
        return (*layer, *own, *layer * (self.layers - 1), *attention)


def anchors_of(decisions: Sequence[Decision]) -> tuple[tuple[int, int, int], ...]:
    """The `anchors` of a layout, of a space's decisions."""
    numbers = {decision.name: t for t, decision in enumerate(decisions)}
    return tuple(
        (t, *(numbers[name] for name in decision.anchors))  # type: ignore[misc]
        for t, decision in enumerate(decisions)
        if decision.anchors
    )
