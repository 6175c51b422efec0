"""The published networks as a Keras user meets them: arguments, outputs, end points, files."""

import inspect
import math
from urllib.error import URLError

import keras
import numpy as np
import pytest

from nasnet.cells import ZOO, network_cost
from nasnet.stacking import PRESETS, Preset, Recipe, Stack, end_points
from nasnet.stacking.keras import applications
from nasnet.stacking.keras.applications import Application, NASNetCIFAR, NASNetMobile
from nasnet.stacking.keras.backend import KerasLayers, build_network
from nasnet.stacking.network import CellNetwork
from tests.strategies import TWO_BLOCKS

SHAPE = (64, 64, 3)


class TinyPreset(Preset):
    """One of cells of two blocks."""

    genotype = TWO_BLOCKS


@pytest.fixture
def tiny(monkeypatch):
    """An application with an ImageNet stem that builds in a second."""
    preset = TinyPreset("tiny", Stack(1, 8, 8, stem="imagenet"), 64, 10)
    monkeypatch.setattr(applications, "PRESETS", {"tiny": preset})
    return Application("tiny", "tiny")


@pytest.fixture(scope="module")
def mobile():
    """Its layers and shapes; no weights are drawn."""
    with keras.StatelessScope():
        return NASNetMobile()


@pytest.fixture(scope="module")
def cifar():
    """Its layers and shapes; no weights are drawn."""
    with keras.StatelessScope():
        return NASNetCIFAR()


def images(rng, shape=SHAPE, count=2):
    return rng.uniform(-1, 1, size=(count, *shape)).astype(np.float32)


def test_the_arguments_are_those_of_keras():
    theirs = inspect.signature(keras.applications.NASNetMobile).parameters
    ours = list(inspect.signature(NASNetMobile).parameters)
    assert ours[: len(theirs)] == list(theirs)
    assert ours[len(theirs) :] == ["batch_norm_momentum", "batch_norm_epsilon", "prefix"]


def test_published_sizes(mobile, cifar):
    assert mobile.count_params() == 5_326_716
    assert (mobile.name, mobile.input_shape) == ("nasnet_mobile", (None, 224, 224, 3))
    assert cifar.count_params() == 3_383_786
    assert (cifar.name, cifar.output_shape) == ("nasnet_cifar", (None, 10))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["PNASNet5Mobile", "PNASNet5", "AmoebaNetAMobile"])
def test_the_others_are_their_presets(name):
    application = getattr(applications, name)
    preset = PRESETS[application.preset]
    cost, _ = network_cost(CellNetwork(preset.genotype, preset.stack, preset.input_shape, 1000))
    with keras.StatelessScope():
        model = application()
    assert model.count_params() == sum(p.size for p in cost.parameters)


@pytest.mark.slow
def test_the_darts_network_has_its_published_size():
    with keras.StatelessScope():
        model = applications.DARTSNet((224, 224, 3))
    assert sum(math.prod(v.shape) for v in model.trainable_variables) == 4_718_752


def test_end_points_of_mobile(mobile):
    shapes = {name: tuple(end.shape[1:]) for name, end in end_points(mobile).items()}
    assert [*shapes][:3] == ["Cell_Stem_0", "Cell_Stem_1", "Stem"]
    expected = {"Stem": (28, 28, 88), "Cell_Stem_0": (56, 56, 44), "Cell_Stem_1": (28, 28, 88)}
    expected |= {f"Cell_{i}": (28, 28, 264) for i in range(4)}
    expected |= {f"Cell_{i}": (14, 14, 528) for i in range(4, 8)}
    expected |= {f"Cell_{i}": (7, 7, 1056) for i in range(8, 12)}
    expected |= {"Reduction_Cell_0": (14, 14, 352), "Reduction_Cell_1": (7, 7, 704)}
    expected |= {"global_pool": (1056,), "Logits": (1000,), "Predictions": (1000,)}
    assert shapes == expected


def test_end_points_of_cifar(cifar):
    shapes = {name: tuple(end.shape[1:]) for name, end in end_points(cifar).items()}
    expected = {"Stem": (32, 32, 96)}
    expected |= {f"Cell_{i}": (32, 32, 192) for i in range(6)}
    expected |= {"Reduction_Cell_0": (16, 16, 256)}
    expected |= {f"Cell_{i}": (16, 16, 384) for i in range(6, 12)}
    expected |= {"Reduction_Cell_1": (8, 8, 512)}
    expected |= {f"Cell_{i}": (8, 8, 768) for i in range(12, 18)}
    expected |= {"global_pool": (768,), "Logits": (10,), "Predictions": (10,)}
    assert shapes == expected
    assert [*shapes] == [*expected]


