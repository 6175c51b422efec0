"""Saved networks of any kind as functions from images to outputs."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from nasnet.runtime.errors import one_line
from nasnet.runtime.libraries import MissingLibraryError, need

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Runner:
    """A network that is ready to classify.

    Attributes:
        input_shape: height, width and channels of its images.
        call: from what it takes, [N, H, W, C] float32, to outputs [N, classes] float32.
        takes_pixels: whether it takes pixels from 0 to 255; else values from -1 to 1.
    """

    input_shape: tuple[int, int, int]
    call: Callable[[np.ndarray], np.ndarray]
    takes_pixels: bool

    def __call__(self, pixels: np.ndarray, batch_size: int = 32) -> np.ndarray:
        """The outputs for any number of images [N, H, W, C] in 0..255, batch by batch."""
        parts = [
            np.asarray(self.call(self.given(pixels[i : i + batch_size])))
            for i in range(0, len(pixels), batch_size)
        ]
        return np.concatenate(parts)

    def given(self, pixels: np.ndarray) -> np.ndarray:
        """What the network takes of images [N, H, W, C] in 0..255."""
        values = np.ascontiguousarray(pixels, np.float32)
        return values if self.takes_pixels else values * np.float32(1 / 127.5) - 1


def load_runner(path: Path) -> Runner:
    """Loads a .keras, .onnx or .tflite file or the folder of a SavedModel.

    Raises:
        ValueError: it is none of these, cannot be loaded, or does not take images of one size.
        MissingLibraryError: the library that runs it is not installed.
    """
    if path.is_dir() and (path / "saved_model.pb").is_file():
        return _guarded(_load_saved_model, path)
    if path.is_file() and path.suffix in _LOADERS:
        return _guarded(_LOADERS[path.suffix], path)
    raise ValueError(
        f"model is {str(path)!r}, expected a .keras, .onnx or .tflite file or the folder of "
        "a SavedModel"
    )


def _guarded(load: Callable[[Path], T], path: Path) -> T:
    """What `load` makes of a file; each library raises what it likes on a damaged one."""
    try:
        return load(path)
    except MissingLibraryError:
        raise
    except Exception as error:
        reason = one_line(error)[:300]
        raise ValueError(f"{path} cannot be loaded, expected a whole network: {reason}") from None


def load_keras(path: Path) -> tuple[Any, Runner]:
    """A Keras model for inference, in float32 and with nothing dropped, and as a runner.

    Raises:
        ValueError: it cannot be loaded, or does not take images of one size.
    """
    return _guarded(_load_keras, path)


def run_keras(model: Any) -> Runner:
    """A Keras model as a runner; of several outputs the first one counts."""
    import tensorflow as tf

    from nasnet.stacking.keras.pixels import takes_pixels

    def first_output(images: Any) -> Any:
        outputs = model(images, training=False)
        return tf.nest.flatten(outputs)[0]

    call = tf.function(first_output, reduce_retracing=True)
    shape = _image_shape(model.input_shape)
    return Runner(shape, lambda images: call(tf.constant(images)).numpy(), takes_pixels(model))


def _load_keras(path: Path) -> tuple[Any, Runner]:
    import keras

    from nasnet.stacking.keras.drop_path import DropPath, strip_drop_path
    from nasnet.stacking.keras.pixels import in_float32

    model = keras.models.load_model(path, compile=False)
    for_training = isinstance(model.output, dict) or any(
        isinstance(layer, DropPath) for layer in model.layers
    )
    model = in_float32(strip_drop_path(model) if for_training else model)
    return model, run_keras(model)


def _load_saved_model(path: Path) -> Runner:
    import tensorflow as tf

    served = tf.saved_model.load(str(path))
    signature = served.signatures["serving_default"]
    (name,) = signature.structured_input_signature[1]
    shape = _image_shape(signature.structured_input_signature[1][name].shape)

    def call(images: np.ndarray) -> np.ndarray:
        # `served` stays alive with this function, as its variables must.
        outputs = served.signatures["serving_default"](**{name: tf.constant(images)})
        return next(iter(outputs.values())).numpy()

    return Runner(shape, call, _is_pixels(name))


def _load_onnx(path: Path) -> Runner:
    runtime = need("onnxruntime", "onnxruntime", f"run {path.name}")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return Runner(
        _image_shape(given.shape),
        lambda images: session.run(None, {given.name: images})[0],
        _is_pixels(given.name),
    )


def _load_litert(path: Path) -> Runner:
    library = need("ai_edge_litert.interpreter", "ai-edge-litert", f"run {path.name}")
    interpreter = library.Interpreter(str(path))
    (given,) = interpreter.get_input_details()
    (output,) = interpreter.get_output_details()
    if given["dtype"] != np.float32:
        raise ValueError(f"its input is {given['dtype'].__name__}, expected float32")

    def call(images: np.ndarray) -> np.ndarray:
        if tuple(interpreter.get_input_details()[0]["shape"]) != images.shape:
            interpreter.resize_tensor_input(given["index"], images.shape)
            interpreter.allocate_tensors()
        interpreter.set_tensor(given["index"], images)
        interpreter.invoke()
        return interpreter.get_tensor(output["index"])

    interpreter.allocate_tensors()
    return Runner(_image_shape(given["shape"]), call, _is_pixels(given["name"]))


_LOADERS: Mapping[str, Callable[[Path], Runner]] = MappingProxyType(
    {
        ".keras": lambda path: _load_keras(path)[1],
        ".onnx": _load_onnx,
        ".tflite": _load_litert,
    }
)


def _is_pixels(name: str) -> bool:
    """Whether an input is called as that of an exported network that takes pixels."""
    return re.fullmatch(r"(serving_default_)?pixels(:0)?", name) is not None


def _image_shape(shape: Any) -> tuple[int, int, int]:
    """Height, width and channels of an input [N, H, W, C]."""
    try:
        height, width, channels = (int(length) for length in tuple(shape)[1:])
    except (TypeError, ValueError):
        raise ValueError(f"its input is {shape}, expected images of one size") from None
    return height, width, channels
