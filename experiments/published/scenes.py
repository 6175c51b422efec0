"""Drawn images with boxes for the detector beside this, and the picture of what it finds there."""

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = 128
CLASSES = ("disk", "square", "triangle")
MOST = 3  # shapes in an image
BOXES = "yxyx"  # top, left, bottom, right


class Detection(NamedTuple):
    """A box [4] in pixels, top, left, bottom and right; an index into `CLASSES`; a probability."""

    box: np.ndarray
    label: int
    score: float


def scenes(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images of one to three shapes before a background that runs from one colour to another.

    Returns:
        images [N, 128, 128, 3] float32 from -1 to 1; boxes [N, 3, 4] float32 in pixels, top, left,
        bottom and right; labels [N, 3], indices into `CLASSES`. Places without a shape have zeros
        and -1.
    """
    rng = np.random.default_rng(seed)
    images = np.empty((count, SIZE, SIZE, 3), np.float32)
    boxes, labels = np.zeros((count, MOST, 4), np.float32), np.full((count, MOST), -1)
    down, across = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    for n in range(count):
        low, high = rng.uniform(-1, 1, (2, 3))
        images[n] = (
            low + (high - low) * ((down if rng.random() < 0.5 else across) / SIZE)[..., None]
        )
        taken = np.zeros((SIZE, SIZE), bool)
        for i in range(rng.integers(1, MOST + 1)):
            radius, label = rng.uniform(12, 30), int(rng.integers(len(CLASSES)))
            y, x = rng.uniform(radius, SIZE - radius, 2)
            inside = _inside(label, (down - y) / radius, (across - x) / radius)
            if (taken & inside).any():
                continue
            taken |= inside
            images[n][inside] = rng.uniform(-1, 1, 3)
            rows, columns = np.nonzero(inside.any(1))[0], np.nonzero(inside.any(0))[0]
            boxes[n, i] = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
            labels[n, i] = label
        images[n] += rng.normal(0, 0.05, images[n].shape)
    return np.clip(images, -1, 1), boxes, labels


def _inside(label: int, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Where a shape of radius 1 is, by its label."""
    if label == 0:
        return np.hypot(x, y) < 1
    if label == 1:
        return np.maximum(np.abs(x), np.abs(y)) < 0.85
    return np.maximum(y, math.sqrt(0.75) * np.abs(x) - 0.5 * y) < 0.5


def count_hits(found: list[list[Detection]], boxes: np.ndarray, labels: np.ndarray) -> int:
    """How many shapes a detection of their class overlaps by half."""
    from keras.utils import bounding_boxes

    hits = 0
    for n, i in zip(*np.nonzero(labels >= 0), strict=True):
        same = [one.box for one in found[n] if one.label == labels[n, i]]
        if same:
            overlaps = bounding_boxes.compute_iou(np.stack(same), boxes[n, i : i + 1], BOXES)
            hits += bool(np.max(overlaps) >= 0.5)
    return hits


def figure(images: np.ndarray, boxes: np.ndarray, found: list[list[Detection]]) -> "Figure":
    """Images with the true boxes, dashed, and the detections."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    picture = Figure(figsize=(12, 6.4), layout="tight")
    for n, axes in enumerate(picture.subplots(2, 4).flat):
        axes.imshow((images[n] + 1) / 2)
        axes.set_axis_off()
        drawn = [(box, "white", "--") for box in boxes[n] if box.any()]
        for one in found[n]:
            colour = f"C{one.label}"
            drawn.append((one.box, colour, "-"))
            words = f"{CLASSES[one.label]} {one.score:.2f}"
            axes.text(
                one.box[1], one.box[2], words, color="white", backgroundcolor=colour, va="top"
            )
        for (top, left, bottom, right), colour, line in drawn:
            size = (right - left, bottom - top)
            axes.add_patch(Rectangle((left, top), *size, ec=colour, ls=line, lw=2, fill=False))
    return picture
