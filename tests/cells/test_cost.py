"""The closed form against Keras as the oracle, for any cell in any plan."""

import keras
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from nasnet.cells import (
    CONVENTIONS,
    NASNET_A,
    OPERATIONS,
    ZOO,
    Block,
    Cell,
    Cost,
    Genotype,
    Shape,
    network_cost,
)
from nasnet.stacking import STEMS, KerasLayers, Stack
from nasnet.stacking.network import CellNetwork
from tests.strategies import cells

CIFAR = (32, 32, 3)
# Cells that ignore the newest input, so that every second cell of the network reaches nothing.
_OLDER = Cell((Block(0, 0, "identity", "conv_1x1"),))
DEGENERATE = Genotype(_OLDER, _OLDER)
# Smallest side that leaves an auxiliary head its 5 pixels.
SIDES = {"cifar": 9, "imagenet": 67, "darts-imagenet": 65}


@st.composite
def networks(draw):
    """Any genotype, plan, image shape, number of classes, and whether with an auxiliary head."""
    cell = cells(max_blocks=3, operations=tuple(OPERATIONS))
    extra = draw(st.booleans())
    stack = Stack(
        draw(st.integers(1, 2)),
        draw(st.integers(8, 11)),
        draw(st.sampled_from([None, 5])),
        skip_reduction_input=extra and draw(st.booleans()),
        stem=draw(st.sampled_from(list(STEMS))),
        extra_reductions=extra,
        conventions=draw(st.sampled_from(list(CONVENTIONS))),
    )
    side = SIDES[stack.stem] * (2 if stack.rules.aux_behind_reduction else 1)
    height, width = (side + draw(st.integers(0, 12)) for _ in "hw")
    shape = (height, width, draw(st.integers(1, 4)))
    return Genotype(draw(cell), draw(cell)), stack, shape, draw(st.booleans())


# Without shrinking, which would build networks for minutes.
@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
@example((DEGENERATE, Stack(2, 4), (9, 9, 1), False))
@example((DEGENERATE, Stack(2, 4, stem="darts-imagenet"), (65, 66, 1), True))
@example((DEGENERATE, Stack(1, 8, stem="imagenet", conventions="enas"), (67, 68, 1), True))
@given(networks())
def test_cost_is_keras_count_and_shapes(network):
    genotype, stack, input_shape, aux_head = network
    cost, expected = network_cost(CellNetwork(genotype, stack, input_shape, 7), aux_head=aux_head)
    image = keras.Input(input_shape)
    ends = CellNetwork(genotype, stack, image.shape[1:], 7).build(
        KerasLayers(), image, aux_head=aux_head
    )
    heads = [ends[name] for name in ("Logits", "AuxLogits") if name in ends]
    assert len(heads) == 1 + aux_head
    model = keras.Model(image, heads)
    assert cost.total_parameters == model.count_params()
    assert {(p.path, p.shape) for p in cost.parameters} == {
        (variable.path, tuple(variable.shape)) for variable in model.variables
    }
    assert {name: (1, 1, *x.shape[1:])[-3:] for name, x in ends.items()} == expected


@pytest.mark.parametrize(("stem", "least"), [("cifar", 9), ("imagenet", 67)])
def test_images_too_small_for_an_auxiliary_head_are_refused(stem, least):
    stack = Stack(1, 8, stem=stem)
    network_cost(CellNetwork(NASNET_A, stack, (least, least, 3), 10), aux_head=True)
    with pytest.raises(
        ValueError, match="height is 4 where a window of 5 must fit, expected larger"
    ):
        network_cost(CellNetwork(NASNET_A, stack, (least - 1, least, 3), 10), aux_head=True)


@pytest.mark.parametrize("name", OPERATIONS)
def test_one_channel_is_enough(name):
    for stride in (1, 2):
        assert OPERATIONS[name](Cost(), Shape(8, 8, 1), 1, stride).channels == 1


class NoStridedPointwise(Cost):
    """Refuses the convolution whose backward pass corrupts TensorFlow's memory."""

    def conv(self, x, filters, kernel, *, stride=(1, 1), **options):
        assert kernel != (1, 1) or stride == (1, 1)
        return super().conv(x, filters, kernel, stride=stride, **options)


@pytest.mark.parametrize("rules", CONVENTIONS)
def test_no_1x1_convolution_strides(rules):
    for operation in OPERATIONS.values():
        operation(NoStridedPointwise(), Shape(8, 8, 8), 4, 2, CONVENTIONS[rules])
    stack = Stack(1, 8, stem="imagenet", conventions=rules)
    for entry in ZOO.values():
        CellNetwork(entry.genotype, stack, (64, 64, 3), 10).build(
            NoStridedPointwise(), Shape(64, 64, 3)
        )


def test_a_network_without_classifier_ends_in_its_features():
    cost, ends = network_cost(CellNetwork(NASNET_A, Stack(1, 8), CIFAR, None))
    whole, _ = network_cost(CellNetwork(NASNET_A, Stack(1, 8), CIFAR, 10))
    assert list(ends)[-1] == "global_pool"
    assert whole.total_parameters - cost.total_parameters == 192 * 10 + 10


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("channels", [4, 6])
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_brings_its_input_to_shape(name, channels, stride):
    for side in (8, 9):
        out = OPERATIONS[name](Cost(), Shape(side, side, channels), 4, stride)
        assert out == Shape(-(-side // stride), -(-side // stride), 4)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: network_cost(CellNetwork(NASNET_A, Stack(1, 8), (0, 32, 3), 10)),
            r"input shape is \(0, 32, 3",
        ),
        (
            lambda: network_cost(CellNetwork(NASNET_A, Stack(1, 8), CIFAR, 0)),
            "classes is 0, expected at least",
        ),
        (
            lambda: network_cost(CellNetwork(NASNET_A, Stack(1, 8), CIFAR, None), aux_head=True),
            "classes is None, expected a number for the auxiliary classifier",
        ),
        (
            lambda: network_cost(
                CellNetwork(NASNET_A, Stack(1, 8, stem="imagenet"), (2, 9, 3), 10)
            ),
            "height is 2 where a window of 3 must fit, expected larger",
        ),
    ],
)
def test_bad_networks_are_refused(call, text):
    with pytest.raises(ValueError, match=text):
        call()
