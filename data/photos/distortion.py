"""Which part of an image is shown, and how it is distorted; every draw comes from a seed.

Inception's preprocessing in the fast form that the released NASNet code trains with: a crop of 8 to
100 % of the area with sides of 3:4 to 4:3, a flip, brightness by up to 32/255 and saturation by
0.5 to 1.5, in this order. (The slow form, which varies hue and contrast too, is not used there.)

Szegedy et al., https://arxiv.org/abs/1409.4842, section 6.
"""

from typing import Any

import tensorflow as tf

Tensor = Any
_AREA, _ASPECT = (0.08, 1.0), (3 / 4, 4 / 3)
_BRIGHTNESS, _SATURATION = 32 / 255, (0.5, 1.5)
_ATTEMPTS = 100


def central_window(shape: Tensor, share: float) -> Tensor:
    """The square in the middle whose side is `share` of the shorter side.

    Args:
        shape: height and width, [2] int32.
        share: above 0, at most 1.

    Returns:
        Top, left, height and width in pixels, [4] int32.
    """
    side = _side(shape, share)
    begin = (shape - side) // 2
    return tf.stack([begin[0], begin[1], side, side])


def random_window(shape: Tensor, share: float, seed: Tensor) -> Tensor:
    """Such a square anywhere; all places are equally likely."""
    side = _side(shape, share)
    draws = tf.random.stateless_uniform([2], seed)
    begin = tf.cast(draws * tf.cast(shape - side + 1, tf.float32), tf.int32)
    begin = tf.minimum(begin, shape - side)
    return tf.stack([begin[0], begin[1], side, side])


def inception_window(shape: Tensor, seed: Tensor) -> Tensor:
    """A rectangle of random area, aspect and place; the whole image where none fits.

    Args:
        shape: height and width, [2] int32.
        seed: [2] int64.

    Returns:
        Top, left, height and width in pixels, [4] int32.
    """
    begin, extent, _ = tf.image.stateless_sample_distorted_bounding_box(
        tf.concat([shape, [3]], 0),
        tf.zeros([1, 0, 4]),
        seed,
        min_object_covered=0.1,
        aspect_ratio_range=_ASPECT,
        area_range=_AREA,
        max_attempts=_ATTEMPTS,
        use_image_if_no_bounding_boxes=True,
    )
    return tf.concat([begin[:2], extent[:2]], 0)


def flip(image: Tensor, draw: Tensor) -> Tensor:
    """The image [H, W, C], mirrored left to right where the draw from 0..1 is below a half."""
    return tf.cond(draw < 0.5, lambda: tf.reverse(image, [1]), lambda: image)


def distort_colours(image: Tensor, draws: Tensor) -> Tensor:
    """Brightness, then saturation.

    Args:
        image: [H, W, 3] float32 in 0..1.
        draws: [2] in 0..1.

    Returns:
        [H, W, 3] in 0..1; what leaves that range is clipped.
    """
    lowest, highest = _SATURATION
    image += (2 * draws[0] - 1) * _BRIGHTNESS
    image = tf.image.adjust_saturation(image, lowest + draws[1] * (highest - lowest))
    return tf.clip_by_value(image, 0.0, 1.0)


def _side(shape: Tensor, share: float) -> Tensor:
    shorter = tf.cast(tf.reduce_min(shape), tf.float32)
    return tf.maximum(tf.cast(tf.round(share * shorter), tf.int32), 1)
