"""What a trained network sees in images."""

import dataclasses
import io
from pathlib import Path

import numpy as np
from scipy.special import softmax

from nasnet.data.folders.bad import BadImageError
from nasnet.data.folders.pixels import read_fitted
from nasnet.runtime.quiet import import_tensorflow
from nasnet.transfer.serving.photos import check_square, to_channels, to_pixels
from nasnet.transfer.serving.trained import TrainedNetwork

_AT_ONCE = 32


@dataclasses.dataclass(frozen=True)
class Guess:
    """A class that an image may show.

    Attributes:
        label: its number.
        name: its name.
        probability: of 0 to 1.
    """

    label: int
    name: str
    probability: float


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What a network sees in one image.

    Attributes:
        image: its file.
        guesses: the most probable classes, the best first; empty for a bad image.
        error: what is wrong with the image; None where nothing is.
    """

    image: Path
    guesses: tuple[Guess, ...] = ()
    error: str | None = None


def predict(
    network: TrainedNetwork, files: list[Path], *, top: int = 5, crop: float | None = None
) -> list[Prediction]:
    """Classifies image files; what is wrong with one does not concern the others.

    Args:
        network: any that can be run.
        files: of any format that `nasnet.data.folders.pixels` knows.
        top: guesses of an image.
        crop: sides of what is shown, as a share of the largest window of the network's shape; None
            for what it was trained for.

    Raises:
        ValueError: the network cannot be run, or an argument is out of its range.
    """
    if top < 1:
        raise ValueError(f"top is {top}, expected at least 1")
    network = network if crop is None else dataclasses.replace(network, crop=crop)
    if not 0 < network.crop <= 1:
        raise ValueError(f"crop is {network.crop}, expected above 0 and at most 1")
    import_tensorflow()
    from nasnet.transfer.serving.export import gives_probabilities
    from nasnet.transfer.serving.runners import load_runner

    runner = load_runner(network.path)
    if runner.input_shape[2] not in (1, 3):
        raise ValueError(
            f"{network.path} takes images of {runner.input_shape[2]} channels, expected 1 or 3, "
            "which image files have"
        )
    if not network.antialias:
        check_square(network, runner.input_shape)
    read_one = _read_fitted if network.antialias else _read_centre
    predictions = []
    for first in range(0, len(files), _AT_ONCE):
        chunk = files[first : first + _AT_ONCE]
        read = [read_one(file, runner.input_shape, network.crop) for file in chunk]
        good = [image for image in read if not isinstance(image, str)]
        outputs = iter(np.zeros((0, 0)))
        if good:
            found = runner(np.stack(good)).astype(np.float64)
            outputs = iter(found if gives_probabilities(found) else softmax(found, axis=1))
        for file, image in zip(chunk, read, strict=True):
            if isinstance(image, str):
                predictions.append(Prediction(file, error=image))
            else:
                predictions.append(Prediction(file, _guesses(next(outputs), network.classes, top)))
    return predictions


def _read_fitted(file: Path, shape: tuple[int, int, int], crop: float) -> np.ndarray | str:
    """The image as it would be in an array of a training, or what is wrong with it."""
    try:
        image = read_fitted(io.BytesIO(file.read_bytes()), shape[:2], crop)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    except BadImageError as error:
        return str(error)
    return np.asarray(image.convert("L" if shape[2] == 1 else "RGB"), np.float32).reshape(shape)


def _read_centre(file: Path, shape: tuple[int, int, int], crop: float) -> np.ndarray | str:
    """The image as an evaluation of `nasnet transfer` shows it, or what is wrong with it."""
    import tensorflow as tf

    from nasnet.data.photos.decoding import find_fault, open_photo
    from nasnet.data.photos.images import MAX_PIXELS
    from nasnet.data.photos.pipeline import show_centre

    try:
        data = file.read_bytes()
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    fault = find_fault(data)
    if fault is not None:
        return fault
    image = show_centre(open_photo(tf.constant(data), MAX_PIXELS), shape[0], crop).numpy()
    return to_channels(to_pixels(image[None]), shape[2])[0]


def _guesses(probabilities: np.ndarray, classes: tuple[str, ...], top: int) -> tuple[Guess, ...]:
    if classes and len(classes) != len(probabilities):
        raise ValueError(f"number of class names is {len(classes)}, expected {len(probabilities)}")
    best = np.argsort(-probabilities, kind="stable")[:top]
    return tuple(
        Guess(int(i), classes[i] if classes else str(i), float(probabilities[i])) for i in best
    )
