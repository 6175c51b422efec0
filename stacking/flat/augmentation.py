"""What happens to a batch of images inside the training graph. No Keras."""

from typing import Any

import tensorflow as tf

from nasnet.stacking.recipe import Recipe, check_in_memory

Tensor = Any


def rescale(images: Tensor) -> Tensor:
    """Pixels from 0..255 to -1..1, as `preprocess_input` does for the Keras network."""
    return tf.cast(images, tf.float32) * (1 / 127.5) - 1.0


def prepare(images: Tensor, recipe: Recipe, seed: Tensor) -> Tensor:
    """A training batch as the recipe wants it: from -1 to 1, augmented, with squares cut out.

    Args:
        images: [N, H, W, C] uint8.
        recipe: its augmentation and cutout.
        seed: [2] int32; equal seeds give equal batches.
    """
    x = augment(rescale(images), recipe.augmentation, seed)
    return cut_out(x, recipe.cutout, seed) if recipe.cutout else x


def augment(x: Tensor, kind: str, seed: Tensor) -> Tensor:
    """Random crops of the padded image and random flips, one draw an image.

    Args:
        x: [N, H, W, C].
        kind: "none", "flip" or "crop-flip", which pads by an eighth of the side all around with 0.
        seed: [2] int32; equal seeds give equal crops.

    Raises:
        ValueError: `kind` is none of these.
    """
    check_in_memory(kind)
    if kind == "none":
        return x
    count, height, width = tf.shape(x)[0], x.shape[1], x.shape[2]
    draws = tf.random.stateless_uniform([3, count], seed)
    columns = tf.range(width)[None]
    columns = tf.where(draws[2, :, None] < 0.5, columns, width - 1 - columns)
    if kind == "crop-flip":
        margins = [height // 8, width // 8]
        x = tf.pad(x, [[0, 0], [margins[0]] * 2, [margins[1]] * 2, [0, 0]])
        tops, lefts = (tf.cast(draws[i, :, None] * (2 * margins[i] + 1), tf.int32) for i in (0, 1))
        x = tf.gather(x, tops + tf.range(height)[None], batch_dims=1)
        columns += lefts
    return tf.gather(x, columns, axis=2, batch_dims=1)


def cut_out(x: Tensor, side: int, seed: Tensor) -> Tensor:
    """Blanks one square in each image (DeVries & Taylor, https://arxiv.org/abs/1708.04552).

    Its middle may be any pixel, so that a part of the square may lie outside.

    Args:
        x: [N, H, W, C].
        side: of the square in pixels.
        seed: [2] int32; equal seeds give equal squares, and none that depend on the crops.
    """
    seed = tf.random.experimental.stateless_fold_in(seed, 1)
    count, lengths = tf.shape(x)[0], x.shape[1:3]
    draws = tf.random.stateless_uniform([2, count, 1], seed)
    inside = []
    for draw, length in zip(tf.unstack(draws), lengths, strict=True):
        first = tf.cast(draw * length, tf.int32) - side // 2
        pixels = tf.range(length)[None]
        inside.append((pixels >= first) & (pixels < first + side))
    blank = inside[0][:, :, None] & inside[1][:, None, :]
    return tf.where(blank[..., None], 0.0, x)
