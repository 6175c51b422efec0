"""Cells in the notations of others: against the released texts, and back over the whole zoo."""

import json

import pytest
from hypothesis import given, settings

from nasnet.cells import NASNET_A, PNASNET_5, ZOO, Block, Cell, Genotype
from nasnet.cells.notations.registry import NOTATIONS, read_notation, recognise, write_notation
from nasnet.cells.spaces.nasbench201 import NASBench201Cell, NASBench201Space
from nasnet.cells.zoo import AMOEBANET_A, AMOEBANET_B, DARTS_V2, ENAS_MICRO
from tests.strategies import genotypes

# quark0/darts, README.md and cnn/genotypes.py.
DARTS_TEXT = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
    "('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), "
    "('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])"
)
# melodyguan/enas, scripts/cifar10_micro_final.sh.
ENAS_TEXT = """\
fixed_arc="0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1"
fixed_arc="$fixed_arc 1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1"
"""
# tensorflow/models, research/slim/nets/nasnet/nasnet_utils.py and pnasnet.py.
SLIM_TEXT = """\
class NasNetANormalCell(NasNetABaseCell):
  def __init__(self, num_conv_filters):
    operations = ['separable_5x5_2', 'separable_3x3_2', 'separable_5x5_2', 'separable_3x3_2',
                  'avg_pool_3x3', 'none', 'avg_pool_3x3', 'avg_pool_3x3', 'separable_3x3_2', 'none']
    used_hiddenstates = [1, 0, 0, 0, 0, 0, 0]
    hiddenstate_indices = [0, 1, 1, 1, 0, 1, 1, 1, 0, 0]
    super(NasNetANormalCell, self).__init__(num_conv_filters, operations)


class NasNetAReductionCell(NasNetABaseCell):
  def __init__(self, num_conv_filters):
    operations = ['separable_5x5_2', 'separable_7x7_2', 'max_pool_3x3', 'separable_7x7_2',
                  'avg_pool_3x3', 'separable_5x5_2', 'none', 'avg_pool_3x3', 'separable_3x3_2',
                  'max_pool_3x3']
    used_hiddenstates = [1, 1, 1, 0, 0, 0, 0]
    hiddenstate_indices = [0, 1, 0, 1, 0, 1, 3, 2, 2, 0]
"""
PNASNET_TEXT = """\
    operations = [
        'separable_5x5_2', 'max_pool_3x3', 'separable_7x7_2', 'max_pool_3x3',
        'separable_5x5_2', 'separable_3x3_2', 'separable_3x3_2', 'max_pool_3x3',
        'separable_3x3_2', 'none'
    ]
    used_hiddenstates = [1, 1, 0, 0, 0, 0, 0]
    hiddenstate_indices = [1, 1, 0, 0, 0, 0, 4, 0, 1, 0]
"""
# tensorflow/tpu, models/official/amoeba_net, as its cells get their lists.
AMOEBANET_TEXT = """\
hparams.reduction_cell_operations = ['separable_3x3_2', 'avg_pool_3x3', 'max_pool_3x3',
    'separable_7x7_2', 'max_pool_3x3', 'max_pool_3x3', 'separable_3x3_2', '1x7_7x1',
    'avg_pool_3x3', 'separable_7x7_2']
hparams.reduction_cell_used_hiddenstates = [1, 1, 0, 0, 0, 0, 0]
hparams.reduction_cell_hiddenstate_indices = [1, 0, 0, 2, 1, 0, 4, 0, 1, 0]
hparams.normal_cell_operations = ['avg_pool_3x3', 'max_pool_3x3', 'separable_3x3_2', 'none',
    'none', 'avg_pool_3x3', 'separable_3x3_2', 'separable_5x5_2', 'avg_pool_3x3',
    'separable_3x3_2']
hparams.normal_cell_used_hiddenstates = [1, 0, 1, 0, 0, 1, 0]
hparams.normal_cell_hiddenstate_indices = [0, 0, 1, 1, 0, 1, 0, 2, 5, 0]
"""
# microsoft/nni, nni/nas/hub/pytorch/nasnet.py, DARTS.load_searched_model.
_NNI = {
    "normal": "sep_conv_3x3 0 sep_conv_3x3 1 sep_conv_3x3 0 sep_conv_3x3 1 sep_conv_3x3 1 "
    "skip_connect 0 skip_connect 0 dil_conv_3x3 2",
    "reduce": "max_pool_3x3 0 max_pool_3x3 1 skip_connect 2 max_pool_3x3 1 max_pool_3x3 0 "
    "skip_connect 2 skip_connect 2 max_pool_3x3 1",
}
NNI_SAMPLE = {"width": 36, "auxiliary": True}
for _name, _words in _NNI.items():
    for _i, (_op, _state) in enumerate(zip(_words.split()[::2], _words.split()[1::2], strict=True)):
        NNI_SAMPLE[f"{_name}/op_{2 + _i // 2}_{_i % 2}"] = _op
        NNI_SAMPLE[f"{_name}/input_{2 + _i // 2}_{_i % 2}"] = [int(_state)]
