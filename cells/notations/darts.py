"""`Genotype(normal=[('sep_conv_3x3', 1), ...], normal_concat=[2, ...], reduce=..., ...)`.

quark0/darts, cnn/genotypes.py; also of P-DARTS, PC-DARTS and UnNAS. States are numbered as here.
"""

import ast
from typing import Any

from nasnet.cells.genotype import NUM_INPUTS, Cell, Genotype
from nasnet.cells.notations.base import Names, Notation, cell_of, edges_of
from nasnet.cells.notations.literals import parse, value

FIELDS = ("normal", "normal_concat", "reduce", "reduce_concat")
NAMES = Names(
    {
        "max_pool_3x3": "max_pool_3x3",
        "avg_pool_3x3": "avg_pool_3x3",
        "skip_connect": "identity",
        "sep_conv_3x3": "sep_conv_3x3",
        "sep_conv_5x5": "sep_conv_5x5",
        "sep_conv_7x7": "sep_conv_7x7",
        "dil_conv_3x3": "dil_sep_conv_3x3",
        "dil_conv_5x5": "dil_sep_conv_5x5",
        "conv_7x1_1x7": "conv_1x7_7x1",
    }
)
_NAME = "Genotype"


def _read(text: str) -> Genotype:
    fields = _fields(text)
    for name in FIELDS:
        if name not in fields:
            raise ValueError(f"{name} is missing, expected {', '.join(FIELDS)}")
    return Genotype(*(_cell(name, fields) for name in ("normal", "reduce")))


def _fields(text: str) -> dict[str, Any]:
    """What the one call of `Genotype` in a text is given."""
    try:
        tree = parse(text)
    except ValueError:  # a line of a log
        tree = parse(text[text.index(f"{_NAME}(") : text.rindex(")") + 1] if ")" in text else text)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_genotype(node)]
    if len(calls) != 1:
        raise ValueError(f"there are {len(calls)}, expected one")
    (call,) = calls
    fields = dict(zip(FIELDS, map(value, call.args), strict=False))
    return fields | {str(word.arg): value(word.value) for word in call.keywords}


def _is_genotype(call: ast.Call) -> bool:
    return ast.unparse(call.func).rpartition(".")[2] == _NAME


def _cell(name: str, fields: dict[str, Any]) -> Cell:
    edges, concat = fields[name], fields[f"{name}_concat"]
    try:
        if not isinstance(concat, list) or not isinstance(edges, list):
            raise ValueError(f"it is {edges!r:.60} and {concat!r:.60}, expected two lists")
        if not all(isinstance(edge, list) and len(edge) == 2 for edge in edges):
            raise ValueError(f"it is {edges!r:.60}, expected pairs of an operation and a state")
        return cell_of([(state, NAMES.read(operation)) for operation, state in edges], concat)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _write(genotype: Genotype) -> str:
    words = []
    for name, cell in (("normal", genotype.normal), ("reduce", genotype.reduction)):
        try:
            edges = [(NAMES.write(operation), state) for state, operation in edges_of(cell)]
            if name == "reduce" and min(cell.concat) < NUM_INPUTS:
                raise ValueError(f"state {min(cell.concat)}, an input, is emitted, expected blocks")
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        words += [f"{name}={edges}", f"{name}_concat={list(cell.concat)}"]
    return f"{_NAME}({', '.join(words)})"


DARTS = Notation("DARTS Genotype", lambda text: f"{_NAME}(" in text, _read, _write)
