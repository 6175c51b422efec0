"""Networks as source code: what it builds has our layers, our weights and our outputs."""

import ast
import dataclasses
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from nasnet.cells import (
    LAYER_ZOO,
    NASNET_A,
    OPERATIONS,
    PNASNET_5,
    ZOO,
    Block,
    Cell,
    Genotype,
    network_cost,
)
from nasnet.cells.layers.macro import Macro
from nasnet.cells.spaces.nasbench201 import NASBench201Cell
from nasnet.runtime.loading import run_file
from nasnet.stacking import FlatLayout, FlatTensors, Recipe, Stack, build_network
from nasnet.stacking.layer_network import LayerNetwork
from nasnet.stacking.macro_network import MacroNetwork
from nasnet.stacking.nasbench201 import NASBench201Network
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.presets import PRESETS
from nasnet.stacking.source.keras_code import keras_code
from nasnet.stacking.source.torch_code import torch_code, torch_weights
from nasnet.stacking.source.trace import Trace
from tests.keras_networks import randomise
from tests.strategies import random_genotypes

SHAPE, CLASSES = (16, 16, 3), 5
ARCH = "|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|"
ALL = [name for name in OPERATIONS if name != "identity"]
# All operations in one network, on inputs and on inner states.
MANY = Cell(
    (
        *(Block(0, 1, name, name) for name in ALL),
        *(Block(2, 3, name, "identity", "concat") for name in ALL[::3]),
    )
)
NETWORKS = {
    name: CellNetwork(entry.genotype, Stack(1, 4, conventions=entry.conventions), SHAPE, CLASSES)
    for name, entry in ZOO.items()
}
NETWORKS |= {
    "all operations": CellNetwork(Genotype(MANY, MANY), Stack(1, 4), SHAPE, CLASSES),
    "rows of cells": CellNetwork(random_genotypes(1)[0], Stack(4, 4), (13, 16, 1), CLASSES),
    "imagenet": CellNetwork(
        NASNET_A, Stack(1, 8, stem="imagenet", skip_reduction_input=True), (72, 69, 3), CLASSES
    ),
    "zero-padded pools": CellNetwork(
        NASNET_A, Stack(2, 8, stem="imagenet", conventions="keras"), (72, 69, 3), CLASSES
    ),
    "odd width": CellNetwork(
        PNASNET_5, Stack(2, 10, stem="imagenet", extra_reductions=False), (67, 67, 3), CLASSES
    ),
    "darts": CellNetwork(
        ZOO["darts-v2"].genotype,
        Stack(1, 4, stem="darts-imagenet", conventions="darts"),
        (65, 66, 3),
        CLASSES,
    ),
    "nasbench201": NASBench201Network(NASBench201Cell.from_arch(ARCH), 2, 4, SHAPE, CLASSES),
    "macro": MacroNetwork(
        Macro(("conv_3x3", "sep_conv_5x5", "avg_pool_3x3"), ((), (0,), (0, 1)), 4), SHAPE, CLASSES
    ),
    "mnist-found-1d": LayerNetwork(LAYER_ZOO["mnist-found-1d"].architecture, (28, 28, 1), CLASSES),
    "metaqnn-1": LayerNetwork(LAYER_ZOO["metaqnn-1"].architecture, (32, 32, 3), CLASSES),
}
PUBLISHED = (
    "cifar",
    "imagenet-mobile",
    "pnasnet-mobile",
    "amoebanet-c-mobile",
    "darts-v2-imagenet",
)


def loaded(text, path, name):
    path.write_text(text)
    return run_file(path)[name]


class Layers:
    """Stands in for Keras: writes down each layer, its name, what it is given and what it reads."""

    def __init__(self):
        self.steps = []

    def __getattr__(self, kind):
        def layer(*given, name, **settings):
            def call(x):
                read = x if isinstance(x, list) else [x]
                self.steps.append((kind, name, [*given, *settings.values()], read))
                return name

            return call

        return layer


