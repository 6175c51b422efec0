"""The architecture of a NASNet network as plain data.

A cell has two inputs and a few blocks; a block applies one operation to each of two earlier states
and combines the results. States are numbered in time order: 0 is the output of the cell before
last, 1 that of the last cell, 2 + i that of block i. (DARTS counts this way, TF-slim swaps 0 and
1.)

Zoph et al., https://arxiv.org/abs/1707.07012, section 3.
"""

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from nasnet.cells.operations import COMBINES, OPERATIONS
from nasnet.runtime.checks import check_known
from nasnet.runtime.shown import Drawn

NUM_INPUTS = 2
FORMAT = "nasnet-genotype"
VERSION = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Block:
    """Two states, the operation applied to each, and how the results are combined.

    Args:
        input_a: the state that `op_a` reads.
        input_b: the state that `op_b` reads.
        op_a: a name in `OPERATIONS`.
        op_b: a name in `OPERATIONS`.
        combine: "add", or "concat" along the channels.

    Raises:
        ValueError: a name is unknown or a state is not a number from 0.
    """

    input_a: int
    input_b: int
    op_a: str
    op_b: str
    combine: str = "add"

    def __post_init__(self) -> None:
        for state in (self.input_a, self.input_b):
            if type(state) is not int or state < 0:
                raise ValueError(f"block input is {state!r}, expected a state number from 0")
        for name in (self.op_a, self.op_b):
            if name not in OPERATIONS:
                known = ", ".join(OPERATIONS)
                raise ValueError(
                    f"operation is {name!r}, expected one of: {known}; or one of your own, with "
                    "NASNET_OPERATIONS=file.py:NAME"
                )
        check_known("combine", self.combine, COMBINES)

    @property
    def edges(self) -> tuple[tuple[int, str], tuple[int, str]]:
        """(state, operation) of the two operands."""
        return (self.input_a, self.op_a), (self.input_b, self.op_b)


@dataclasses.dataclass(frozen=True, slots=True)
class Cell(Drawn):
    """Blocks in the order they are computed, and the states concatenated into the output.

    Left empty, `concat` becomes the block outputs that no block reads. The published NASNet-A
    cells name theirs: the normal cell also emits input 0, the reduction cell a state it reads.

    Raises:
        ValueError: there is no block, a block or `concat` names a state that is not there, or
            `concat` names no block's state.
    """

    blocks: tuple[Block, ...]
    concat: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.blocks:
            raise ValueError("cell has 0 blocks, expected at least 1")
        for i, block in enumerate(self.blocks):
            for state in (block.input_a, block.input_b):
                if state >= NUM_INPUTS + i:
                    last = NUM_INPUTS + i - 1
                    raise ValueError(f"block {i} reads state {state}, expected 0 to {last}")
        for state in self.concat:
            last = NUM_INPUTS + len(self.blocks) - 1
            if type(state) is not int or not 0 <= state <= last:
                raise ValueError(f"concat names state {state!r}, expected 0 to {last}")
        if len(set(self.concat)) < len(self.concat):
            raise ValueError(f"concat is {list(self.concat)}, expected each state once")
        if self.concat and max(self.concat) < NUM_INPUTS:
            raise ValueError(f"concat is {list(self.concat)}, expected a block's state in it")
        if not self.concat:  # the one place where a frozen class is filled in
            object.__setattr__(self, "concat", self.loose_ends)

    @property
    def loose_ends(self) -> tuple[int, ...]:
        """The blocks' states that no block reads: the paper's rule for the output."""
        read = {state for block in self.blocks for state, _ in block.edges}
        states = range(NUM_INPUTS, NUM_INPUTS + len(self.blocks))
        return tuple(state for state in states if state not in read)

    @property
    def live(self) -> frozenset[int]:
        """The states, inputs included, that the output is computed from."""
        live: set[int] = set()
        waiting = list(self.concat)
        while waiting:
            state = waiting.pop()
            if state not in live:
                live.add(state)
                if state >= NUM_INPUTS:
                    waiting += [source for source, _ in self.blocks[state - NUM_INPUTS].edges]
        return frozenset(live)

    @property
    def reads(self) -> frozenset[int]:
        """Which of the inputs 0 and 1 reach the output."""
        return self.live & {0, 1}

    def canonical(self) -> "Cell":
        """The one spelling of all cells that are the same network.

        Operands and blocks come in a fixed order and blocks that reach no output are gone. Two
        cells have equal canonical forms exactly when one becomes the other by reordering.
        """
        signatures, depths = self._signatures()
        ranked = sorted(
            (s for s in self.live if s >= NUM_INPUTS), key=lambda s: (depths[s], signatures[s])
        )
        groups = [
            list(group)
            for _, group in itertools.groupby(ranked, key=lambda s: (depths[s], signatures[s]))
        ]
        return min((self._reorder(order) for order in _orders(groups)), key=_sort_key)

    def _signatures(self) -> tuple[list[str], list[int]]:
        """For each state a digest of all it is computed from, and its distance to the inputs."""
        signatures, depths = [str(i) for i in range(NUM_INPUTS)], [0] * NUM_INPUTS
        for i, block in enumerate(self.blocks):
            operands = sorted(f"{op}({signatures[state]})" for state, op in block.edges)
            emitted = "!" if NUM_INPUTS + i in self.concat else ""
            text = f"{block.combine}{emitted}[{','.join(operands)}]"
            signatures.append(hashlib.sha256(text.encode()).hexdigest())
            depths.append(1 + max(depths[state] for state, _ in block.edges))
        return signatures, depths

    def _reorder(self, order: Sequence[int]) -> "Cell":
        number = {state: NUM_INPUTS + i for i, state in enumerate(order)}
        number |= {state: state for state in range(NUM_INPUTS)}
        blocks = []
        for state in order:
            block = self.blocks[state - NUM_INPUTS]
            (in_a, op_a), (in_b, op_b) = sorted((number[s], op) for s, op in block.edges)
            blocks.append(Block(in_a, in_b, op_a, op_b, block.combine))
        return Cell(tuple(blocks), tuple(sorted(number[state] for state in self.concat)))

    def to_dict(self) -> dict[str, Any]:
        """The cell as JSON values."""
        blocks = [
            {
                "inputs": [block.input_a, block.input_b],
                "operations": [block.op_a, block.op_b],
                "combine": block.combine,
            }
            for block in self.blocks
        ]
        return {"blocks": blocks, "concat": list(self.concat)}

    @classmethod
    def from_dict(cls, data: Any, where: str = "cell") -> "Cell":
        """The cell of `to_dict`; `where` names it in errors.

        Raises:
            ValueError: a key is missing or unknown, or a value is not what it must be.
        """
        _check_keys(data, where, required=("blocks",), optional=("concat",))
        if not isinstance(data["blocks"], list):
            raise ValueError(f"{where}: blocks is {data['blocks']!r}, expected a list")
        try:
            blocks = tuple(_block(block, f"block {i}") for i, block in enumerate(data["blocks"]))
            concat = data.get("concat", [])
            if not isinstance(concat, list):
                raise ValueError(f"concat is {concat!r}, expected a list")
            return cls(blocks, tuple(concat))
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None


