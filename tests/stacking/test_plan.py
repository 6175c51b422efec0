"""Plans: slots, wiring and depth, without Keras."""

import dataclasses
import json
from pathlib import Path

import pytest

from nasnet.cells import CONVENTIONS, NASNET_A, NASNET_A_STRICT, PNASNET_5, ZOO, network_cost
from nasnet.stacking import PRESETS, Stack
from nasnet.stacking.network import CellNetwork, needed_outputs

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "networks.json").read_text())


def test_a_cifar_plan_is_three_stages_with_reductions_between():
    slots = list(Stack(2, 32))
    assert [slot.name for slot in slots] == [
        "Cell_0",
        "Cell_1",
        "Reduction_Cell_0",
        "Cell_2",
        "Cell_3",
        "Reduction_Cell_1",
        "Cell_4",
        "Cell_5",
    ]
    assert [slot.filters for slot in slots] == [32, 32, 64, 64, 64, 128, 128, 128]
    assert [slot.stride for slot in slots] == [1, 1, 2, 1, 1, 2, 1, 1]
    assert [slot.current for slot in slots] == list(range(8))
    assert [slot.previous for slot in slots] == [None, 0, 1, 2, 3, 4, 5, 6]


def test_an_imagenet_stem_has_two_reduction_cells_of_a_quarter_and_a_half():
    slots = list(Stack(4, 54, stem="imagenet"))
    assert [(slot.name, slot.kind, slot.filters) for slot in slots[:3]] == [
        ("Cell_Stem_0", "reduction", 13),  # 13.5, rounded down
        ("Cell_Stem_1", "reduction", 27),
        ("Cell_0", "normal", 54),
    ]
    assert [slot.previous for slot in slots[:3]] == [None, 0, 1]


def test_skipping_changes_the_cell_behind_a_reduction_alone():
    for stem in ("cifar", "imagenet"):
        plain, skipping = (Stack(2, 8, None, skip, stem) for skip in (False, True))
        changed = {
            slot.name: (slot.current - slot.previous, other.current - other.previous)
            for slot, other in zip(plain, skipping, strict=True)
            if slot != other
        }
        assert changed == {"Cell_2": (1, 2), "Cell_4": (1, 2)}


def test_without_extra_reductions_the_first_cell_of_a_stage_strides():
    slots = list(Stack(3, 8, extra_reductions=False))
    assert [slot.name for slot in slots] == [f"Cell_{i}" for i in range(9)]
    assert [i for i, slot in enumerate(slots) if slot.stride == 2] == [3, 6]
    assert {slot.kind for slot in slots if slot.stride == 2} == {"reduction"}


def test_a_darts_stem_is_both_inputs_of_the_first_cell():
    first, second = list(Stack(4, 48, stem="darts-imagenet", conventions="darts"))[:2]
    assert (first.previous, first.current) == (0, 1)
    assert (second.previous, second.current) == (1, 2)
    assert next(iter(Stack(6, 36, conventions="darts"))).previous == 0
    assert next(iter(Stack(6, 36))).previous is None


@pytest.mark.parametrize(
    ("preset", "cells", "keeps"),
    [
        # (cell, share of the steps done, probability of keeping a path), final keep 0.6 and 0.7
        ("cifar", 20, [(0, 1.0, 0.98), (9, 0.5, 0.90), (9, 1.0, 0.80), (19, 1.0, 0.60)]),
        ("imagenet-large", 22, [(0, 0.5, 0.9932), (10, 1.0, 0.85), (21, 1.0, 0.70)]),
        ("imagenet-mobile", 16, []),
        ("pnasnet-large", 14, []),
        ("pnasnet-mobile", 11, []),
        ("darts-v2-cifar", 20, []),
        ("darts-v2-imagenet", 14, []),
        ("enas-cifar", 17, []),
    ],
)
def test_depth_is_the_reference_codes_layer_ratio(preset, cells, keeps):
    slots = list(PRESETS[preset].stack)
    assert len(slots) == cells
    assert [slot.depth for slot in slots] == [(i + 1) / cells for i in range(cells)]
    final = {"cifar": 0.6, "imagenet-large": 0.7}
    for cell, done, keep in keeps:
        ratio = 1 - slots[cell].depth * (1 - final[preset])
        assert 1 - done * (1 - ratio) == pytest.approx(keep, abs=5e-5)


