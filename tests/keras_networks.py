"""Networks of `keras.applications` as the tests of weights need them: drawn anew, and in files."""

import dataclasses
import functools
from pathlib import Path

import h5py
import keras
import numpy as np
from keras.src.applications.nasnet import NASNet
from keras.src.legacy.saving import legacy_h5_format

MOBILE_SHAPE = (67, 64, 3)  # odd and even: zero padding differs
# The weights alone as Keras 2 wrote them, and what Keras 3 writes.
FILES = ("weights-only.h5", "model.h5", "net.weights.h5", "net.keras")


def randomise(model, rng):
    """Weights that leave no layer without effect, and logits of a size near 1; by their paths."""
    for variable in model.variables:
        values = rng.normal(size=variable.shape)
        if variable.path.endswith(("gamma", "moving_variance")):
            values = 1 + 0.2 * np.abs(values)
        elif len(variable.shape) == 1:
            values *= 0.1
        else:
            values /= np.sqrt(np.prod(variable.shape[:-1]))
        variable.assign(values)
    return {variable.path: variable.numpy() for variable in model.variables}


def save(model, path):
    """Saves in the format that the name says, one of `FILES` or the like."""
    if path.name == "weights-only.h5":
        with h5py.File(path, "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, model)
    elif path.name.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save(path)
    return path


def small_nasnet(input_shape=(96, 96, 3), **arguments):
    """A NASNet of one repeat, as if `keras.applications` had it."""
    return NASNet(input_shape, 192, 1, stem_block_filters=8, skip_reduction=False, **arguments)


@dataclasses.dataclass(frozen=True, eq=False)
class Published:
    """Keras' NASNetMobile with logits, its weights drawn, and files of it. Not to be changed.

    Networks for images of another size have weights of the same shapes.
    """

    model: keras.Model
    folder: Path

    @functools.cache  # noqa: B019  (one of it lives as long as the session)
    def file(self, name: str) -> Path:
        """One of `FILES`."""
        return save(self.model, self.folder / name)

    @functools.cached_property
    def images(self) -> np.ndarray:
        """[2, 67, 64, 3]."""
        return np.random.default_rng(1).normal(size=(2, *MOBILE_SHAPE)).astype(np.float32)

    @functools.cache  # noqa: B019
    def outputs(self, *layers: str | int) -> tuple[np.ndarray, ...]:
        """What those layers, by name or place, make of the images; -1 are the logits."""
        found = (
            self.model.layers[layer] if isinstance(layer, int) else self.model.get_layer(layer)
            for layer in layers
        )
        ends = {str(i): layer.output for i, layer in enumerate(found)}
        return tuple(
            end.numpy() for end in keras.Model(self.model.input, ends)(self.images).values()
        )


def published(folder: Path) -> Published:
    """A new one, whose files will be in `folder`."""
    model = keras.applications.NASNetMobile(MOBILE_SHAPE, weights=None, classifier_activation=None)
    randomise(model, np.random.default_rng(0))
    return Published(model, folder)
