"""The meaning of a cell, written once over the `Backend` protocol.

The rules are those of the reference code (TensorFlow models, research/slim/nets/nasnet), which the
paper's parameter counts follow: https://arxiv.org/abs/1707.07012, section 3 and appendix A.4.
"""

import dataclasses

from nasnet.cells.backend import Backend, X
from nasnet.cells.conventions import NASNET, Conventions
from nasnet.cells.genotype import NUM_INPUTS, Cell
from nasnet.cells.operations import OPERATIONS, factorized_reduction, project


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where in a network a cell stands.

    Attributes:
        filters: channels of every block's operations, F.
        size: height and width of its newest input.
        stride: 2 for a Reduction cell, else 1. Operations on the cell's inputs stride.
        depth: share of the network's cells that come up to this one, for drop path.
        kind: which cell of the genotype it is, "normal" or "reduction"; decisions are named so.
    """

    filters: int
    size: tuple[int, int]
    stride: int = 1
    depth: float = 1.0
    kind: str = "normal"


def build_cell(
    backend: Backend[X],
    cell: Cell,
    previous: X | None,
    current: X | None,
    place: Place,
    rules: Conventions = NASNET,
) -> X:
    """One cell on top of two earlier outputs. Nothing is built that does not reach its output.

    Args:
        backend: what the cell is built with.
        cell: the blocks.
        previous: output of the cell before last, [N, H', W', C']; None where there is none: the
            current input then serves as both, unprojected. Not read unless `cell.reads` has 0.
        current: output of the last cell, [N, H, W, C]. Not read unless `cell.reads` has 1, or
            stands in for `previous`.
        place: where in the network the cell stands.
        rules: what the family of the network does around its cells.

    Returns:
        The emitted states side by side, [N, H / stride, W / stride, len(cell.concat) * F].
    """
    filters, stride, size = place.filters, place.stride, place.size
    states: dict[int, X] = {}
    if 0 in cell.reads:
        with backend.scope("input_0"):
            states[0] = _older_input(backend, previous, current, filters, size, rules)
    if 1 in cell.reads:
        with backend.scope("input_1"):
            states[1] = _newest_input(backend, _given(current), filters, rules)
    for i, block in enumerate(cell.blocks):
        if NUM_INPUTS + i not in cell.live:
            continue
        operands = []
        for side, edge in zip("ab", block.edges, strict=True):
            with backend.scope(f"block_{i}_{side}"):
                name = f"{place.kind}/block_{i}/{{}}_{side}"
                operands.append(_operand(backend, states[edge[0]], edge, name, place, rules))
        with backend.scope(f"block_{i}"):
            join = backend.add if block.combine == "add" else backend.concat
            states[NUM_INPUTS + i] = join(operands)
    with backend.scope("output"):
        out_size = (-(-size[0] // stride), -(-size[1] // stride))
        emitted = [fit(backend, states[state], filters, out_size, rules) for state in cell.concat]
        return backend.concat(emitted) if len(emitted) > 1 else emitted[0]


def _operand(
    backend: Backend[X],
    x: X,
    edge: tuple[int, str],
    name: str,
    place: Place,
    rules: Conventions,
) -> X:
    """What an operation makes of a state `x`; `name` is both decisions', but for what they decide.

    Both stand behind the operation: in front of its batch normalization no factor has a gradient.
    """
    state, operation = edge
    stride = place.stride if state < NUM_INPUTS else 1

    def apply(operation: str, x: X) -> X:
        chosen = OPERATIONS[operation]
        x = chosen(backend, x, place.filters, stride, rules)
        return backend.drop_path(x, place.depth) if chosen.drops else x

    x = backend.choice(name.format("op"), operation, x, apply)
    return backend.choice(name.format("input"), state, x, lambda state, x: x)


def _older_input(
    backend: Backend[X],
    previous: X | None,
    current: X | None,
    filters: int,
    size: tuple[int, int],
    rules: Conventions,
) -> X:
    """State 0: the previous output, brought to the current one's size and to `filters`."""
    if previous is None:
        return _given(current)
    if backend.size(previous) != size:
        return factorized_reduction(backend, backend.relu(previous), filters, rules)
    if rules.projects_older or backend.channels(previous) != filters:
        return project(backend, backend.relu(previous), filters)
    return previous


def _newest_input(backend: Backend[X], x: X, filters: int, rules: Conventions) -> X:
    """State 1: the last output at `filters` channels."""
    if rules.projects_newest_twice and backend.channels(x) != filters:
        x = project(backend, backend.relu(x), filters)
    return project(backend, backend.relu(x), filters)


def _given(x: X | None) -> X:
    if x is None:
        raise ValueError("current is None, expected the output of the last cell")
    return x


def fit(backend: Backend[X], x: X, filters: int, size: tuple[int, int], rules: Conventions) -> X:
    """`x` brought to `size` and `filters`, so that all emitted states are alike."""
    if backend.size(x) != size:
        return factorized_reduction(backend, x, filters, rules)
    if backend.channels(x) != filters:
        return project(backend, x, filters)
    return x
