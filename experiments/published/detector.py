"""A small object detector on a NASNet backbone, trained on coloured shapes that are drawn here.

Paper:    a feature pyramid and one-stage heads as in RetinaNet (Lin et al.,
          https://arxiv.org/abs/1708.02002), in place of the Faster R-CNN that the NASNet paper
          puts on its networks (https://arxiv.org/abs/1707.07012, section 4.3)
Command:  python -m nasnet.experiments.published.detector --steps 300
Cost:     three minutes of one CPU core
Expect:   the loss falls from 5.5 to 0.8; of 99 shapes on 64 new images 48 are found and named
          (seed 0, n = 1, TensorFlow 2.21 on a CPU). Boxes come first, classes take more steps.

It is an example of `nasnet.transfer.backbone`: all that is taken from it is a dictionary of
features, so any other detector or segmentation head can stand in the place of this one.
"""

import dataclasses
import functools
import math
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from nasnet.experiments import cli
from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import say, stdout
from nasnet.experiments.errors import OK
from nasnet.experiments.published.scenes import (
    BOXES,
    CLASSES,
    MOST,
    SIZE,
    Detection,
    count_hits,
    figure,
    scenes,
)
from nasnet.experiments.searching.cell_argument import resolve_cell
from nasnet.runtime.checks import check_fields
from nasnet.runtime.quiet import import_tensorflow
from nasnet.stacking.network import CellNetwork
from nasnet.transfer.scaling import parse_plan

STRIDES = (8, 16, 32)
SCALES = tuple(3 * 2 ** (i / 3) for i in range(3))  # sides of a stride's anchors, in strides
_VARIANCE = (0.1, 0.1, 0.2, 0.2)
_REPORTS = 10
_WIDTH = 64  # channels of the pyramid


@dataclasses.dataclass(frozen=True)
class Detector(Command):
    """Train a small detector on drawn shapes, and draw what it finds.

    Args:
        cell: a zoo name, a genotype's JSON file, or a run directory (its best cell).
        plan: N @ P of the backbone.
        weights: a file or a finished training that the backbone starts from.
        steps: of training.
        batch_size: images of a step.
        learning_rate: of Adam.
        seed: of everything random.
        output: the picture of detections.
    """

    cell: tyro.conf.Positional[str] = "nasnet-a"
    plan: str = "1@384"
    weights: Path | None = None
    steps: int = 300
    batch_size: int = 16
    learning_rate: float = 2e-3
    seed: int = 0
    output: Path = Path("detector.png")

    def run(self) -> int:
        """Trains, and says what was found on new images."""
        check_fields(self, steps=1, batch_size=1)
        import_tensorflow()
        from nasnet import viz

        model, anchors = build_detector(self)
        losses = train(model, anchors, self)
        images, boxes, labels = scenes(64, self.seed + 1_000_003)
        found = detect(model, anchors, images)
        hits = count_hits(found, boxes, labels)
        viz.save_figure(figure(images[:8], boxes[:8], found[:8]), self.output)
        out, shapes = stdout(), int((labels >= 0).sum())
        out.print(f"loss {losses[0]:.3f} at first, {np.mean(losses[-_REPORTS:]):.3f} at last")
        out.print(f"found {hits} of {shapes} shapes on new images: {self.output}", soft_wrap=True)
        return OK


def build_detector(settings: Detector) -> tuple[Any, np.ndarray]:
    """The model, from images to {"classes": logits [N, A, 3], "boxes": deltas [N, A, 4]}, and its
    anchors [A, 4] in pixels."""
    import keras

    from nasnet.transfer.backbone import backbone

    keras.utils.set_random_seed(settings.seed)
    _, genotype = resolve_cell(settings.cell)
    body = backbone(
        CellNetwork(genotype, parse_plan(settings.plan, genotype), (SIZE, SIZE, 3), None),
        weights=settings.weights,
        strides=STRIDES,
        batch_norm_momentum=0.9,  # the released code's is for hundreds of thousands of steps
    )
    heads = {"classes": len(CLASSES), "boxes": 4}
    towers = {name: _tower(name, size) for name, size in heads.items()}
    outputs: dict[str, list[Any]] = {name: [] for name in heads}
    anchors, above = [], None
    for stride in reversed(STRIDES):
        x = keras.layers.ReLU()(body.output[f"stride_{stride}"])
        x = keras.layers.Conv2D(_WIDTH, 1)(x)
        if above is not None:
            x = keras.layers.Add()([x, keras.layers.UpSampling2D()(above)])
        above = x
        for name, size in heads.items():
            outputs[name].append(keras.layers.Reshape((-1, size))(towers[name](x)))
        anchors.append(_anchors(x.shape[1], x.shape[2], stride))
    joined = {name: keras.layers.Concatenate(axis=1, name=name)(x) for name, x in outputs.items()}
    return keras.Model(body.input, joined), np.concatenate(anchors)


