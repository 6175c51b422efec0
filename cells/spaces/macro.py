"""The macro space of ENAS: an operation for each layer, and skip connections by anchors.

Pham et al., https://arxiv.org/abs/1802.03268, section 2.3.
"""

import dataclasses

from nasnet.cells.layers.macro import MACRO_OPERATIONS, Macro
from nasnet.cells.spaces.base import Choices, SearchSpace
from nasnet.cells.spaces.decision import Decision
from nasnet.runtime.checks import check_fields


@dataclasses.dataclass(frozen=True)
class MacroSpace(SearchSpace[Macro]):
    """One of six operations a layer, and a yes or no for each earlier output but the last.

    A policy decides on output j by the state of layer j: as in the released code, whose outputs
    begin with the stem, that is the layer behind it.

    Args:
        layers: 12 in the paper's search.
        filters: channels of the stem, 36 in the paper's search.

    Raises:
        ValueError: a number is too small.
    """

    layers: int = 12
    filters: int = 36
    decisions: tuple[Decision, ...] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_fields(self, layers=1, filters=2)
        made = list[Decision]()
        for i in range(self.layers):
            made.append(Decision(f"layer_{i}/operation", tuple(MACRO_OPERATIONS), "operation"))
            for j in range(i):
                anchors = (f"layer_{j}/operation", f"layer_{i}/operation")
                name = f"layer_{i}/reads_{j}"
                made.append(Decision(name, ("no", "yes"), "skip", anchors=anchors))
        object.__setattr__(self, "decisions", tuple(made))

    @property
    def operations(self) -> tuple[str, ...]:
        """What competes in every layer."""
        return tuple(MACRO_OPERATIONS)

    def architecture(self, choices: Choices) -> Macro:
        """The network that `choices` stand for."""
        steps, names = iter(choices), tuple(MACRO_OPERATIONS)
        operations, skips = list[str](), list[tuple[int, ...]]()
        for i in range(self.layers):
            operations.append(names[next(steps)])
            skips.append(tuple(j for j in range(i) if next(steps)))
        return Macro(tuple(operations), tuple(skips), self.filters)

    def encode(self, architecture: Macro) -> Choices:
        """The choices that stand for a network.

        Raises:
            ValueError: it has another number of layers, or other filters.
        """
        found = (len(architecture.operations), architecture.filters)
        if found != (self.layers, self.filters):
            raise ValueError(
                f"layers and filters are {found}, expected {(self.layers, self.filters)}"
            )
        names, choices = tuple(MACRO_OPERATIONS), list[int]()
        for i, name in enumerate(architecture.operations):
            choices += [names.index(name), *(int(j in architecture.skips[i]) for j in range(i))]
        return tuple(choices)