@dataclasses.dataclass(frozen=True, slots=True)
class Genotype(Drawn):
    """A Normal and a Reduction cell: what a search finds and a stacker repeats."""

    normal: Cell
    reduction: Cell

    def canonical(self) -> "Genotype":
        """The one spelling of all genotypes that build the same networks."""
        return Genotype(self.normal.canonical(), self.reduction.canonical())

    @property
    def key(self) -> str:
        """A short name that equal networks share: 16 hexadecimal digits."""
        return hashlib.sha256(self.canonical().to_json().encode()).hexdigest()[:16]

    def to_json(self, indent: int | None = None) -> str:
        """The genotype as text, with operation names and a format version."""
        data = {
            "format": FORMAT,
            "version": VERSION,
            "normal": self.normal.to_dict(),
            "reduction": self.reduction.to_dict(),
        }
        return json.dumps(data, indent=indent)

    @classmethod
    def from_json(cls, text: str) -> "Genotype":
        """The genotype of `to_json`.

        Raises:
            ValueError: the text is not JSON, or not a genotype of this version.
        """
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"genotype is not JSON: {error}") from None
        except RecursionError:
            raise ValueError("genotype is not JSON that can be read: nested too deeply") from None
        keys = ("format", "version", "normal", "reduction")
        _check_keys(data, "genotype", required=keys)
        if data["format"] != FORMAT:
            raise ValueError(f"genotype format is {data['format']!r}, expected {FORMAT!r}")
        if data["version"] != VERSION or type(data["version"]) is not int:
            raise ValueError(f"genotype version is {data['version']!r}, expected {VERSION}")
        return cls(
            Cell.from_dict(data["normal"], "normal cell"),
            Cell.from_dict(data["reduction"], "reduction cell"),
        )


def _block(data: Any, where: str) -> Block:
    _check_keys(data, where, required=("inputs", "operations"), optional=("combine",))
    for name in ("inputs", "operations"):
        if not isinstance(data[name], list) or len(data[name]) != 2:
            raise ValueError(f"{where}: {name} is {data[name]!r}, expected a list of two")
    (input_a, input_b), (op_a, op_b) = data["inputs"], data["operations"]
    combine = data.get("combine", "add")
    for name in (op_a, op_b, combine):
        if not isinstance(name, str):
            raise ValueError(f"{where}: {name!r} is not a name")
    try:
        return Block(input_a, input_b, op_a, op_b, combine)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _check_keys(
    data: Any, where: str, required: Sequence[str], optional: Sequence[str] = ()
) -> None:
    if not isinstance(data, dict):
        raise ValueError(f"{where} is {data!r:.60}, expected an object")
    expected = ", ".join([*required, *optional])
    for key in required:
        if key not in data:
            raise ValueError(f"{where} has no {key!r}, expected the keys: {expected}")
    for key in data:
        if key not in required and key not in optional:
            raise ValueError(f"{where} has an unknown key {key!r}, expected only: {expected}")


def _orders(groups: list[list[int]]) -> Iterator[list[int]]:
    """All orders of the states that keep the groups in place; groups of one have one order."""
    for choice in itertools.product(*(itertools.permutations(group) for group in groups)):
        yield [state for group in choice for state in group]


def _sort_key(cell: Cell) -> tuple[Any, ...]:
    blocks = tuple((*b.edges[0], *b.edges[1], b.combine) for b in cell.blocks)
    return blocks, cell.concat
