"""The space of NAS-Bench-201: cells of four nodes, with one of five operations on each edge.

Node 0 is the cell's input, node 3 its output; a node is the sum of what its edges bring. All 15,625
cells were trained by Dong & Yang, https://arxiv.org/abs/2001.00326, section 2, so that controllers
can be compared on a table instead of on children.
"""

import dataclasses
import hashlib
import json
import re

from nasnet.cells.spaces.base import Choices, SearchSpace
from nasnet.cells.spaces.decision import Decision
from nasnet.runtime.checks import check_known

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))  # (tail, head), in the published order
FORMAT = "nasbench201-cell"
VERSION = 1
_NODE = re.compile(r"\|([a-z0-9_]+~\d\|)+")
_ZERO = "#"


@dataclasses.dataclass(frozen=True, slots=True)
class NASBench201Cell:
    """The operation on each edge.

    Args:
        operations: names in `OPERATIONS`, six, in the order of `EDGES`.

    Raises:
        ValueError: there are not six, or one is unknown.
    """

    operations: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.operations) != len(EDGES):
            raise ValueError(f"{len(self.operations)} operations, expected {len(EDGES)}")
        for name in self.operations:
            check_known("operation", name, OPERATIONS)

    @property
    def arch(self) -> str:
        """The published spelling, `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`."""
        nodes: dict[int, str] = {}
        for (tail, head), name in zip(EDGES, self.operations, strict=True):
            nodes[head] = nodes.get(head, "|") + f"{name}~{tail}|"
        return "+".join(nodes.values())

    @classmethod
    def from_arch(cls, arch: str) -> "NASBench201Cell":
        """The cell of a published spelling.

        Raises:
            ValueError: the text is not one.
        """
        nodes = arch.split("+")
        if all(_NODE.fullmatch(node) for node in nodes):
            edges = [
                (edge.split("~"), head)
                for head, node in enumerate(nodes, start=1)
                for edge in node.strip("|").split("|")
            ]
            if tuple((int(tail), head) for (_, tail), head in edges) == EDGES:
                return cls(tuple(name for (name, _), _ in edges))
        raise ValueError(f"arch is {arch!r}, expected |op~0|+|op~0|op~1|+|op~0|op~1|op~2|")

    @property
    def expression(self) -> str:
        """What the output is computed by; equal for the cells that the paper counts as one.

        These are 6,466 (section 2.1): a skip connection stands for its tail, `none` and what is
        computed from it alone for zero, and the terms of a sum have no order. (A sum with a zero in
        it is not simplified further, so some cells that compute the same remain apart.)
        """
        values = ["0"]
        for head in (1, 2, 3):
            terms = [
                _term(values[tail], name)
                for (tail, other), name in zip(EDGES, self.operations, strict=True)
                if other == head
            ]
            values.append("+".join(sorted(terms)))
        return values[-1]

    @property
    def key(self) -> str:
        """A short name that cells with one `expression` share: 16 hexadecimal digits.

        They were trained apart, with results of their own, so a search on the table must not take
        one for another.
        """
        return hashlib.sha256(self.expression.encode()).hexdigest()[:16]

    def to_json(self, *, indent: int | None = None) -> str:
        """The cell as text, with a format version; one line without `indent`."""
        return json.dumps({"format": FORMAT, "version": VERSION, "arch": self.arch}, indent=indent)

    @classmethod
    def from_json(cls, text: str) -> "NASBench201Cell":
        """The cell of `to_json`.

        Raises:
            ValueError: the text is not such a cell.
        """
        try:
            data = json.loads(text)
        except (json.JSONDecodeError, RecursionError):
            raise ValueError(f"cell is {text!r:.60}, expected JSON") from None
        head = {"format": FORMAT, "version": VERSION}
        if not isinstance(data, dict) or {**data, "arch": ""} != {**head, "arch": ""}:
            raise ValueError(f"cell is {text!r:.60}, expected the keys format, version and arch")
        return cls.from_arch(str(data["arch"]))


def _term(value: str, name: str) -> str:
    if name == "none" or value == _ZERO:
        return _ZERO
    return value if name == "skip_connect" else f"({value})@{name}"


class NASBench201Space(SearchSpace[NASBench201Cell]):
    """Six decisions of five options; all sequences of choices are different cells."""

    operations = OPERATIONS
    decisions = tuple(Decision(f"edge_{tail}_{head}", OPERATIONS) for tail, head in EDGES)

    def architecture(self, choices: Choices) -> NASBench201Cell:
        """The cell that `choices` stand for."""
        return NASBench201Cell(tuple(OPERATIONS[choice] for choice in choices))

    def encode(self, cell: NASBench201Cell) -> Choices:
        """The choices that stand for `cell`."""
        return tuple(OPERATIONS.index(name) for name in cell.operations)
