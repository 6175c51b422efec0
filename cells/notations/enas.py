"""ENAS's micro arcs: four numbers a block, `state operation state operation`, two cells in a row.

melodyguan/enas, scripts/cifar10_micro_final.sh. States are numbered as here; a cell emits its loose
ends.
"""

import re

from nasnet.cells.genotype import Cell, Genotype
from nasnet.cells.notations.base import Notation, cell_of, check_emitted, edges_of
from nasnet.runtime.checks import check_known

OPERATIONS = ("sep_conv_3x3", "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3", "identity")
_SHELL = re.compile(r"fixed_arc=|\$fixed_arc|[\"'\[\],]")  # as in scripts, logs and JSON


def _words(text: str) -> list[str]:
    return _SHELL.sub(" ", text).split()


def _recognises(text: str) -> bool:
    words = _words(text)
    return bool(words) and all(word.isdecimal() and word.isascii() for word in words)


def _read(text: str) -> Genotype:
    numbers = [int(word) for word in _words(text)]
    if len(numbers) % 8:
        raise ValueError(
            f"it has {len(numbers)} numbers, expected four for each block of a Normal and a "
            "Reduction cell of equal size"
        )
    half = len(numbers) // 2
    return Genotype(_cell("normal", numbers[:half]), _cell("reduction", numbers[half:]))


def _cell(name: str, numbers: list[int]) -> Cell:
    for number in numbers[1::2]:
        if number >= len(OPERATIONS):
            last = len(OPERATIONS) - 1
            raise ValueError(f"{name} cell: operation is {number}, expected 0 to {last}")
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    try:
        return cell_of([(state, OPERATIONS[number]) for state, number in pairs])
    except ValueError as error:
        raise ValueError(f"{name} cell: {error}") from None


def _write(genotype: Genotype) -> str:
    cells = {"normal": genotype.normal, "reduction": genotype.reduction}
    counts = {name: len(cell.blocks) for name, cell in cells.items()}
    if len({*counts.values()}) > 1:
        raise ValueError(f"numbers of blocks are {counts}, expected equal ones")
    return "\n".join(_arc(name, cell) for name, cell in cells.items())


def _arc(name: str, cell: Cell) -> str:
    try:
        words = []
        for state, operation in edges_of(cell):
            check_known("operation", operation, OPERATIONS)
            words += [state, OPERATIONS.index(operation)]
        check_emitted(cell, cell.loose_ends, "the loose ends")
    except ValueError as error:
        raise ValueError(f"{name} cell: {error}") from None
    return " ".join(map(str, words))


ENAS = Notation("ENAS arc", _recognises, _read, _write)