def steps_of(text):
    """The layers that a file for Keras makes: kind, name, sizes, and the names of what it reads."""
    layers = Layers()
    names = {"__name__": "network", "layers": layers}
    names["keras"] = SimpleNamespace(
        Input=lambda shape, name: name,
        Model=lambda *given, name: None,
        initializers=SimpleNamespace(VarianceScaling=lambda *given: "initial"),
    )
    body = [n for n in ast.parse(text).body if not isinstance(n, (ast.Import, ast.ImportFrom))]
    exec(compile(ast.Module(body, []), "network.py", "exec"), names)
    names["build"]()
    return layers.steps


KINDS = {
    "ReLU": "relu",
    "Conv2D": "conv",
    "SeparableConv2D": "sep_conv",
    "BatchNormalization": "bn",
    "MaxPooling2D": "max_pool",
    "AveragePooling2D": "avg_pool",
    "ZeroPadding2D": "pad",
    "Cropping2D": "crop",
    "Reshape": "reshape",
    "Rescaling": "zeros",
    "Add": "add",
    "Concatenate": "concat",
    "GlobalAveragePooling2D": "global_pool",
    "Dense": "dense",
}
SIZES = {
    "conv": ("filters", "kernel", "strides", "padding", "dilation", "bias"),
    "sep_conv": ("filters", "kernel", "strides", "padding", "dilation"),
    "max_pool": ("size", "strides", "padding"),
    "avg_pool": ("size", "strides", "padding"),
    "pad": ("pads",),
    "reshape": ("sizes",),
    "dense": ("filters",),
}


@pytest.mark.parametrize("name", [*NETWORKS, *PUBLISHED])
def test_code_for_keras_makes_each_layer_that_the_network_is_built_of(name):
    network = NETWORKS[name] if name in NETWORKS else PRESETS[name].network
    trace = Trace(network)
    names = {step.output: step.name for step in trace.whole.steps} | {trace.image: "image"}
    *steps, last = steps_of(keras_code(network))
    assert last == ("Activation", "predictions", ["softmax"], ["logits_dense"])
    expected = [
        (
            step.kind,
            step.name,
            [step.settings.get(key, "same") for key in SIZES.get(step.kind, ())],
            [names[value] for value in step.inputs],
        )
        for step in trace.whole.steps
    ]
    found = [
        (KINDS[kind], layer, given[: len(SIZES.get(KINDS[kind], ()))], read)
        for kind, layer, given, read in steps
    ]
    assert found == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_code_for_pytorch_gives_our_logits(name, rng, tmp_path):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: make test SLOW=1")
    network = NETWORKS[name]
    layout = FlatLayout(network_cost(network)[0].parameters)
    arrays = layout.unpack(*layout.initial(0))
    for path, array in arrays.items():  # running statistics, offsets and scales, too
        if array.ndim == 1:
            arrays[path] = array + rng.uniform(0, 0.3, array.shape).astype(np.float32)
    tensors = layout.tensors(*map(tf.constant, layout.pack(arrays)))
    images = rng.normal(size=(2, *network.input_shape)).astype(np.float32)
    ours = FlatTensors(tensors, training=False, epsilon=1e-5)
    logits = network.build(ours, tf.constant(images))["Logits"].numpy()
    module = loaded(torch_code(network), tmp_path / "network.py", "Network")().eval()
    weights = torch_weights(network, arrays)
    module.load_state_dict({key: torch.from_numpy(array) for key, array in weights.items()})
    with torch.no_grad():
        found = module(torch.from_numpy(images.transpose(0, 3, 1, 2))).numpy()
    assert logits.std() > 0
    np.testing.assert_allclose(found, logits, atol=1e-4 * np.abs(logits).max())


