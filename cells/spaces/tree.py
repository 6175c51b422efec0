"""The recurrent space of NAS: a tree of combinations and activations.

Zoph and Le, https://arxiv.org/abs/1611.01578, section 3.4.
"""

import dataclasses

from nasnet.cells.recurrent.architecture import ACTIVATIONS
from nasnet.cells.recurrent.tree import COMBINATIONS, Tree
from nasnet.cells.spaces.base import Choices, SearchSpace
from nasnet.cells.spaces.decision import Decision


@dataclasses.dataclass(frozen=True)
class TreeSpace(SearchSpace[Tree]):
    """All trees of so many leaves b: 8^(2 b) (2 b - 1)^2 of them.

    Args:
        leaves: b, 8 in the paper.

    Raises:
        ValueError: the number of leaves is no power of 2 from 2 on.
    """

    leaves: int = 8
    decisions: tuple[Decision, ...] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.leaves < 2 or self.leaves & (self.leaves - 1):
            raise ValueError(f"leaves is {self.leaves}, expected 2, 4, 8 and so on")
        made, numbers = list[Decision](), tuple(map(str, range(2 * self.leaves - 1)))
        for place in (*(f"node_{number}" for number in numbers), "inject"):
            made.append(Decision(f"{place}/combination", COMBINATIONS, "combination"))
            made.append(Decision(f"{place}/activation", ACTIVATIONS, "activation"))
        made += [Decision(f"state/{name}", numbers, "state") for name in ("gives", "takes")]
        object.__setattr__(self, "decisions", tuple(made))

    def architecture(self, choices: Choices) -> Tree:
        """The cell that `choices` stand for."""
        *pairs, gives, takes = choices
        combinations = [COMBINATIONS[i] for i in pairs[::2]]
        activations = [ACTIVATIONS[i] for i in pairs[1::2]]
        inject = combinations.pop(), activations.pop()
        return Tree(tuple(combinations), tuple(activations), inject, gives, takes)

    def encode(self, architecture: Tree) -> Choices:
        """The choices that stand for a cell.

        Raises:
            ValueError: it has another number of leaves.
        """
        if architecture.leaves != self.leaves:
            raise ValueError(f"leaves is {architecture.leaves}, expected {self.leaves}")
        combinations = (*architecture.combinations, architecture.inject[0])
        activations = (*architecture.activations, architecture.inject[1])
        pairs = zip(combinations, activations, strict=True)
        found = [(COMBINATIONS.index(sign), ACTIVATIONS.index(name)) for sign, name in pairs]
        state = architecture.gives, architecture.takes
        return (*(number for pair in found for number in pair), *state)
