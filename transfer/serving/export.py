"""Networks as files for elsewhere, and whether these compute what the network computes."""

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nasnet.runtime.libraries import need
from nasnet.transfer.serving.runners import Runner

Format = Literal["keras", "saved_model", "onnx", "litert", "torch"]
FILES: dict[Format, str] = {
    "keras": "model.keras",
    "saved_model": "saved_model",
    "onnx": "model.onnx",
    "litert": "model.tflite",
    "torch": "model.py",
}
TOLERANCE = 1e-4  # of the largest output: the order of additions is another one elsewhere


@dataclasses.dataclass(frozen=True, slots=True)
class Agreement:
    """How far an exported network is from the Keras network.

    Attributes:
        images: that both have seen.
        difference: the largest one between two outputs.
        largest: the largest output of the Keras network, by amount.
        same_class: share of the images for which both have the same largest output.
    """

    images: int
    difference: float
    largest: float
    same_class: float

    @property
    def close(self) -> bool:
        """Whether the difference is below `TOLERANCE` of the largest output."""
        return self.difference <= TOLERANCE * self.largest


def export_network(
    model: Any, folder: Path, form: Format, *, calibration: np.ndarray | None = None
) -> Path:
    """Writes a Keras network for inference into a folder.

    Args:
        model: of stock layers, one input [N, H, W, C].
        folder: that it goes to; it must exist.
        form: "keras", "saved_model" (TensorFlow), "onnx" or "litert" (.tflite); PyTorch needs more,
            see `torch_files`.
        calibration: images [N, H, W, C] float32, as the model takes them, whose activations give
            the ranges of an int8 LiteRT network, whose input and output stay float32; None for
            float32 throughout.

    Returns:
        The file or folder that was written.

    Raises:
        ValueError: calibration is given for another format.
        MissingLibraryError: what ONNX needs is not installed.
    """
    if calibration is not None and form != "litert":
        raise ValueError(f"format is {form!r} for int8, expected 'litert'")
    path = folder / FILES[form]
    if form == "keras":
        model.save(path)
        return path
    if form == "saved_model":
        model.export(path, format="tf_saved_model", verbose=False)
        return path
    if form == "onnx":
        for package in ("tf2onnx", "onnx"):
            need(package, package, "export ONNX")
        model(np.zeros((1, *model.input_shape[1:]), np.float32))  # Keras asks for it
        model.export(path, format="onnx", verbose=False)
        return path
    model.export(path, format="litert", verbose=False, **_quantized(calibration))
    return path


def _quantized(calibration: np.ndarray | None) -> dict[str, Any]:
    """What LiteRT's converter is told for int8."""
    if calibration is None:
        return {}
    import tensorflow as tf

    def examples() -> Iterator[list[np.ndarray]]:
        for image in calibration:
            yield [image[None]]

    return {
        "optimizations": [tf.lite.Optimize.DEFAULT],
        "representative_dataset": examples,
        "target_spec": {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]},
    }


def compare(exported: Runner, original: Runner, images: np.ndarray) -> Agreement:
    """Runs the Keras network and the exported one on the same images.

    Args:
        exported: what `export_network` wrote.
        original: the Keras network.
        images: [N, H, W, C] in 0..255.
    """
    found, expected = exported(images), original(images)
    return Agreement(
        images=len(images),
        difference=float(np.abs(found - expected).max()),
        largest=float(np.abs(expected).max()),
        same_class=float(np.mean(found.argmax(1) == expected.argmax(1))),
    )


def accuracy(runner: Runner, batches: Iterable[tuple[np.ndarray, np.ndarray]]) -> tuple[float, int]:
    """The share of images that a network puts into their classes, and how many images there were.

    Args:
        runner: the network.
        batches: images [N, H, W, C] in 0..255 and labels [N]; at least one batch.
    """
    right, count = 0, 0
    for images, labels in batches:
        right += int(np.sum(runner(images).argmax(1) == labels))
        count += len(labels)
    return right / count, count


def gives_probabilities(outputs: np.ndarray) -> bool:
    """Whether outputs [N, classes] are probabilities already, and not logits."""
    return bool(outputs.min() >= 0 and np.allclose(outputs.sum(1), 1, atol=1e-2))


def mult_adds(model: Any) -> int:
    """Multiply-adds of one image through the convolutions and dense layers of a Keras network."""
    total = 0
    for layer in model.layers:
        kernels = [
            weight for weight in layer.weights if weight.path.rsplit("/", 1)[-1].endswith("kernel")
        ]
        positions = np.prod(layer.output.shape[1:-1], dtype=int) if kernels else 0
        total += int(positions) * sum(int(np.prod(kernel.shape)) for kernel in kernels)
    return total
