import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasnet.cells import NASNET_A, NASNET_A_STRICT, OPERATIONS, ZOO, Block, Cell, Genotype, Shape
from nasnet.cells.build import Place, build_cell
from nasnet.cells.cost import Cost
from tests.strategies import cells, genotypes

IDENTITY = Block(0, 1, "identity", "identity")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Cell(()), "cell has 0 blocks, expected at least 1"),
        (lambda: Cell((Block(0, 2, "identity", "identity"),)), "block 0 reads state 2, expected 0"),
        (lambda: Block(-1, 0, "identity", "identity"), "block input is -1, expected a state"),
        (lambda: Block(True, 0, "identity", "identity"), "block input is True"),
        (lambda: Block(0, 0, "conv_9x9", "identity"), "operation is 'conv_9x9', expected one of"),
        (lambda: Block(0, 0, "identity", "identity", "mul"), "combine is 'mul', expected one of"),
        (lambda: Cell((IDENTITY,), (3,)), "concat names state 3, expected 0 to 2"),
        (lambda: Cell((IDENTITY,), (0, 1)), r"concat is \[0, 1\], expected a block's state in it"),
        (lambda: Cell((IDENTITY,), (2, 2)), r"concat is \[2, 2\], expected each state once"),
    ],
)
def test_an_invalid_cell_cannot_exist(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def changed(path, value):
    """NASNet-A as JSON text, with one value replaced."""
    data = json.loads(NASNET_A.to_json())
    target = data
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "genotype is not JSON"),
        ("[" * 100_000, "genotype is not JSON"),
        ("[]", r"genotype is \[\], expected an object"),
        ("{}", "genotype has no 'format'"),
        (changed(["format"], "darts"), "format is 'darts', expected 'nasnet-genotype'"),
        (changed(["version"], 2), "version is 2, expected 1"),
        (changed(["colour"], 1), "genotype has an unknown key 'colour'"),
        (changed(["normal", "x"], 1), "normal cell has an unknown key 'x'"),
        (changed(["normal", "blocks"], []), "normal cell: cell has 0 blocks, expected at least 1"),
        (changed(["normal", "blocks"], 3), "blocks is 3, expected a list"),
        (changed(["normal", "concat"], 3), "concat is 3, expected a list"),
        (changed(["reduction", "concat"], [9]), "reduction cell: concat names state 9"),
        (changed(["normal", "blocks", 1, "y"], 1), "block 1 has an unknown key 'y'"),
        (changed(["normal", "blocks", 1, "inputs"], [5, 0]), "block 1 reads state 5, expected 0"),
        (
            changed(["normal", "blocks", 1, "inputs"], [0]),
            r"inputs is \[0\], expected a list of two",
        ),
        (changed(["normal", "blocks", 1, "inputs"], ["0", 1]), "block 1: block input is '0'"),
        (changed(["normal", "blocks", 0, "operations"], ["a", "b"]), "operation is 'a', expected"),
        (changed(["normal", "blocks", 0, "operations"], [[], "b"]), r"\[\] is not a name"),
        (changed(["normal", "blocks", 0, "combine"], "mul"), "combine is 'mul'"),
    ],
)
def test_malformed_json_is_one_clear_line(text, message):
    with pytest.raises(ValueError, match=message) as caught:
        Genotype.from_json(text)
    assert "\n" not in str(caught.value)


@given(genotypes())
def test_json_round_trip(genotype):
    assert Genotype.from_json(genotype.to_json()) == genotype
    assert Genotype.from_json(genotype.to_json(indent=2)) == genotype


def test_json_names_operations():
    block = json.loads(NASNET_A.to_json())["normal"]["blocks"][0]
    assert block["operations"] == ["sep_conv_5x5", "sep_conv_3x3"]
    assert block["inputs"] == [1, 0]


def test_an_empty_concat_becomes_the_loose_ends():
    cell = Cell((IDENTITY, Block(2, 0, "identity", "identity"), IDENTITY))
    assert cell.concat == cell.loose_ends == (3, 4)