@pytest.mark.parametrize("cell", ZOO)
def test_end_points_are_what_was_assembled(cell):
    stack = Stack(1, 8, conventions=ZOO[cell].conventions)
    image = keras.Input((32, 32, 3))
    ends = CellNetwork(ZOO[cell].genotype, stack, image.shape[1:], 10).build(
        KerasLayers(), image, aux_head=True
    )
    model = keras.Model(image, [ends["Logits"], ends["AuxLogits"]])
    found = end_points(model)
    assert found.keys() == ends.keys()
    assert [name for name in ends if found[name] is not ends[name]] == []


@pytest.mark.slow
def test_a_loaded_model_has_end_points_and_equal_outputs(tiny, tmp_path, rng):
    model = tiny()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    x = images(rng)
    np.testing.assert_array_equal(loaded(x).numpy(), model(x).numpy())
    backbones = [keras.Model(m.input, end_points(m)["Reduction_Cell_0"]) for m in (model, loaded)]
    first, second = (backbone(x).numpy() for backbone in backbones)
    assert first.shape == (2, 4, 4, 32)
    np.testing.assert_array_equal(first, second)
    assert list(end_points(backbones[1]))[-1] == "Reduction_Cell_0"


def test_another_model_has_no_end_points():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)], name="other")
    with pytest.raises(ValueError, match="model other has no cells, expected a network of this"):
        end_points(model)


@pytest.mark.slow
def test_without_the_classifier(tiny, rng):
    x = images(rng)
    full = tiny(include_top=False)
    assert full.output_shape == (None, 2, 2, 64)
    features = full(x).numpy()
    assert features.min() == 0, "a ReLU stands before the pool, as in Keras' network"
    for pooling, reduce in (("avg", np.mean), ("max", np.max)):
        model = tiny(include_top=False, pooling=pooling)
        model.set_weights(full.get_weights())
        np.testing.assert_allclose(model(x).numpy(), reduce(features, (1, 2)), rtol=1e-5)


@pytest.mark.parametrize("shape", [(33, 47, 3), (50, 35, 1), (97, 64, 4)])
def test_any_input_size(tiny, shape, rng):
    model = tiny(shape, classes=7, classifier_activation=None, name="mine")
    assert (model.name, model.layers[-1].name) == ("mine", "logits_dense")
    assert model(images(rng, shape)).shape == (2, 7)
    preset = applications.PRESETS["tiny"]
    _, shapes = network_cost(CellNetwork(preset.genotype, preset.stack, shape, 7))
    for name, end in end_points(model).items():
        ours = shapes[name]
        flat = (ours.channels,)
        assert tuple(end.shape[1:]) in (flat, (ours.height, ours.width, ours.channels))


@pytest.mark.slow
def test_on_top_of_a_tensor(tiny, rng):
    pixels = keras.Input(SHAPE, dtype="uint8")
    model = tiny(input_tensor=keras.layers.Rescaling(1 / 127.5, -1)(pixels))
    plain = tiny(input_tensor=keras.Input(SHAPE))
    plain.set_weights(model.get_weights())
    x = rng.integers(0, 256, (2, *SHAPE)).astype(np.uint8)
    expected = plain(applications.preprocess_input(x)).numpy()
    np.testing.assert_allclose(model(x).numpy(), expected, atol=1e-6)
    assert "Cell_0" in end_points(model)


def test_mixed_precision_keeps_probabilities_in_full(tiny, rng):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = tiny()
    finally:
        keras.config.set_dtype_policy("float32")
    assert {layer.compute_dtype for layer in model.layers if layer.weights} == {"float16"}
    predictions = model(images(rng))
    assert predictions.dtype == "float32"
    assert np.isfinite(predictions).all()
    np.testing.assert_allclose(predictions.numpy().sum(-1), 1, atol=1e-5)


def test_one_relu_serves_all_who_read_a_state(cifar):
    read = [layer.input for layer in cifar.layers if isinstance(layer, keras.layers.ReLU)]
    assert len(read) == len({id(x) for x in read})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_shape": (None, None, 3)}, r"input shape is \(None, None, 3\), expected height"),
        ({"input_shape": (64, 64)}, r"input shape is \(64, 64\), expected height"),
        ({"pooling": "sum"}, "pooling is 'sum', expected None, 'avg' or 'max'"),
        ({"classes": 0}, "classes is 0, expected at least 1"),
        ({"weights": "nowhere.h5"}, "weights is 'nowhere.h5', expected None or a file"),
        ({"weights": "imagenet"}, "weights is 'imagenet', expected None or a file for tiny"),
        ({"input_tensor": 3}, "input tensor is a int, expected a Keras tensor"),
    ],
)
def test_wrong_arguments(tiny, arguments, message):
    with pytest.raises(ValueError, match=message):
        tiny(**arguments)