NNI_TEXT = json.dumps(NNI_SAMPLE)
ARCH = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|none~2|"

RELEASED = {
    "darts": (DARTS_TEXT, "darts", DARTS_V2),
    "darts by name": (f"from x import *\n\nDARTS_V2 = {DARTS_TEXT}\n", "darts", DARTS_V2),
    "darts in a log": (f"2019-03-01 04:02:19,183 genotype = {DARTS_TEXT}\n", "darts", DARTS_V2),
    "darts by place": (
        DARTS_TEXT.replace("normal=", "").replace("normal_concat=", ""),
        "darts",
        DARTS_V2,
    ),
    "P-DARTS": (DARTS_TEXT.replace("[2, 3, 4, 5]", "range(2, 6)"), "darts", DARTS_V2),
    "enas": (ENAS_TEXT, "enas", ENAS_MICRO),
    "enas in a log": (
        "[0 2 0 0 0 4 0 1 0 4 1 1 1 0 0\n 1 0 2 1 1]\n[1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1]",
        "enas",
        ENAS_MICRO,
    ),
    "nasnet": (SLIM_TEXT, "slim", NASNET_A),
    "pnasnet": (PNASNET_TEXT, "slim", PNASNET_5),
    "amoebanet": (AMOEBANET_TEXT, "slim", AMOEBANET_A),
    "nni": (NNI_TEXT, "nni", DARTS_V2),
    "nni in Python": (f"arch = {NNI_SAMPLE!r}", "nni", DARTS_V2),
    "nni without lists": (NNI_TEXT.replace("[", "").replace("]", ""), "nni", DARTS_V2),
    "nasbench201": (f"'{ARCH}'\n", "nasbench201", NASBench201Cell.from_arch(ARCH)),
}

# What each notation lacks for a cell of the zoo; the others come back as they were.
LACKS = {
    ("darts", "amoebanet-a"): "reduce: operation is 'bottleneck_conv_1x7_7x1', expected one of: ",
    ("darts", "amoebanet-b"): "normal: operation is 'conv_1x1', expected one of: max_pool_3x3",
    ("darts", "amoebanet-c"): "reduce: state 1, an input, is emitted, expected blocks",
    ("darts", "amoebanet-d"): "normal: operation is 'conv_1x1'",
    ("slim", "darts-v2"): "normal cell: operation is 'dil_sep_conv_3x3', expected one of: ",
    ("slim", "darts-amoebanet"): "reduction cell: operation is 'conv_1x7_7x1'",
    ("nni", "nasnet-a"): r"normal: states \[0, 2, 3, 4, 5, 6\] are emitted, expected the loose e",
    ("nni", "pnasnet-5"): r"normal: states \[2, 3, 4, 5, 6\] are emitted, expected the loose ends",
    ("nni", "amoebanet-a"): r"normal: states \[0, 3, 4, 6\] are emitted",
    ("nni", "amoebanet-b"): r"normal: states \[1, 3, 4, 6\] are emitted",
    ("nni", "amoebanet-c"): r"normal: states \[0, 2, 4, 5, 6\] are emitted",
    ("nni", "amoebanet-d"): "normal: operation is 'bottleneck_conv_1x7_7x1'",
}
LACKS |= {
    ("enas", name): "(normal|reduction) cell: (operation is|states .* are emitted)"
    for name in ZOO
    if name != "enas"
}


@pytest.mark.parametrize("name", RELEASED)
def test_released_texts_are_the_cells_of_the_zoo(name):
    text, notation, expected = RELEASED[name]
    assert recognise(text) == notation
    assert read_notation(notation, text) == expected


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("notation", sorted(NOTATIONS.keys() - {"nasbench201"}))
def test_cells_of_the_zoo_come_back_or_are_refused(notation, name):
    genotype = ZOO[name].genotype
    if lacks := LACKS.get((notation, name)):
        title = NOTATIONS[notation].title
        with pytest.raises(ValueError, match=f"^{title} cannot express it: {lacks}"):
            write_notation(notation, genotype)
        return
    text = write_notation(notation, genotype)
    assert recognise(text) == notation
    assert read_notation(notation, text) == genotype


def test_the_dilation_that_amoebanets_code_leaves_out_is_left_out():
    text = write_notation("slim", AMOEBANET_B)
    text = text.replace("'separable_5x5_2'", "'dil_2_separable_5x5_2'")
    assert read_notation("slim", text) == AMOEBANET_B


@settings(max_examples=40)
@given(genotypes())
def test_what_is_written_is_read_as_the_same_network(genotype):
    for notation in ("darts", "slim", "nni", "enas"):
        try:
            text = write_notation(notation, genotype)
        except ValueError:
            continue
        assert read_notation(notation, text).key == genotype.key


def test_every_cell_of_nasbench201_comes_back():
    space = NASBench201Space()
    for choices in list(space)[::97]:
        cell = space.decode(choices)
        text = write_notation("nasbench201", cell)
        assert (text, recognise(text)) == (cell.arch, "nasbench201")
        assert read_notation("nasbench201", text) == cell


