"""NNI's samples: `{"normal/op_2_0": "sep_conv_3x3", "normal/input_2_0": [0], ...}`.

microsoft/nni, nni/nas/hub/pytorch/nasnet.py. States are numbered as here. A sample does not say
what a cell emits: with four blocks, as in NNI's DARTS, all of them, else, as in its NASNet, ENAS
and AmoebaNet, the loose ends.
"""

import ast
import json
import re
from typing import Any

from nasnet.cells.genotype import NUM_INPUTS, Cell, Genotype
from nasnet.cells.notations import darts
from nasnet.cells.notations.base import Edge, Names, Notation, cell_of, check_emitted, edges_of
from nasnet.cells.notations.literals import parse, value

NAMES = Names(
    {
        **darts.NAMES.ours,
        "conv_3x1_1x3": "conv_1x3_3x1",
        "conv_1x1": "conv_1x1",
        "conv_3x3": "conv_3x3",
        "max_pool_2x2": "max_pool_2x2",
        "max_pool_5x5": "max_pool_5x5",
        "max_pool_7x7": "max_pool_7x7",
    }
)
_KEY = re.compile(r"(normal|reduce)/(?:op|input)_(\d{1,4})_[01]")
_ALL = 4


def _recognises(text: str) -> bool:
    return re.search(r"[\"'](normal|reduce)/(op|input)_", text) is not None


def _read(text: str) -> Genotype:
    start, end = text.find("{"), text.rfind("}")
    if not 0 <= start < end:
        raise ValueError("it has no braces, expected an object")
    (statement,) = parse(text[start : end + 1]).body
    found = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(found, ast.Dict):
        raise ValueError("it is no object, expected one with names and numbers")
    sample = {
        str(key.value): value(item)
        for key, item in zip(found.keys, found.values, strict=True)
        if isinstance(key, ast.Constant) and _KEY.fullmatch(str(key.value))
    }
    return Genotype(_cell("normal", sample), _cell("reduce", sample))


def _cell(name: str, sample: dict[str, Any]) -> Cell:
    numbers = [int(match[2]) for match in map(_KEY.fullmatch, sample) if match and match[1] == name]
    edges: list[Edge] = []
    for state in range(NUM_INPUTS, 1 + max(numbers, default=NUM_INPUTS)):
        for side in (0, 1):
            values = []
            for what in ("op", "input"):
                key = f"{name}/{what}_{state}_{side}"
                if key not in sample:
                    raise ValueError(f"{key!r} is missing")
                values.append(sample[key])
            operation, read = values
            if isinstance(read, list):
                if len(read) != 1:
                    raise ValueError(f"{key!r} is {read}, expected one state")
                (read,) = read
            edges.append((read, NAMES.read(operation)))
    try:
        return cell_of(edges, _emitted(len(edges) // 2))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _emitted(blocks: int) -> range:
    """The states that are emitted; none for the loose ends."""
    return range(NUM_INPUTS, NUM_INPUTS + blocks) if blocks == _ALL else range(0)


def _write(genotype: Genotype) -> str:
    sample: dict[str, Any] = {}
    for name, cell in (("normal", genotype.normal), ("reduce", genotype.reduction)):
        try:
            for i, (read, operation) in enumerate(edges_of(cell)):
                place = f"{NUM_INPUTS + i // 2}_{i % 2}"
                sample[f"{name}/op_{place}"] = NAMES.write(operation)
                sample[f"{name}/input_{place}"] = [read]
            emitted = tuple(_emitted(len(cell.blocks))) or cell.loose_ends
            what = "all blocks" if len(cell.blocks) == _ALL else "the loose ends"
            check_emitted(cell, emitted, what)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return json.dumps(sample, indent=2)


NNI = Notation("NNI sample", _recognises, _read, _write)
