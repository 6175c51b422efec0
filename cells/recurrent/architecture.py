"""Recurrent cells of ENAS: for each node which earlier node it reads, and an activation.

Pham et al., Efficient Neural Architecture Search via Parameter Sharing,
https://arxiv.org/abs/1802.03268, section 2.1; with the highway gates of the released code
(src/ptb of melodyguan/enas).
"""

import dataclasses
import hashlib
from collections.abc import Sequence

from nasnet.cells.network import Part
from nasnet.runtime.checks import check_known
from nasnet.runtime.documents import document, read_document
from nasnet.runtime.shown import Drawn

FORMAT = "nasnet-recurrent"
VERSION = 1
_KEYS = ("activations", "previous")
ACTIVATIONS = ("tanh", "relu", "identity", "sigmoid")  # numbered so in the released code's arcs


@dataclasses.dataclass(frozen=True, slots=True)
class Recurrent(Drawn):
    """A recurrent cell.

    With x the input, h the last output, s_i the state of node i and f_i its activation:
    s_0 = h + t * (f_0(x A + h B) - h) with t = sigmoid(x A' + h B'), and
    s_i = s_j + t * (f_i(s_j W) - s_j) with t = sigmoid(s_j W'), where node i reads node j.

    Args:
        activations: of each node, names in `ACTIVATIONS`, [N].
        previous: for each node but the first the earlier one that it reads, [N - 1].

    Raises:
        ValueError: an activation is unknown, or a node reads no earlier one.
    """

    activations: tuple[str, ...]
    previous: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.activations or len(self.previous) != len(self.activations) - 1:
            found = f"{len(self.activations)} activations and {len(self.previous)} inputs"
            raise ValueError(f"recurrent cell has {found}, expected one input fewer")
        for i, name in enumerate(self.activations):
            check_known(f"activation of node {i}", name, ACTIVATIONS)
        for i, read in enumerate(self.previous, start=1):
            if type(read) is not int or not 0 <= read < i:
                raise ValueError(f"node {i} reads {read!r}, expected a node from 0 to {i - 1}")

    @classmethod
    def from_arc(cls, text: str) -> "Recurrent":
        """The cell of an arc of the released code: an activation, then a node and one each.

        Raises:
            ValueError: the text is none.
        """
        words = text.split()
        if len(words) % 2 == 0 or not all(word.isdecimal() for word in words):
            raise ValueError(f"arc is {text!r:.60}, expected an odd number of whole numbers")
        numbers = [int(word) for word in words]
        if max(chosen := [numbers[0], *numbers[2::2]]) >= len(ACTIVATIONS):
            raise ValueError(f"activation of the arc is {max(chosen)}, expected 0 to 3")
        return cls(tuple(ACTIVATIONS[i] for i in chosen), tuple(numbers[1::2]))

    @property
    def loose_ends(self) -> tuple[int, ...]:
        """The nodes that no other reads: their mean is the output."""
        return tuple(i for i in range(len(self.activations)) if i not in self.previous)

    @property
    def key(self) -> str:
        """A short name: 16 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    @property
    def sketch(self) -> str:
        """One line for a person."""
        first, *rest = self.activations
        words = [f"{i} = {name}({j})" for i, (name, j) in self._numbered(rest)]
        return "; ".join([f"0 = {first}(x, h)", *words])

    def parts(self) -> list[Part]:
        """The cell as boxes: its two inputs, its nodes, the mean of the loose ends."""
        first, *rest = self.activations
        ends = tuple(f"node_{i}" for i in self.loose_ends[::-1])
        return [
            Part("h", "state", "last output"),
            Part("x", "image", "input"),
            Part("node_0", first, first, (), ("x", "h")),
            *(
                Part(f"node_{i}", name, name, (), (f"node_{j}",))
                for i, (name, j) in self._numbered(rest)
            ),
            Part("mean", "head", "next h", (), ends),
        ]

    def _numbered(self, names: Sequence[str]) -> enumerate[tuple[str, int]]:
        return enumerate(zip(names, self.previous, strict=True), start=1)

    def to_json(self, *, indent: int | None = None) -> str:
        """The cell as text, with a format version; one line without `indent`."""
        return document(FORMAT, VERSION, dataclasses.asdict(self), indent)

    @classmethod
    def from_json(cls, text: str) -> "Recurrent":
        """The cell of `to_json`.

        Raises:
            ValueError: the text is none.
        """
        data = read_document(text, "recurrent cell is", FORMAT, VERSION, _KEYS)
        names, previous = data["activations"], data["previous"]
        if not (isinstance(names, list) and isinstance(previous, list)):
            raise ValueError(f"activations are {names!r:.60}, expected lists beside previous")
        return cls(tuple(map(str, names)), tuple(previous))
