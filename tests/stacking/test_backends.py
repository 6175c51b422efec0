"""Networks that leave: other Keras backends, SavedModel, ONNX, LiteRT, in equal numbers."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nasnet.stacking import Stack, build_network
from nasnet.stacking.network import CellNetwork
from tests.strategies import TWO_BLOCKS, WITHOUT_STRIDED_AVERAGES

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
SHAPE, CLASSES = (32, 32, 3), 10
ELSEWHERE = """
import sys
import keras, numpy as np
from nasnet.stacking import CellNetwork, Stack, build_network, end_points
from tests import strategies

assert keras.backend.backend() == sys.argv[1], keras.backend.backend()
network = CellNetwork(strategies.TWO_BLOCKS, Stack(1, 4), (32, 32, 3), 10)
model = build_network(network, seed=0)
assert tuple(end_points(model)["Cell_2"].shape) == (None, 8, 8, 32)
assert not [name for name in sys.modules if name.startswith("nasnet.stacking.flat")]
loaded = keras.models.load_model(sys.argv[2])
# Compiled as a whole: JAX would compile every operation by itself else, which takes minutes.
np.save(sys.argv[4], loaded.predict_on_batch(np.load(sys.argv[3])))
"""


def need(*packages):
    """Skips the test where a package of the extras `backends` or `export` is not installed."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: make test SLOW=1 installs it")


def make(genotype):
    """A small network with batch statistics that are not those of a fresh one."""
    model = build_network(CellNetwork(genotype, Stack(1, 4), SHAPE, CLASSES), seed=0)
    rng = np.random.default_rng(0)
    for variable in model.weights:
        if variable.path.endswith(("gamma", "moving_variance")):
            variable.assign(1 + 0.2 * np.abs(rng.normal(size=variable.shape)))
        elif len(variable.shape) == 1:
            variable.assign(0.1 * rng.normal(size=variable.shape))
    return model


@pytest.fixture(scope="module")
def network():
    return make(TWO_BLOCKS)


@pytest.fixture
def images(rng):
    return rng.uniform(-1, 1, size=(2, *SHAPE)).astype(np.float32)


@pytest.mark.parametrize(
    ("backend", "genotype"), [("jax", TWO_BLOCKS), ("torch", WITHOUT_STRIDED_AVERAGES)]
)
def test_networks_are_built_loaded_and_run_elsewhere(backend, genotype, images, tmp_path):
    need(backend)
    network = make(genotype)
    network.save(tmp_path / "model.keras")
    np.save(tmp_path / "images.npy", images)
    files = [tmp_path / name for name in ("model.keras", "images.npy", "outputs.npy")]
    result = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, backend, *map(str, files)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
    )
    assert result.returncode == 0, result.stderr[-2000:]
    expected = network(images).numpy()
    assert expected.std() > 0.1  # far from a guess, so that a difference shows
    np.testing.assert_allclose(np.load(files[2]), expected, atol=1e-4)


def test_saved_model(network, images, tmp_path):
    import tensorflow as tf

    network.export(tmp_path / "saved", format="tf_saved_model", verbose=False)
    served = tf.saved_model.load(tmp_path / "saved")
    np.testing.assert_allclose(served.serve(images), network(images).numpy(), atol=1e-5)


def test_onnx(network, images, tmp_path):
    need("tf2onnx", "onnx", "onnxruntime")
    import onnxruntime

    network.export(tmp_path / "model.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(
        tmp_path / "model.onnx", providers=["CPUExecutionProvider"]
    )
    (output,) = session.run(None, {session.get_inputs()[0].name: images})
    np.testing.assert_allclose(output, network(images).numpy(), atol=1e-5)


def test_litert(network, images, tmp_path):
    need("ai_edge_litert")
    from ai_edge_litert.interpreter import Interpreter

    network.export(tmp_path / "model.tflite", format="litert", verbose=False)
    interpreter = Interpreter(str(tmp_path / "model.tflite"))
    index = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(index, images.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(index, images)
    interpreter.invoke()
    output = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(output, network(images).numpy(), atol=1e-5)
