"""Images that lie on their side by their EXIF data: turned when they are small.

EXIF counts from 1 (upright) to 8, see `nasnet.data.folders.pixels.orientation`.
"""

from typing import Any

import tensorflow as tf

Tensor = Any
_LIES_FROM = 5  # orientations with width and height exchanged
_FLIPPED_ACROSS, _FLIPPED_DOWN = (2, 3, 6, 7), (3, 4, 7, 8)


def exchanged(shape: Tensor, turn: Tensor) -> Tensor:
    """Height and width, [2], of an image that was, or is to be, turned."""
    return tf.where(turn >= _LIES_FROM, shape[::-1], shape)


def stored_window(window: Tensor, shape: Tensor, turn: Tensor) -> Tensor:
    """Where a window of the upright image lies in the stored one.

    Args:
        window: top, left, height and width in pixels, [4] int32.
        shape: height and width of the upright image, [2] int32.
        turn: its orientation.
    """
    begin, extent = window[:2], window[2:]
    flipped = tf.stack([_is_in(turn, _FLIPPED_DOWN), _is_in(turn, _FLIPPED_ACROSS)])
    begin = tf.where(flipped, shape - begin - extent, begin)
    return tf.concat([exchanged(begin, turn), exchanged(extent, turn)], 0)


def upright(image: Tensor, turn: Tensor) -> Tensor:
    """A stored image [size, size, C] as it is meant."""

    def turned() -> Tensor:
        lying = tf.where(turn >= _LIES_FROM, tf.transpose(image, [1, 0, 2]), image)
        across = tf.where(_is_in(turn, _FLIPPED_ACROSS), lying[:, ::-1], lying)
        return tf.where(_is_in(turn, _FLIPPED_DOWN), across[::-1], across)

    return tf.cond(turn > 1, turned, lambda: image)


def _is_in(turn: Tensor, turns: tuple[int, ...]) -> Tensor:
    return tf.reduce_any(turn == tf.constant(turns))