def test_the_published_concats_differ_from_the_loose_ends():
    assert NASNET_A.normal.concat == (0, 2, 3, 4, 5, 6)
    assert NASNET_A_STRICT.normal.concat == (2, 3, 4, 5, 6)
    assert NASNET_A.reduction.concat == (3, 4, 5, 6)
    assert NASNET_A_STRICT.reduction.concat == (4, 5, 6)


def shuffled(cell: Cell, rng: np.random.Generator) -> Cell:
    """The same network with blocks and operands in another order."""
    left = list(range(2, 2 + len(cell.blocks)))
    order: list[int] = []
    while left:
        ready = [
            state
            for state in left
            if all(source < 2 or source in order for source, _ in cell.blocks[state - 2].edges)
        ]
        order.append(ready[rng.integers(len(ready))])
        left.remove(order[-1])
    number = {state: 2 + i for i, state in enumerate(order)} | {0: 0, 1: 1}
    blocks = []
    for state in order:
        block = cell.blocks[state - 2]
        edges = [(number[source], op) for source, op in block.edges]
        if rng.random() < 0.5:
            edges.reverse()
        (a, op_a), (b, op_b) = edges
        blocks.append(Block(a, b, op_a, op_b, block.combine))
    concat = [number[state] for state in cell.concat]
    return Cell(tuple(blocks), tuple(rng.permutation(concat).tolist()))


@given(genotypes(), st.integers(0, 2**32 - 1))
def test_reordering_keeps_the_key(genotype, seed):
    rng = np.random.default_rng(seed)
    other = Genotype(shuffled(genotype.normal, rng), shuffled(genotype.reduction, rng))
    assert other.canonical() == genotype.canonical()
    assert other.key == genotype.key


@given(cells(max_blocks=4, operations=("identity", "conv_1x1")), st.integers(0, 2**32 - 1))
def test_reordering_keeps_the_key_where_blocks_are_alike(cell, seed):
    assert shuffled(cell, np.random.default_rng(seed)).canonical() == cell.canonical()


@given(cells())
def test_the_canonical_form_is_its_own(cell):
    assert cell.canonical().canonical() == cell.canonical()


@given(cells())
def test_the_canonical_cell_costs_the_same_without_its_dead_blocks(cell):
    """An oracle that knows nothing of keys: count both, dead blocks taken away by hand."""
    live, waiting = set(), [state for state in cell.concat if state >= 2]
    while waiting:
        state = waiting.pop()
        live.add(state)
        waiting += [s for s, _ in cell.blocks[state - 2].edges if s >= 2 and s not in live]
    assert len(cell.canonical().blocks) == len(live)
    counts = []
    for variant in (cell, cell.canonical()):
        cost = Cost()
        build_cell(cost, variant, Shape(8, 8, 24), Shape(8, 8, 12), Place(4, (8, 8), stride=2))
        counts.append((cost.total_parameters, cost.mult_adds))
    assert counts[0] == counts[1]


def test_sharing_a_block_is_not_the_same_as_copying_it():
    """One block read twice, and two equal blocks read once each, are different networks."""
    twin = Block(0, 1, "conv_3x3", "conv_3x3")
    shared = Cell((twin, twin, Block(2, 2, "identity", "identity")), (3, 4))
    copied = Cell((twin, twin, Block(2, 3, "identity", "identity")), (3, 4))
    assert shared.canonical() != copied.canonical()


@pytest.mark.parametrize("name", ZOO)
def test_a_zoo_cell_uses_known_operations_and_round_trips(name):
    genotype = ZOO[name].genotype
    for cell in (genotype.normal, genotype.reduction):
        assert {op for block in cell.blocks for _, op in block.edges} <= set(OPERATIONS)
    assert Genotype.from_json(genotype.to_json()) == genotype


def test_genotypes_are_hashable():
    assert len({NASNET_A, NASNET_A_STRICT, Genotype.from_json(NASNET_A.to_json())}) == 2
