"""The published networks: parameters, multiply-adds and shapes, to the last one.

`golden/networks.json` holds what the papers' own code or an independent count gives; rows that do
not come out are listed there with the reason. It changes when a figure is added or shown to be
wrong, never because this toolkit counts something else.
"""

import json
import math
from pathlib import Path

import keras
import pytest

from nasnet.cells import ZOO, network_cost
from nasnet.stacking import PRESETS, Recipe, Stack, build_network
from nasnet.stacking.network import CellNetwork

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "networks.json").read_text())
ROWS = {row["name"]: row for row in GOLDEN["rows"]}
QUICK = ("NASNet-A toy, N=1 F=8", "NASNet-A toy, auxiliary head", "PNASNet-5 CIFAR, 9 cells F=48")
CLASSIFIED = [
    pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in ROWS
]


def arguments(row):
    """The arguments of `network_cost` and `build_network` for a row."""
    shape = (row["size"], row["size"], 3)
    return ZOO[row["cell"]].genotype, Stack(**row["stack"]), shape, row["classes"]


@pytest.mark.parametrize("name", ROWS)
def test_the_cost_is_the_published_one(name):
    row = ROWS[name]
    cost, _ = network_cost(CellNetwork(*arguments(row)), aux_head=row["aux_head"])
    found = {
        "total": cost.total_parameters,
        "trainable": cost.trainable_parameters,
        "mult_adds": cost.mult_adds,
    }
    checked = [key for key in found if key in row]
    assert checked
    for key in checked:
        unit = row.get(f"{key}_rounded_to", 1)
        assert math.floor(found[key] / unit + 0.5) * unit == row[key], key


@pytest.mark.parametrize("name", CLASSIFIED)
def test_keras_counts_the_same(name):
    row = ROWS[name]
    cost, ends = network_cost(CellNetwork(*arguments(row)), aux_head=row["aux_head"])
    with keras.StatelessScope():  # shapes alone: hundreds of millions of weights are not drawn
        model = build_network(
            CellNetwork(*arguments(row)), Recipe(aux_weight=0.4 * row["aux_head"]), training=True
        )
    assert model.count_params() == cost.total_parameters
    trainable = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    assert trainable == cost.trainable_parameters
    last = ends["global_pool" if row["classes"] is None else "Logits"]
    assert [output.shape for output in model.outputs] == [(None, last.channels)] * (
        1 + row["aux_head"]
    )
    keras.backend.clear_session()


@pytest.mark.parametrize("row", GOLDEN["aux_heads"], ids=lambda row: row["preset"])
def test_the_auxiliary_head_has_its_parameters(row):
    preset = PRESETS[row["preset"]]
    given = (preset.genotype, preset.stack, preset.input_shape, preset.classes)
    with_head, _ = network_cost(CellNetwork(*given), aux_head=True)
    without, _ = network_cost(CellNetwork(*given))
    assert with_head.trainable_parameters - without.trainable_parameters == row["trainable"]


@pytest.mark.parametrize(
    "row", GOLDEN["cells"], ids=lambda row: f"{row['preset']}-{row['end_point']}"
)
def test_single_cells_have_their_counts(row):
    preset = PRESETS[row["preset"]]
    cost, _ = network_cost(
        CellNetwork(preset.genotype, preset.stack, preset.input_shape, preset.classes)
    )
    prefix = f"{row['end_point'].lower()}_"
    mult_adds = [n for layer, n in cost.layer_mult_adds.items() if layer.startswith(prefix)]
    sizes = [p.size for p in cost.parameters if p.trainable and p.path.startswith(prefix)]
    assert (sum(sizes), sum(mult_adds)) == (row["trainable"], row["mult_adds"])


@pytest.mark.parametrize("row", GOLDEN["end_points"], ids=lambda row: row["preset"])
def test_end_points_have_the_released_codes_names_and_shapes(row):
    preset = PRESETS[row["preset"]]
    _, ends = network_cost(
        CellNetwork(preset.genotype, preset.stack, preset.input_shape, preset.classes),
        aux_head=True,
    )
    assert {name: list(shape) for name, shape in ends.items()} == row["shapes"]
    assert list(ends) == list(row["shapes"])


def mult_adds_of(model):
    """Multiply-adds of one image, from the layers of any Keras model."""
    count = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.SeparableConv2D):
            area = math.prod(layer.output.shape[1:3])
            depthwise, pointwise = (math.prod(w.shape) for w in layer.weights)
            count += area * (depthwise + pointwise)
        elif isinstance(layer, keras.layers.Conv2D):
            count += math.prod(layer.output.shape[1:3]) * math.prod(layer.kernel.shape)
        elif isinstance(layer, keras.layers.Dense):
            count += math.prod(layer.kernel.shape)
    return count


@pytest.mark.slow
@pytest.mark.parametrize("classes", [1000, None])
@pytest.mark.parametrize(
    ("make", "preset"),
    [
        (keras.applications.NASNetMobile, "imagenet-mobile"),
        (keras.applications.NASNetLarge, "imagenet-large"),
    ],
)
def test_keras_applications_costs_the_same(make, preset, classes):
    ours = PRESETS[preset]
    # Without an input size Keras builds another network, see "left_out".
    with keras.StatelessScope():
        model = make(ours.input_shape, include_top=classes is not None, weights=None)
    cost, _ = network_cost(CellNetwork(ours.genotype, ours.stack, ours.input_shape, classes))
    assert model.count_params() == cost.total_parameters
    assert mult_adds_of(model) == cost.mult_adds
    assert sorted(tuple(v.shape) for v in model.variables) == sorted(
        parameter.shape for parameter in cost.parameters
    )
    keras.backend.clear_session()


def test_every_row_left_out_has_a_reason():
    assert all(entry["row"] and entry["reason"] for entry in GOLDEN["left_out"])
