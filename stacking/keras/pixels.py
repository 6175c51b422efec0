"""The rescaling of pixels as a layer inside, so that a saved network needs nobody to know of it.

The networks of this toolkit calculate with values from -1 to 1. A Keras network whose first layer
is a `Rescaling` takes pixels from 0 to 255; any other one takes values from -1 to 1.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

NAME = "pixels"  # of the input; exports of other formats keep it, and are known by it
_MOST = 0.1  # the factor of a layer that takes 0..255; one that takes 0..1 has a larger one


def pixel_input(shape: tuple[int, int, int]) -> tuple[Any, Any]:
    """A symbolic input of pixels, [N, H, W, C] in 0..255, and the same in -1..1."""
    pixels = keras.Input(shape, name=NAME)
    # Half precision has too few digits for pixels.
    dtype = keras.config.dtype_policy().variable_dtype
    return pixels, keras.layers.Rescaling(1 / 127.5, -1.0, dtype=dtype, name="rescaling")(pixels)


def takes_pixels(model: keras.Model) -> bool:
    """Whether a model's images are pixels from 0 to 255; else they go from -1 to 1."""
    return _rescaling(model) is not None


def from_pixels(model: keras.Model) -> keras.Model:
    """A copy that takes pixels from 0 to 255; the model itself where it does."""
    if takes_pixels(model):
        return model
    pixels, rescaled = pixel_input(model.input_shape[1:])

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        given = keras.tree.map_structure(lambda x: rescaled if x is pixels else x, args)
        return layer(*given, **kwargs)

    return _copy(model, pixels, call)


def without_rescaling(model: keras.Model) -> keras.Model:
    """A copy that takes values from -1 to 1; the model itself where it does.

    Raises:
        ValueError: it rescales in another way, or within another model.
    """
    found = _rescaling(model)
    if found is None:
        return model
    if not (np.allclose(found.scale, 1 / 127.5) and np.allclose(found.offset, -1)):
        raise ValueError(
            f"layer {found.name} multiplies by {found.scale} and adds {found.offset}, expected "
            "1/127.5 and -1 to leave it out"
        )
    if found not in model.layers:
        raise ValueError(f"layer {found.name} is within another model, expected it to be the first")
    image = keras.Input(model.input_shape[1:], name="image")

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        return args[0] if layer.name == found.name else layer(*args, **kwargs)

    return _copy(model, image, call)


def in_float32(model: keras.Model) -> keras.Model:
    """A copy that calculates in float32; the model itself where it does.

    Formats for elsewhere have no operations for half precision, or slow ones.
    """
    layers = [*model._flatten_layers(include_self=False)]
    if {layer.compute_dtype for layer in layers} <= {"float32", None}:
        return model
    copy = type(model).from_config(_with_float32(model.get_config()))
    copy.set_weights([weight.astype(np.float32) for weight in model.get_weights()])
    return copy


def _with_float32(config: Any) -> Any:
    """What Keras describes a model by, each type of a layer replaced."""
    if isinstance(config, list | tuple):
        return type(config)(_with_float32(item) for item in config)
    if isinstance(config, dict):
        changed = {key: _with_float32(value) for key, value in config.items()}
        return changed | ({"dtype": "float32"} if "dtype" in changed else {})
    return config


def _rescaling(model: keras.Model) -> keras.layers.Rescaling | None:
    """The layer that rescales pixels: the first one behind the input, in a first model as well."""
    first = next(
        (layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)), None
    )
    if isinstance(first, keras.Model):
        return _rescaling(first)
    if isinstance(first, keras.layers.Rescaling) and 0 < np.max(first.scale) < _MOST:
        return first
    return None


def _copy(model: keras.Model, image: Any, call: Callable[..., Any]) -> keras.Model:
    """A copy with its own weights upon another input, each layer called by `call`."""
    graph = model
    if isinstance(model, keras.Sequential):  # has layers, but no graph of its own
        graph = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    inputs = keras.tree.map_structure(lambda _: image, graph.input)
    copy = keras.models.clone_model(graph, input_tensors=inputs, call_function=call)
    copy.set_weights(model.get_weights())
    return copy
