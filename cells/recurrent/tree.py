"""Recurrent cells of NAS: a tree of combinations and activations over input and last output.

Zoph and Le, Neural Architecture Search with Reinforcement Learning,
https://arxiv.org/abs/1611.01578, section 3.4.
"""

import dataclasses
import hashlib

from nasnet.cells.network import Part
from nasnet.cells.recurrent.architecture import ACTIVATIONS
from nasnet.runtime.checks import check_known
from nasnet.runtime.documents import document, read_document
from nasnet.runtime.shown import Drawn

FORMAT = "nasnet-recurrent-tree"
VERSION = 1
COMBINATIONS = ("add", "multiply")
_KEYS = ("combinations", "activations", "inject", "gives", "takes")


@dataclasses.dataclass(frozen=True, slots=True)
class Tree(Drawn):
    """A recurrent cell.

    With x the input, h the last output and c the last state, leaf i combines x W_i and h U_i, every
    other node the values of its two children, and both apply their activation. To the value of node
    `takes` the state is injected. The value of the root is the output, and what node `gives` has
    before its activation the next state.

    Args:
        combinations: of each node, names in `COMBINATIONS`: the leaves, then level by level, [2 b -
            1] for b leaves; node b + k has the children 2 k and 2 k + 1.
        activations: of each node, names in `ACTIVATIONS`.
        inject: how the state is injected, a combination and an activation.
        gives: the node whose value becomes the next state.
        takes: the node into whose value the last state goes.

    Raises:
        ValueError: the number of leaves is no power of 2, or a name or a node is unknown.
    """

    combinations: tuple[str, ...]
    activations: tuple[str, ...]
    inject: tuple[str, str]
    gives: int
    takes: int

    def __post_init__(self) -> None:
        count = len(self.combinations)
        if count < 3 or count & (count + 1):
            raise ValueError(f"{count} nodes, expected 3, 7, 15 and so on")
        if len(self.activations) != count or len(self.inject) != 2:
            found = f"{len(self.activations)} activations and {len(self.inject)} words to inject"
            raise ValueError(f"tree of {count} nodes has {found}, expected {count} and 2")
        for name in (*self.combinations, self.inject[0]):
            check_known("combination", name, COMBINATIONS)
        for name in (*self.activations, self.inject[1]):
            check_known("activation", name, ACTIVATIONS)
        for name in ("gives", "takes"):
            node = getattr(self, name)
            if type(node) is not int or not 0 <= node < count:
                raise ValueError(f"{name} is {node!r}, expected a node from 0 to {count - 1}")

    @property
    def leaves(self) -> int:
        """Their number b."""
        return (len(self.combinations) + 1) // 2

    @property
    def key(self) -> str:
        """A short name: 16 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    @property
    def labels(self) -> tuple[str, ...]:
        """What each node does, in short."""
        signs = {"add": "+", "multiply": "×"}
        pairs = zip(self.combinations, self.activations, strict=True)
        words = [f"{i}: {name} {signs[sign]}" for i, (sign, name) in enumerate(pairs)]
        sign, name = self.inject
        words[self.takes] += f", {name} {signs[sign]} c"
        return tuple(words)

    @property
    def sketch(self) -> str:
        """One line for a person."""
        return f"{'; '.join(self.labels)}; c = {self.gives}"

    def reads(self, node: int) -> tuple[str, ...]:
        """The names of what a node reads: inputs, or its children."""
        found = node - self.leaves
        names = ("x", "h") if found < 0 else (f"node_{2 * found}", f"node_{2 * found + 1}")
        return (*names, "c") if node == self.takes else names

    def parts(self) -> list[Part]:
        """The cell as boxes: its inputs, its nodes, the output and the next state."""
        names = enumerate(self.activations)
        return [
            Part("c", "state", "last state"),
            Part("h", "state", "last output"),
            Part("x", "image", "input"),
            *(Part(f"node_{i}", name, self.labels[i], (), self.reads(i)) for i, name in names),
            Part("next_c", "head", "", (), (f"node_{self.gives}",)),
            Part("next_h", "head", "", (), (f"node_{len(self.activations) - 1}",)),
        ]

    def to_json(self, *, indent: int | None = None) -> str:
        """The cell as text, with a format version; one line without `indent`."""
        return document(FORMAT, VERSION, dataclasses.asdict(self), indent)

    @classmethod
    def from_json(cls, text: str) -> "Tree":
        """The cell of `to_json`.

        Raises:
            ValueError: the text is none.
        """
        data = read_document(text, "recurrent tree is", FORMAT, VERSION, _KEYS)
        lists = [data[name] for name in ("combinations", "activations", "inject")]
        if not all(isinstance(each, list) for each in lists):
            raise ValueError(f"combinations are {lists[0]!r:.60}, expected lists of names")
        combinations, activations, inject = (tuple(map(str, each)) for each in lists)
        return cls(combinations, activations, inject, data["gives"], data["takes"])  # type: ignore[arg-type]