def test_a_shape_must_be_the_tensors(tiny):
    with pytest.raises(ValueError, match=r"is \(32, 32, 3\), expected the tensor's \(64, 64, 3\)"):
        tiny((32, 32, 3), input_tensor=keras.Input(SHAPE))


@pytest.mark.slow
def test_imagenet_weights_need_a_network_connection(monkeypatch, tmp_path):
    def offline(*_):
        raise URLError("no route")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", offline)
    with pytest.raises(
        ValueError, match=r"^weights imagenet of NASNetMobile cannot be .*$"
    ) as info:
        NASNetMobile(weights="imagenet")
    assert "URL fetch failure" in str(info.value)
    assert "\n" not in str(info.value)
    with pytest.raises(ValueError, match="classes is 10, expected 1000 for weights='imagenet'"):
        NASNetMobile(weights="imagenet", classes=10)
    with pytest.raises(ValueError, match="expected None, 'imagenet' or a file"):
        NASNetMobile(weights="ImageNet")


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".keras", ".weights.h5", ".h5"])
def test_files_of_ours(tiny, ending, tmp_path, rng):
    model, path = tiny(), tmp_path / f"model{ending}"
    model.save_weights(path) if ending == ".weights.h5" else model.save(path)
    x = images(rng)
    np.testing.assert_array_equal(tiny(weights=path)(x).numpy(), model(x).numpy())
    features = tiny(include_top=False, pooling="avg", weights=str(path))
    expected = keras.Model(model.input, end_points(model)["global_pool"])(x)
    np.testing.assert_allclose(features(x).numpy(), expected.numpy(), atol=1e-6)
    with pytest.raises(ValueError, match=r"kernel has shape \(64, 10\), expected \(64, 3\)"):
        tiny(weights=path, classes=3)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["net.weights.h5", "net.keras"])
def test_what_serves_training_is_left_in_the_file(name, tiny, tmp_path):
    preset = applications.PRESETS["tiny"]
    recipe = Recipe(drop_path_keep=0.7, dropout_keep=0.5, aux_weight=0.4)
    network = CellNetwork(preset.genotype, preset.stack, (128, 128, 3), 10)
    model = build_network(network, recipe, training=True)
    path = tmp_path / name
    model.save_weights(path) if name.endswith(".h5") else model.save(path)
    ours = tiny((128, 128, 3), weights=path)
    shared = {variable.path: variable for variable in model.weights}
    for variable in ours.weights:
        np.testing.assert_array_equal(variable.numpy(), shared[variable.path].numpy())


def test_files_of_others(tiny, tmp_path):
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, name="other")])
    other.save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(ValueError, match=r"weight .* is missing, expected those of the"):
        tiny(weights=tmp_path / "other.weights.h5")
    (tmp_path / "text.h5").write_text("no HDF5 at all")
    with pytest.raises(ValueError, match=r"weights file is .*text.h5, expected one that Keras sav"):
        tiny(weights=tmp_path / "text.h5")


def test_preprocessing_is_that_of_keras(rng):
    pixels = rng.integers(0, 256, (2, 8, 8, 3)).astype(np.uint8)
    before = pixels.copy()
    expected = keras.applications.nasnet.preprocess_input(pixels.astype(np.float32))
    np.testing.assert_allclose(applications.preprocess_input(pixels), expected, atol=1e-6)
    tensor = applications.preprocess_input(keras.ops.convert_to_tensor(pixels))
    np.testing.assert_allclose(tensor.numpy(), expected, atol=1e-6)
    np.testing.assert_array_equal(pixels, before)


def test_every_application_names_a_preset():
    made = [value for value in vars(applications).values() if isinstance(value, Application)]
    assert len(made) == 8
    assert all(application.preset in PRESETS for application in made)


@pytest.mark.slow
def test_after_some_steps_a_network_is_judged_as_it_was_trained(tiny, rng):
    """With the published momentum the running statistics have hardly moved by then."""
    x = images(rng, (64, 64, 3), 8)
    gaps = {}
    for momentum in (0.9, 0.9997):
        model = tiny((64, 64, 3), classifier_activation=None, batch_norm_momentum=momentum)
        for _ in range(20):
            training = keras.ops.convert_to_numpy(model(x, training=True))
        gaps[momentum] = np.abs(training - keras.ops.convert_to_numpy(model(x))).mean()
    assert 10 * gaps[0.9] < gaps[0.9997]


@pytest.mark.parametrize("name", ["momentum", "epsilon"])
def test_batch_normalization_out_of_range_is_refused(name):
    with pytest.raises(ValueError, match=f"batch_norm_{name} is 1.5, expected between 0 and 1"):
        NASNetCIFAR((32, 32, 3), **{f"batch_norm_{name}": 1.5})
