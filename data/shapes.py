"""shapes10: small images of ten textured shapes, drawn here, for runs that have no data on disk.

Each image shows one large shape in a random pose before a background, both textured, with a small
stray shape and some lines below and above it, uneven light, and pixel noise. Shapes are lighter
than their background; tint, pose and clutter are drawn without regard to the class. Each class
prefers one of five textures that two classes share, so that a network soon learns something, and
must see outlines to learn the rest. A linear model on the pixels is poor, a small convolutional
network does well, and there is enough room between networks to compare them.

A shape is a signed distance: negative inside, zero on the outline. Its clipped value in pixels is
the share of a pixel that the shape covers, which is what makes the edges smooth.
"""

import math
from collections.abc import Callable

import numpy as np

SIZE = 32
CLASS_NAMES = (
    "disk",
    "ring",
    "square",
    "frame",
    "triangle",
    "star",
    "cross",
    "heart",
    "moon",
    "arrow",
)

_TILT = 0.7  # greatest angle of a shape either way, in radians
_TEXTURES = 5
_LOYALTY = 0.8  # share of shapes that wear the texture of their class
_CHUNK = 128  # images drawn at once: few enough to stay in a processor's cache
_ROOT2 = math.sqrt(0.5)
_COS30 = math.sqrt(0.75)
_COS36, _SIN36 = math.cos(math.pi / 5), math.sin(math.pi / 5)
_Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _disk(x, y):
    return np.hypot(x, y) - 0.9


def _ring(x, y):
    return np.abs(np.hypot(x, y) - 0.75) - 0.22


def _square(x, y):
    return np.maximum(np.abs(x), np.abs(y)) - 0.8


def _frame(x, y):
    return np.abs(np.maximum(np.abs(x), np.abs(y)) - 0.67) - 0.2


def _triangle(x, y):
    return np.maximum(-y, _COS30 * np.abs(x) + 0.5 * y) - 0.56


def _star(x, y):
    # Reflections fold the ten half points onto one, whose edge is a straight line.
    a, b = np.abs(x), y
    for side in (1, -1):
        nx, ny = side * _COS36, -_SIN36
        beyond = 2 * np.maximum(nx * a + ny * b, 0)
        a, b = a - beyond * nx, b - beyond * ny
    tip, inner = 1.15, 0.52
    ex, ey = inner * _SIN36, inner * _COS36 - tip
    return ((b - tip) * ex - np.abs(a) * ey) / math.hypot(ex, ey)


def _cross(x, y):
    a, b = np.abs(x), np.abs(y)
    return np.maximum(np.maximum(a, b) - 0.95, np.minimum(a, b) - 0.32)


def _heart(x, y):
    # Two disks, and the wedge between the tip and the points where its sides touch them.
    a = np.abs(x)
    lobe = np.hypot(a - 0.5, y - 0.35) - 0.56
    wedge = np.maximum(0.729 * a - 0.685 * (y + 1), np.maximum(y - 0.35, a - 0.9))
    return np.minimum(lobe, wedge)


def _moon(x, y):
    return np.maximum(np.hypot(x, y) - 1.0, 0.85 - np.hypot(x - 0.55, y))


def _arrow(x, y):
    a = np.abs(y)
    head = np.maximum(-x, _ROOT2 * (x + a - 1.0))
    shaft = np.maximum(np.abs(x + 0.4) - 0.6, a - 0.27)
    return np.minimum(head, shaft)


_DISTANCES: tuple[_Distance, ...] = (
    _disk,
    _ring,
    _square,
    _frame,
    _triangle,
    _star,
    _cross,
    _heart,
    _moon,
    _arrow,
)


