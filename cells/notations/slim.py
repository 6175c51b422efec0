"""Lists `operations`, `hiddenstate_indices` and `used_hiddenstates` of TF-slim's cells.

NASNet and PNASNet (tensorflow/models, research/slim/nets/nasnet), AmoebaNet (tensorflow/tpu,
models/official/amoeba_net). State 0 is there the last cell's output, 1 that of the one before; what
is not marked as used is emitted.
"""

import ast
import re
from typing import Any

from nasnet.cells.genotype import NUM_INPUTS, Cell, Genotype
from nasnet.cells.notations.base import Names, Notation, cell_of, edges_of
from nasnet.cells.notations.literals import parse, value

LISTS = ("operations", "hiddenstate_indices", "used_hiddenstates")
NAMES = Names(
    {
        "separable_3x3_2": "sep_conv_3x3",
        "separable_5x5_2": "sep_conv_5x5",
        "separable_7x7_2": "sep_conv_7x7",
        "avg_pool_3x3": "avg_pool_3x3",
        "max_pool_3x3": "max_pool_3x3",
        "max_pool_2x2": "max_pool_2x2",
        "none": "identity",
        "1x1": "conv_1x1",
        "3x3": "bottleneck_conv_3x3",
        "1x7_7x1": "bottleneck_conv_1x7_7x1",
        "dil_2_separable_5x5_2": "sep_conv_5x5",  # its code leaves out the dilation
    }
)
_LIST = re.compile(rf"(.*?)_?({'|'.join(LISTS)})")
_SWAPPED = {0: 1, 1: 0}


def _recognises(text: str) -> bool:
    return re.search(r"hiddenstate|operations\s*=\s*\[", text) is not None


def _read(text: str) -> Genotype:
    found: list[tuple[str, dict[str, Any]]] = []
    for name, node in _assignments(parse(text)):
        match = _LIST.fullmatch(name)
        if match is None:
            continue
        prefix, key = match.groups()
        unfinished = (lists for known, lists in found if known == prefix and key not in lists)
        lists = next(unfinished, None)
        if lists is None:
            lists = {}
            found.append((prefix, lists))
        lists[key] = value(node)
    if not 1 <= len(found) <= 2:
        raise ValueError(
            f"there are lists of {len(found)} cells, expected a Normal and a Reduction cell, or "
            "one that serves as both"
        )
    found.sort(key=lambda item: "reduc" in item[0])
    cells = [_cell(number, lists) for number, (_, lists) in enumerate(found)]
    return Genotype(cells[0], cells[-1])


def _assignments(tree: ast.Module) -> list[tuple[str, ast.expr]]:
    """Names and what is assigned to them, in the order of the text."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    nodes.sort(key=lambda node: node.lineno)
    return [
        (ast.unparse(target).rpartition(".")[2], node.value)
        for node in nodes
        for target in node.targets
    ]


def _cell(number: int, lists: dict[str, Any]) -> Cell:
    name = ("first", "second")[number]
    try:
        for key in LISTS:
            if not isinstance(lists.get(key), list):
                raise ValueError(f"{key} is {lists.get(key)!r:.60}, expected a list")
        operations, states, used = (lists[key] for key in LISTS)
        if len(states) != len(operations):
            raise ValueError(f"{len(states)} hiddenstate_indices, expected {len(operations)}")
        count = NUM_INPUTS + len(operations) // 2
        if len(used) != count or any(flag not in (0, 1) for flag in used):
            raise ValueError(f"used_hiddenstates is {used!r:.60}, expected {count} times 0 or 1")
        emitted = sorted(_swap(state) for state, flag in enumerate(used) if not flag)
        if not emitted:
            raise ValueError(f"used_hiddenstates is {used}, expected a 0 among them")
        pairs = zip(states, operations, strict=True)
        edges = [(_swap(state), NAMES.read(operation)) for state, operation in pairs]
        return cell_of(edges, emitted)
    except ValueError as error:
        raise ValueError(f"{name} cell: {error}") from None


def _swap(state: Any) -> Any:
    """A state in the other order of the two inputs."""
    return _SWAPPED.get(state, state) if isinstance(state, int) else state


def _write(genotype: Genotype) -> str:
    lines = []
    for name, cell in (("normal", genotype.normal), ("reduction", genotype.reduction)):
        try:
            edges = [(_swap(state), NAMES.write(op)) for state, op in edges_of(cell)]
        except ValueError as error:
            raise ValueError(f"{name} cell: {error}") from None
        emitted = {_swap(state) for state in cell.concat}
        used = [int(state not in emitted) for state in range(NUM_INPUTS + len(cell.blocks))]
        lists = [operation for _, operation in edges], [state for state, _ in edges], used
        lines += [f"{name}_cell_{key} = {found}" for key, found in zip(LISTS, lists, strict=True)]
    return "\n".join(lines)


SLIM = Notation("slim's lists of a cell", _recognises, _read, _write)