def _tower(name: str, size: int) -> Any:
    """The head that all strides share, [N, H, W, C] to [N, H, W, anchors * size]."""
    import keras

    # At first every anchor is background with a probability of 0.99, for there are so many.
    bias = -math.log(99) if name == "classes" else 0.0
    conv = functools.partial(keras.layers.Conv2D, kernel_size=3, padding="same")
    layers = [
        keras.Input((None, None, _WIDTH)),
        conv(_WIDTH, activation="relu"),
        conv(_WIDTH, activation="relu"),
        conv(len(SCALES) * size, bias_initializer=keras.initializers.Constant(bias)),
    ]
    return keras.Sequential(layers, name=f"{name}_head")


def _anchors(height: int, width: int, stride: int) -> np.ndarray:
    """Squares around the middle of every pixel of a stride, [height * width * scales, 4]."""
    y, x, scale = np.meshgrid(range(height), range(width), SCALES, indexing="ij")
    middles = (np.stack([y, x], -1).reshape(-1, 2) + 0.5) * stride
    halves = scale.reshape(-1, 1) * stride / 2
    return np.concatenate([middles - halves, middles + halves], 1).astype(np.float32)


def targets(boxes: np.ndarray, labels: np.ndarray, anchors: np.ndarray) -> dict[str, np.ndarray]:
    """What the model should say.

    Returns:
        "classes" [N, A, 3]: 1 for the class of a shape that the anchor overlaps by half or best of
        all anchors, -1 where it overlaps by 0.4 to 0.5, which teaches nothing, else 0; "boxes"
        [N, A, 5]: deltas, and 1 where there are any.
    """
    from keras.utils import bounding_boxes

    overlaps = np.asarray(bounding_boxes.compute_iou(anchors, boxes, BOXES))
    nearest, overlap = overlaps.argmax(2), overlaps.max(2)
    for n, i in zip(*np.nonzero(labels >= 0), strict=True):
        best = overlaps[n, :, i].argmax()
        nearest[n, best], overlap[n, best] = i, 1
    matched = np.take_along_axis(boxes, nearest[..., None], 1)
    deltas = bounding_boxes.encode_box_to_deltas(anchors, matched, BOXES, BOXES, variance=_VARIANCE)
    positive = overlap >= 0.5
    classes = np.eye(len(CLASSES))[np.take_along_axis(labels, nearest, 1)] * positive[..., None]
    classes[(overlap >= 0.4) & ~positive] = -1
    return {
        "classes": classes.astype(np.float32),
        "boxes": np.concatenate([deltas, positive[..., None]], 2).astype(np.float32),
    }


def class_loss(true: Any, predicted: Any) -> Any:
    """Focal loss, alpha 0.25 and gamma 2, for each anchor that has a shape."""
    import keras
    from keras import ops

    known = ops.cast(true[..., 0] >= 0, "float32")
    focal = keras.losses.binary_focal_crossentropy(
        ops.maximum(true, 0.0), predicted, apply_class_balancing=True, from_logits=True
    )
    positives = ops.maximum(ops.sum(ops.maximum(true, 0.0)), 1.0)
    return len(CLASSES) * ops.sum(focal * known) / positives


def box_loss(true: Any, predicted: Any) -> Any:
    """Smooth L1 of the deltas, for each anchor that has a shape."""
    import keras
    from keras import ops

    has = true[..., 4]
    return (
        4
        * ops.sum(keras.losses.huber(true[..., :4], predicted) * has)
        / ops.maximum(ops.sum(has), 1.0)
    )


def train(model: Any, anchors: np.ndarray, settings: Detector) -> list[float]:
    """The loss of every step."""
    import keras

    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.steps)
    model.compile(
        keras.optimizers.Adam(rate, global_clipnorm=1.0),
        loss={"classes": class_loss, "boxes": box_loss},
        jit_compile=False,  # compiling takes longer than these few steps
    )
    losses = []
    for step in range(settings.steps):
        images, boxes, labels = scenes(settings.batch_size, settings.seed * 10_000 + step)
        model.reset_metrics()
        result = model.train_on_batch(images, targets(boxes, labels, anchors), return_dict=True)
        losses.append(float(result["loss"]))
        if step % max(settings.steps // _REPORTS, 1) == 0:
            say(f"step {step}/{settings.steps} · loss {losses[-1]:.3f}")
    return losses


def detect(model: Any, anchors: np.ndarray, images: np.ndarray) -> list[list[Detection]]:
    """What is found in each image, the surest first."""
    import tensorflow as tf
    from keras.utils import bounding_boxes

    said = model.predict(images, verbose=0)
    boxes = bounding_boxes.decode_deltas_to_boxes(
        anchors, said["boxes"], BOXES, BOXES, variance=_VARIANCE
    )
    found = []
    for box, chances in zip(np.asarray(boxes), tf.sigmoid(said["classes"]).numpy(), strict=True):
        kept = tf.image.non_max_suppression(
            box, chances.max(1), max_output_size=2 * MOST, score_threshold=0.4
        ).numpy()
        found.append([Detection(box[i], int(chances[i].argmax()), chances[i].max()) for i in kept])
    return found


if __name__ == "__main__":
    cli.script(Detector, "python -m nasnet.experiments.published.detector")