def test_what_no_other_notation_has_is_refused():
    joined = Cell((Block(0, 1, "identity", "sep_conv_3x3", "concat"),))
    uneven = Genotype(ENAS_MICRO.normal, Cell(ENAS_MICRO.reduction.blocks[:2]))
    for notation in ("darts", "slim", "nni", "enas"):
        with pytest.raises(ValueError, match=r"block 0 combines by 'concat', expected 'add'$"):
            write_notation(notation, Genotype(joined, joined))
    with pytest.raises(ValueError, match=r"'normal': 5, 'reduction': 2}, expected equal ones$"):
        write_notation("enas", uneven)
    with pytest.raises(ValueError, match="string: architecture is a Genotype, expected NASBench2"):
        write_notation("nasbench201", NASNET_A)
    with pytest.raises(ValueError, match=r"^DARTS Genotype: architecture is a NASBench201Cell"):
        write_notation("darts", NASBench201Cell.from_arch(ARCH))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Genotype(normal=[])", "DARTS Genotype: normal_concat is missing, expected normal, nor"),
        (DARTS_TEXT * 2, "DARTS Genotype: it is not Python that can be read in line 1: invalid"),
        (f"a = {DARTS_TEXT}\nb = {DARTS_TEXT}", "DARTS Genotype: there are 2, expected one"),
        (DARTS_TEXT.replace(", 2)", ", 7)"), "normal: block 3 reads state 7, expected 0 to 4"),
        (DARTS_TEXT.replace(", 2)", ", x)"), "DARTS Genotype: it holds 'x', expected names, numb"),
        (DARTS_TEXT.replace("dil_conv_3x3", "none"), "normal: operation is 'none', expected one"),
        (DARTS_TEXT.replace("('dil_conv_3x3', 2)", "3"), "expected pairs of an operation and a"),
        (DARTS_TEXT.replace(", ('dil_conv_3x3', 2)", ""), "normal: 7 operations, expected two a"),
        (DARTS_TEXT.replace("[2, 3, 4, 5]", "range(2, 10**9)"), "it holds 'range"),
        (
            DARTS_TEXT.replace("[2, 3, 4, 5]", "__import__('os')"),
            "DARTS Genotype: it holds .__import__",
        ),
        (DARTS_TEXT.replace("[2, 3, 4, 5]", "[2, 9]"), "normal: concat names state 9, expected 0"),
        ("Genotype(" + "[" * 500, "DARTS Genotype: it is not Python that can be read"),
        ("Genotype(" + "-" * 5000 + "1)", "DARTS Genotype: it (is nested|is not Python|holds)"),
        (ENAS_TEXT.replace("4 0 3", "4"), "ENAS arc: it has 38 numbers, expected four for each"),
        (ENAS_TEXT.replace("0 2 0", "0 5 0", 1), "normal cell: operation is 5, expected 0 to 4"),
        (ENAS_TEXT.replace("$fixed_arc 1", "$fixed_arc 2"), "reduction cell: block 0 reads state"),
        ("", "genotype is not JSON"),
        (
            PNASNET_TEXT.replace("'none'", "'atrous'"),
            "slim's lists of a cell: first cell: operat",
        ),
        (
            PNASNET_TEXT.replace("= [1, 1, 0, 0, 0, 0, 0]", "= [1, 1]"),
            "used_hiddenstates is .*, expected 7 times",
        ),
        (
            PNASNET_TEXT.replace("0, 4, 0", "0, 9, 0"),
            "first cell: block 3 reads state 9, expected 0",
        ),
        (PNASNET_TEXT.replace(" 0, 0, 0, 0, 0]", " 1, 1, 1, 1, 1]"), "expected a 0 among them"),
        (PNASNET_TEXT.replace("used_", "un_"), "used_hiddenstates is None, expected a list"),
        (PNASNET_TEXT.replace("4, 0, 1, 0]", "4, 0]"), "8 hiddenstate_indices, expected 10"),
        (SLIM_TEXT + PNASNET_TEXT[4:], "slim's lists of a cell: it is not Python"),
        ("operations = [1]\n" * 3, "slim's lists of a cell: there are lists of 3 cells, expected"),
        (NNI_TEXT.replace("normal/input_3_1", "x"), "NNI sample: 'normal/input_3_1' is missing"),
        (NNI_TEXT.replace("reduce/", "other/"), "NNI sample: 'reduce/op_2_0' is missing"),
        (NNI_TEXT.replace("[2]", "[1, 2]"), "'normal/input_5_1' is .1, 2., expected one state"),
        (NNI_TEXT[1:-1], "NNI sample: it has no braces, expected an object"),
        (ARCH.replace("~2", "~1"), "NAS-Bench-201 string: arch is .*, expected .op~0.+"),
        (ARCH.replace("none", "nine"), "NAS-Bench-201 string: operation is 'nine', expected one"),
    ],
)
def test_an_error_says_which_notation_it_is_and_what_it_lacks(text, message):
    from nasnet.stacking.architectures import read_architecture

    with pytest.raises(ValueError, match=message) as caught:
        read_architecture(text)
    assert "\n" not in str(caught.value)
