"""A sheet of images by class, as a network gets them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nasnet.viz.figures.curves import draw_title, new_figure
from nasnet.viz.palette import INK, clean_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_INCHES = 0.62  # shorter side of an image
_MOST = 20  # times as long as wide, beyond which an image is drawn smaller
_LETTER, _INDENT, _EDGE, _HEAD, _FOOT = 0.09, 0.2, 0.2, 0.6, 0.35  # inches
_LONGEST = 24  # letters of a name


def samples_figure(
    images: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    *,
    columns: int = 12,
    rows: int = 20,
    title: str | None = None,
) -> "Figure":
    """A row of images for each class; of many classes and images some, evenly spaced.

    Args:
        images: [N, H, W, C] uint8. One channel is drawn grey, three in colour; of two the first is
            drawn, of more the first three.
        labels: [N], indices into the classes.
        classes: their names.
        columns: most images of a class.
        rows: most classes.
        title: one line above the sheet.

    Raises:
        ValueError: there is no image.
    """
    if not len(images):
        raise ValueError("images is empty, expected at least one")
    _, height, width, _ = images.shape
    wide, tall = max(1.0, width / height), max(1.0, height / width)
    columns, rows = max(1, int(columns / wide)), max(1, int(rows / tall))
    shown = _spaced(np.arange(len(classes)), rows)
    gap = max(1, min(height, width) // 12)
    pitch = height + gap, width + gap
    sheet = np.full((len(shown) * pitch[0] - gap, columns * pitch[1] - gap, 3), 255, np.uint8)
    names = []
    for row, label in enumerate(shown):
        found = np.flatnonzero(labels == label)
        names.append(f"{_short(classes[label])} ({len(found):,})")
        for column, i in enumerate(_spaced(found, columns)):
            top, left = row * pitch[0], column * pitch[1]
            sheet[top : top + height, left : left + width] = _in_colour(images[i])
    side = _INCHES * min(1.0, _MOST / wide, _MOST / tall)
    size = columns * side * wide, len(shown) * side * tall
    left = _INDENT + _LETTER * max(map(len, names))
    whole = left + size[0] + _EDGE, size[1] + _HEAD + _FOOT
    figure = new_figure(whole)
    figure.set_layout_engine("none")  # it would leave no room for the names
    place = left / whole[0], _FOOT / whole[1], size[0] / whole[0], size[1] / whole[1]
    axes = figure.add_axes(place)
    axes.imshow(sheet)
    middles = [row * pitch[0] + (height - 1) / 2 for row in range(len(shown))]
    axes.set_yticks(middles, names, fontsize=10, color=INK, parse_math=False)
    axes.set_xticks([])
    if len(shown) < len(classes):
        axes.set_xlabel(f"{len(shown)} of {len(classes):,} classes", fontsize=10, color=INK)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    draw_title(figure, title)
    return figure


def _spaced(values: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the values, evenly spaced, the first and the last among them."""
    if len(values) <= most:
        return values
    return values[np.linspace(0, len(values) - 1, most).astype(int)]


def _in_colour(image: np.ndarray) -> np.ndarray:
    return image[..., :3] if image.shape[-1] >= 3 else image[..., :1]


def _short(name: str) -> str:
    name = clean_title(name)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