@pytest.mark.slow
def test_weights_of_ours_load_into_the_file_without_this_toolkit(rng, tmp_path):
    """In a Python that finds Keras and not us."""
    cell = Cell((Block(0, 1, "max_pool_3x3", "sep_conv_3x3"),))
    network = CellNetwork(Genotype(cell, cell), Stack(1, 4), (8, 8, 3), CLASSES)
    recipe = Recipe(batch_norm_epsilon=1e-3, batch_norm_momentum=0.99)
    model = build_network(network, recipe)
    randomise(model, rng)
    images = rng.normal(size=(3, *network.input_shape)).astype(np.float32)
    model.save_weights(tmp_path / "ours.weights.h5")
    np.save(tmp_path / "images.npy", images)
    (tmp_path / "network.py").write_text(keras_code(network, recipe))
    code = (
        "import sys; sys.path = ['.', *(p for p in sys.path if 'src' not in p and p != '')]\n"
        "import numpy, network\nmodel = network.build()\n"
        "assert not [name for name in sys.modules if name.startswith('nasnet')]\n"
        "model.load_weights('ours.weights.h5')\n"
        "numpy.save('found.npy', model(numpy.load('images.npy')))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
    found = np.load(tmp_path / "found.npy")
    np.testing.assert_allclose(found, model(images), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("write", [keras_code, torch_code])
def test_published_networks_are_short_files(write, name):
    """Functions and loops: a network of 20 cells is no longer than one of 6."""
    network = PRESETS[name].network
    text = write(network)
    assert len(text.splitlines()) < 500
    assert max(map(len, text.splitlines())) <= 100
    tree = ast.parse(text)
    names = [n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    assert len(set(names)) == len(names)
    longer = dataclasses.replace(network.stack, repeats=network.stack.repeats + 5)
    more = write(dataclasses.replace(network, stack=longer)).splitlines()
    assert len(more) <= len(text.splitlines()) + 15


def test_what_repeats_is_written_once():
    text = keras_code(PRESETS["cifar"].network)
    assert re.findall(r"^def (\w+)\(.*", text, re.MULTILINE) == [
        "initial",
        "conv",
        "separable_conv",
        "batch_norm",
        "relu_conv_bn",
        "sep_conv_5x5",
        "sep_conv_3x3",
        "avg_pool_3x3",
        "identity",
        "avg_pool_3x3_b",
        "sep_conv_7x7",
        "max_pool_3x3",
        "factorized_reduction",
        "normal_cell_b",
        "normal_cell",
        "reduction_cell",
        "build",
    ]
    assert text.count("for i in range(") == 3
    assert "3,346,538 trainable parameters, 544,333,312 multiply-adds." in text
    row = 'older, newer = newer, normal_cell(older, newer, 64, relu_conv_bn, f"cell_{i}")'
    assert row in text


@pytest.mark.parametrize("write", [keras_code, torch_code])
def test_a_title_stays_a_title(write):
    title = 'a"""\nimport os\\'
    tree = ast.parse(write(NETWORKS["enas"], title=title))
    assert ast.get_docstring(tree).startswith("a''' import os/\n")


def test_a_network_without_a_classifier_has_no_code():
    network = dataclasses.replace(NETWORKS["enas"], classes=None)
    for write in (keras_code, torch_code):
        with pytest.raises(ValueError, match=r"^classes is None, expected a network with a classi"):
            write(network)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda w: w | {"x_conv/kernel": np.zeros(1)}, "weight x_conv/kernel is unknown, expected"),
        (
            lambda w: w | {"stem_bn/beta": np.zeros(3)},
            r"stem_bn/beta has shape \(3,\), expected \(12",
        ),
        (
            lambda w: {k: v for k, v in w.items() if "stem_c" not in k},
            "stem_conv/kernel is missing",
        ),
    ],
)
def test_weights_of_another_network_are_refused(change, text):
    network = NETWORKS["enas"]
    weights = {p.path: np.zeros(p.shape) for p in network_cost(network)[0].parameters}
    with pytest.raises(ValueError, match=text):
        torch_weights(network, change(weights))
