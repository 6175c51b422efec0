"""The recurrent space of ENAS: an activation and an earlier node for each node.

Pham et al., https://arxiv.org/abs/1802.03268, section 2.1.
"""

import dataclasses

from nasnet.cells.recurrent.architecture import ACTIVATIONS, Recurrent
from nasnet.cells.spaces.base import Choices, SearchSpace
from nasnet.cells.spaces.decision import Decision
from nasnet.runtime.checks import check_fields


@dataclasses.dataclass(frozen=True)
class RecurrentSpace(SearchSpace[Recurrent]):
    """All cells of so many nodes: 4^N (N - 1)! of them.

    Args:
        nodes: N, 12 in the paper. Six take an hour's search on two cores.

    Raises:
        ValueError: there is no node.
    """

    nodes: int = 12
    decisions: tuple[Decision, ...] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_fields(self, nodes=1)
        made = [Decision("node_0/activation", ACTIVATIONS, "activation")]
        for i in range(1, self.nodes):
            made.append(Decision(f"node_{i}/input", tuple(map(str, range(i))), "input"))
            made.append(Decision(f"node_{i}/activation", ACTIVATIONS, "activation"))
        object.__setattr__(self, "decisions", tuple(made))

    def architecture(self, choices: Choices) -> Recurrent:
        """The cell that `choices` stand for."""
        names = tuple(ACTIVATIONS[i] for i in (choices[0], *choices[2::2]))
        return Recurrent(names, tuple(choices[1::2]))

    def encode(self, architecture: Recurrent) -> Choices:
        """The choices that stand for a cell.

        Raises:
            ValueError: it has another number of nodes.
        """
        found = len(architecture.activations)
        if found != self.nodes:
            raise ValueError(f"nodes is {found}, expected {self.nodes}")
        first, *rest = map(ACTIVATIONS.index, architecture.activations)
        pairs = zip(architecture.previous, rest, strict=True)
        return (first, *(number for pair in pairs for number in pair))