@pytest.mark.parametrize(
    ("preset", "under"),
    [
        ("cifar", "Cell_11"),
        ("imagenet-mobile", "Cell_7"),
        ("imagenet-large", "Cell_11"),
        ("pnasnet-large", "Cell_7"),
        ("pnasnet-mobile", "Cell_5"),
        ("darts-v2-cifar", "Reduction_Cell_1"),
        ("darts-v2-imagenet", "Reduction_Cell_1"),
    ],
)
def test_the_auxiliary_head_stands_two_thirds_of_the_way_up(preset, under):
    stack = PRESETS[preset].stack
    assert list(stack)[stack.aux_output - stack.stem_outputs].name == under


@pytest.mark.parametrize(
    ("repeats", "penultimate", "genotype", "filters"),
    [
        (6, 768, NASNET_A, 32),
        (4, 1056, NASNET_A, 44),
        (6, 4032, NASNET_A, 168),
        (6, 640, NASNET_A_STRICT, 32),
        (4, 4320, PNASNET_5, 216),
    ],
)
def test_a_plan_from_penultimate_filters(repeats, penultimate, genotype, filters):
    stack = Stack.from_penultimate(repeats, penultimate, genotype)
    assert (stack.repeats, stack.filters) == (repeats, filters)
    _, ends = network_cost(CellNetwork(genotype, stack, (32, 32, 3), 10))
    assert ends["global_pool"].channels == penultimate


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Stack(0), "repeats is 0, expected a whole number from 1"),
        (lambda: Stack(1, 2.5), "filters is 2.5, expected a whole number from 1"),
        (lambda: Stack(1, True), "filters is True, expected a whole number from 1"),
        (lambda: Stack(1, 8, 0), "stem_filters is 0, expected a whole number from 1"),
        (lambda: Stack(1, 3, stem="imagenet"), "filters is 3, expected a whole number from 4"),
        (lambda: Stack(1, 3, stem="wide"), "stem is 'wide', expected one of: cifar, imagenet"),
        (
            lambda: Stack(conventions="slim"),
            "conventions is 'slim', expected one of: nasnet, keras",
        ),
        (
            lambda: Stack(skip_reduction_input=True, extra_reductions=False),
            "skip_reduction_input is True, expected False without extra reduction cells",
        ),
        (
            lambda: Stack.from_penultimate(5, 1538, NASNET_A),
            "penultimate filters is 1538, expected a multiple of 24 for this cell, such as 1536 or",
        ),
        (
            lambda: Stack.from_penultimate(5, 7, NASNET_A),
            "filters is 7, expected a multiple of 24 for this cell, such as 24 or 48",
        ),
    ],
)
def test_bad_plans_are_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()


@pytest.mark.parametrize("name", PRESETS)
def test_presets_follow_the_conventions_of_their_cells(name):
    preset = PRESETS[name]
    assert preset.stack.conventions == ZOO[preset.cell].conventions
    cost, ends = network_cost(
        CellNetwork(preset.genotype, preset.stack, preset.input_shape, preset.classes)
    )
    assert cost.total_parameters > 1e6
    assert ends["Logits"].channels == preset.classes


def test_presets_are_the_golden_networks():
    """Every preset is a golden row; those with odd widths are counted there as Keras' port does."""
    plans = {
        (row["cell"], Stack(**row["stack"]), row["size"], row["classes"]) for row in GOLDEN["rows"]
    }
    for name, preset in PRESETS.items():
        stacks = [preset.stack, dataclasses.replace(preset.stack, conventions="keras")]
        explicit = [
            dataclasses.replace(stack, stem_filters=stem)
            for stack in stacks
            for stem in (None, stack.stem_width)
        ]
        found = {(preset.cell, stack, preset.size, preset.classes) for stack in explicit}
        assert found & plans, name


def test_an_odd_width_loses_no_channel_in_the_released_code():
    """pnasnet_test.py: there is no 1x1 convolution behind the pooling of the older input."""
    preset = PRESETS["pnasnet-mobile"]
    for conventions, there in (("nasnet", False), ("keras", True)):
        stack = dataclasses.replace(preset.stack, conventions=conventions)
        cost, _ = network_cost(
            CellNetwork(preset.genotype, stack, preset.input_shape, preset.classes)
        )
        layers = set(cost.layer_mult_adds)
        assert ("cell_stem_1_block_0_b_conv" in layers) is there


def test_nothing_is_needed_that_no_classifier_reads():
    stack = Stack(2, 8, stem="darts-imagenet")
    assert needed_outputs(NASNET_A, stack) == set(range(10))
    assert set(CONVENTIONS) == {"nasnet", "keras", "darts", "enas"}