def shapes10(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draws images of the ten classes in equal number, in random order.

    Args:
        count: images to draw; the numbers of two classes differ by at most one.
        seed: of every random choice; another seed is another, independent stream of images.

    Returns:
        images [N, 32, 32, 3] uint8 and labels [N] int64, indices into `CLASS_NAMES`.
    """
    if count < 1:
        raise ValueError(f"count is {count}, expected at least 1")
    if seed < 0:
        raise ValueError(f"seed is {seed}, expected at least 0")
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count, dtype=np.int64) % len(CLASS_NAMES))
    images = np.empty((count, SIZE, SIZE, 3), np.uint8)
    for start in range(0, count, _CHUNK):
        part = slice(start, start + _CHUNK)
        images[part] = _draw(rng, labels[part])
    return images, labels


def _draw(rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    """Images [N, 32, 32, 3] uint8 of the given labels [N]; planes are [3, N, 32, 32] within."""
    n = len(labels)
    ground, colour = _colours(rng, n)
    image = _paint(rng, ground, rng.integers(_TEXTURES, size=n), strength=0.1)
    strays = rng.integers(len(CLASS_NAMES), size=n)
    _blend(image, _cover(rng, strays, radius=(2.0, 4.0), reach=14.0), _random(rng, 0, 1, (3, n)))
    _blend(image, _line(rng, n), _random(rng, 0, 1, (3, n)))
    own = rng.random(n) < _LOYALTY
    textures = np.where(own, labels % _TEXTURES, rng.integers(_TEXTURES, size=n))
    paint = _paint(rng, colour, textures, strength=0.5)
    _blend(image, _cover(rng, labels, radius=(8.5, 13.0), reach=3.5), paint)
    _blend(image, _line(rng, n), _random(rng, 0, 1, (3, n)))
    x, _ = _turned(rng, n)
    image *= 1 + _random(rng, 0, 0.015, n) * x
    image -= 0.5
    image *= _random(rng, 0.6, 1.1, n)
    image += _random(rng, 0.38, 0.62, n)
    sigma = _random(rng, 0.01, 0.06, n)
    image += sigma * rng.standard_normal(image.shape, np.float32)
    np.clip(image * 255 + 0.5, 0, 255, out=image)
    return image.astype(np.uint8).transpose(1, 2, 3, 0)


def _random(rng: np.random.Generator, low: float, high: float, shape) -> np.ndarray:
    """Uniform numbers, [*shape, 1, 1] float32: one for each plane."""
    return (low + (high - low) * rng.random((*np.atleast_1d(shape), 1, 1), np.float32)).astype(
        np.float32
    )


def _turned(
    rng: np.random.Generator, n: int, reach: float = 0.0, turn: float = math.pi
) -> tuple[np.ndarray, np.ndarray]:
    """Pixel coordinates x and y, [N, 32, 32], turned at random about a point near the middle.

    Args:
        rng: the source of the choices.
        n: images.
        reach: how far the point may lie from the middle along either axis, in pixels.
        turn: greatest angle either way, in radians.
    """
    grid = np.arange(SIZE, dtype=np.float32) - np.float32((SIZE - 1) / 2)
    angle = _random(rng, -turn, turn, n)
    cos, sin = np.cos(angle), np.sin(angle)
    across = grid[None, None, :] - _random(rng, -reach, reach, n)
    down = grid[None, :, None] - _random(rng, -reach, reach, n)
    return cos * across + sin * down, cos * down - sin * across


def _cover(
    rng: np.random.Generator, kinds: np.ndarray, radius: tuple[float, float], reach: float
) -> np.ndarray:
    """The share of each pixel, [N, 32, 32], that shapes of the given kinds [N] cover.

    Args:
        rng: the source of pose, size, aspect and slant.
        kinds: class of each shape.
        radius: least and greatest size in pixels.
        reach: greatest distance from the middle of the image along either axis, in pixels.
    """
    n = len(kinds)
    x, y = _turned(rng, n, reach, _TILT)
    size, aspect = _random(rng, radius[0], radius[1], n), _random(rng, 0.85, 1.18, n)
    x += _random(rng, -0.2, 0.2, n) * y
    x *= aspect / size
    y /= aspect * size
    distance = np.empty_like(x)
    for kind in np.unique(kinds):
        mine = np.flatnonzero(kinds == kind)
        distance[mine] = _DISTANCES[kind](x[mine], y[mine])
    return np.clip(0.5 - distance * size, 0, 1)


def _line(rng: np.random.Generator, n: int) -> np.ndarray:
    """The share of each pixel, [N, 32, 32], that one straight stroke an image covers."""
    x, y = _turned(rng, n, SIZE / 2)
    past_end = np.abs(x) - _random(rng, 2, 14, n)
    past_side = np.abs(y) - _random(rng, 0.3, 0.8, n)
    return np.clip(0.5 - np.maximum(past_end, past_side), 0, 1)


def _colours(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Colours of ground and shape, [3, N, 1, 1] each: a dark one and a light one, both tinted."""
    levels = (_random(rng, 0.05, 0.45, n), _random(rng, 0.55, 0.95, n))
    return tuple(level + _random(rng, -0.25, 0.25, (3, n)) for level in levels)


def _paint(
    rng: np.random.Generator, colour: np.ndarray, kinds: np.ndarray, strength: float
) -> np.ndarray:
    """Planes [3, N, 32, 32] of the given colours [3, N, 1, 1] and kinds of texture [N]."""
    n = len(kinds)
    x, y = _turned(rng, n, SIZE / 2)
    rate = _random(rng, 0.8, 1.4, n)
    pattern = np.empty_like(x)
    for kind in range(_TEXTURES):
        mine = np.flatnonzero(kinds == kind)
        u, v = x[mine] * rate[mine], y[mine] * rate[mine]
        if kind == 0:
            pattern[mine] = u / SIZE
        elif kind == 1:
            pattern[mine] = np.clip(3 * np.sin(u), -1, 1)
        elif kind == 2:
            pattern[mine] = np.clip(4 * np.sin(u) * np.sin(v), -1, 1)
        elif kind == 3:
            pattern[mine] = np.clip(5 * np.cos(u) * np.cos(v) - 2.5, -1, 1)
        else:
            pattern[mine] = _clouds(rng, len(mine))
    return colour + _random(rng, strength / 2, strength, n) * pattern


def _clouds(rng: np.random.Generator, n: int) -> np.ndarray:
    """Smooth noise, [N, 32, 32]: random knots, interpolated linearly."""
    knots = 9
    at = np.linspace(0, knots - 1, SIZE, dtype=np.float32)[:, None]
    weights = np.maximum(0, 1 - np.abs(at - np.arange(knots, dtype=np.float32)))
    return weights @ rng.standard_normal((n, knots, knots), np.float32) @ weights.T


def _blend(image: np.ndarray, cover: np.ndarray, colour: np.ndarray) -> None:
    """Lays a colour or texture on the planes [3, N, 32, 32], where and as far as it covers."""
    image += cover * (colour - image)
