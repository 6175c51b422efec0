"""Search spaces: the decisions that a controller makes, one after the other.

A controller sees decisions and rewards alone, so every controller works on every space.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

from nasnet.cells.genotype import NUM_INPUTS, Block, Cell, Genotype
from nasnet.cells.operations import COMBINES, NASNET_OPERATIONS, OPERATIONS

A_co = TypeVar("A_co", covariant=True)
CELL_NAMES = ("normal", "reduction")
TERMINATE = "terminate"


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """One categorical choice: its name, and what may be chosen.

    Where the option called `TERMINATE` is chosen, the later decisions do not matter: so spaces of
    variable length have a fixed number of decisions.
    """

    name: str
    options: tuple[str, ...]


def sequences(decisions: Sequence[Decision]) -> int:
    """The number of different sequences of choices, each up to its `TERMINATE`."""
    count = 1
    for decision in reversed(decisions):
        ends = decision.options.count(TERMINATE)
        count = ends + (len(decision.options) - ends) * count
    return count


class SearchSpace(Protocol[A_co]):
    """What may be proposed: a sequence of categorical decisions that stands for an architecture.

    Attributes:
        decisions: all decisions, in the order they are made.
    """

    @property
    def decisions(self) -> tuple[Decision, ...]: ...

    def next_decision(self, prefix: Sequence[int]) -> Decision | None:
        """The decision that follows `prefix`, the choices made so far; None after the last."""

    def decode(self, choices: Sequence[int]) -> A_co:
        """The architecture that `choices` stand for, one option's index for each decision."""

    def sample(self, rng: np.random.Generator) -> tuple[int, ...]:
        """Choices drawn uniformly, each decision on its own."""

    def size(self) -> int:
        """The number of different sequences of choices."""


@dataclasses.dataclass(frozen=True)
class CellSpace:
    """The space of NASNet: a Normal and a Reduction cell of `blocks` blocks each.

    A block takes five decisions: two input states, an operation for each, and how to combine
    (https://arxiv.org/abs/1707.07012, section 3). The Normal cell's decisions come first.

    Args:
        blocks: blocks in a cell, 5 in the paper.
        operations: names in `OPERATIONS`; the paper's thirteen.
        combines: the ways to combine, "add" and "concat" in the paper.

    Raises:
        ValueError: `blocks` is below 1, or a name is unknown or given twice.
    """

    blocks: int = 5
    operations: tuple[str, ...] = NASNET_OPERATIONS
    combines: tuple[str, ...] = COMBINES
    decisions: tuple[Decision, ...] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.blocks < 1:
            raise ValueError(f"blocks is {self.blocks}, expected at least 1")
        for what, names, known in (
            ("operations", self.operations, tuple(OPERATIONS)),
            ("combines", self.combines, COMBINES),
        ):
            if not names or len(set(names)) < len(names) or not set(names) <= set(known):
                wanted = ", ".join(known)
                raise ValueError(f"{what} is {list(names)}, expected different ones of: {wanted}")
        object.__setattr__(self, "decisions", tuple(self._decisions()))

    def _decisions(self) -> list[Decision]:
        return [
            decision
            for cell in CELL_NAMES
            for i in range(self.blocks)
            for decision in self._block_decisions(cell, i)
        ]

    def _block_decisions(self, cell: str, i: int) -> list[Decision]:
        """The five decisions of block `i` of a cell."""
        states = tuple(str(state) for state in range(NUM_INPUTS + i))
        return [
            Decision(f"{cell}/block_{i}/{name}", options)
            for name, options in (
                ("input_a", states),
                ("input_b", states),
                ("op_a", self.operations),
                ("op_b", self.operations),
                ("combine", self.combines),
            )
        ]

    def next_decision(self, prefix: Sequence[int]) -> Decision | None:
        """The decision that follows `prefix`; here it depends on the length of `prefix` alone."""
        return self.decisions[len(prefix)] if len(prefix) < len(self.decisions) else None

    def decode(self, choices: Sequence[int]) -> Genotype:
        """The genotype that `choices` stand for; its cells emit their loose ends.

        Raises:
            ValueError: there is one choice too few or too many, or one out of range.
        """
        self._check(choices)
        half = len(self.decisions) // 2
        return Genotype(
            *(
                Cell(tuple(self._block(choices[i : i + 5]) for i in range(start, start + half, 5)))
                for start in (0, half)
            )
        )

    def encode(self, genotype: Genotype) -> tuple[int, ...]:
        """The choices that stand for `genotype`.

        Raises:
            ValueError: the genotype is not in this space: another number of blocks, another
                operation, or an output that is not the loose ends.
        """
        normal, reduction = self._choices(genotype, self.blocks)
        return tuple(choice for block in (*normal, *reduction) for choice in block)

    def sample(self, rng: np.random.Generator) -> tuple[int, ...]:
        """Choices drawn uniformly, each decision on its own: the paper's random search."""
        return tuple(int(i) for i in rng.integers([len(d.options) for d in self.decisions]))

    def size(self) -> int:
        """The number of ordered genotypes, equal networks counted apart."""
        return sequences(self.decisions)

    def max_entropy(self) -> float:
        """The entropy of the uniform policy in nats."""
        return math.fsum(math.log(len(decision.options)) for decision in self.decisions)

    def _block(self, choices: Sequence[int]) -> Block:
        """The block that five choices stand for."""
        input_a, input_b, op_a, op_b, combine = choices
        return Block(
            int(input_a),
            int(input_b),
            self.operations[op_a],
            self.operations[op_b],
            self.combines[combine],
        )

    def _choices(self, genotype: Genotype, count: int) -> list[list[list[int]]]:
        """The five choices of each of the `count` blocks, of the Normal cell and the other."""
        cells = []
        for name, cell in zip(CELL_NAMES, (genotype.normal, genotype.reduction), strict=True):
            if len(cell.blocks) != count:
                raise ValueError(f"{name} cell has {len(cell.blocks)} blocks, expected {count}")
            if cell.concat != cell.loose_ends:
                ends = list(cell.loose_ends)
                raise ValueError(
                    f"{name} cell emits states {list(cell.concat)}, expected its loose ends {ends}"
                )
            cells.append(
                [
                    [
                        block.input_a,
                        block.input_b,
                        self._index(self.operations, block.op_a, f"{name} cell's operation"),
                        self._index(self.operations, block.op_b, f"{name} cell's operation"),
                        self._index(self.combines, block.combine, f"{name} cell's combine"),
                    ]
                    for block in cell.blocks
                ]
            )
        return cells

    def _check(self, choices: Sequence[int]) -> None:
        if len(choices) != len(self.decisions):
            raise ValueError(f"{len(choices)} choices, expected {len(self.decisions)}")
        for choice, decision in zip(choices, self.decisions, strict=True):
            if not 0 <= choice < len(decision.options):
                last = len(decision.options) - 1
                raise ValueError(f"{decision.name} is choice {choice}, expected 0 to {last}")

    @staticmethod
    def _index(names: tuple[str, ...], name: str, what: str) -> int:
        if name not in names:
            raise ValueError(f"{what} is {name!r}, expected one of: {', '.join(names)}")
        return names.index(name)
