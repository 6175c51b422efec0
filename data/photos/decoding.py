"""From the bytes of a JPEG or PNG to pixels, without trusting them.

What is refused, whatever the file is called: bytes that are neither JPEG nor PNG (a GIF named .jpg,
say), and more pixels than the limit, which the header tells before anything is decoded. What is
read, always as RGB: grayscale, palettes, CMYK (converted as TensorFlow does, without a colour
profile), 16 bits a channel (the upper 8 count), alpha (it is dropped; the colours below it show).
A file cut short is bad wherever its missing part is needed.
"""

import re
import struct
from typing import Any

import tensorflow as tf

from nasnet.data.photos.images import MAX_PIXELS

Tensor = Any
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_SCALES = (1, 2, 4, 8)


def image_shape(data: Tensor, max_pixels: int) -> Tensor:
    """Height and width, [2] int32, from the header of `data`.

    Raises:
        tf.errors.InvalidArgumentError: it is no header of a JPEG or PNG, or has more pixels.
    """
    png = tf.strings.substr(data, 0, len(_PNG)) == _PNG
    known = png | is_jpeg(data)
    tf.debugging.Assert(known, ["neither JPEG nor PNG"])
    shape = tf.cond(png, lambda: _png_shape(data), lambda: tf.image.extract_jpeg_shape(data)[:2])
    shape = tf.ensure_shape(shape, [2])
    pixels = tf.reduce_prod(tf.cast(shape, tf.int64))
    limit = tf.debugging.Assert((pixels > 0) & (pixels <= max_pixels), ["pixels", pixels])
    with tf.control_dependencies([limit]):
        return tf.identity(shape)


def is_jpeg(data: Tensor) -> Tensor:
    """Whether `data` begins as a JPEG does."""
    return tf.strings.substr(data, 0, len(_JPEG)) == _JPEG


def decode_window(data: Tensor, shape: Tensor, window: Tensor, size: int) -> Tensor:
    """The pixels of a window, resized.

    A window of a JPEG that is at least twice as large as what is wanted is decoded at 1/2, 1/4 or
    1/8 of its size, which costs less and smooths it; the rest is bilinear.

    Args:
        data: a JPEG or PNG.
        shape: its height and width, [2] int32.
        window: top, left, height and width in pixels, [4] int32.
        size: height and width of the result.

    Returns:
        [size, size, 3] float32 in 0..255.
    """
    # Nothing is decoded before the shape, which the window depends on, is found to be in order.
    with tf.control_dependencies([window]):
        data = tf.identity(data)
    pixels = tf.cond(
        is_jpeg(data),
        lambda: _decode_jpeg(data, shape, window, size),
        lambda: tf.slice(
            tf.io.decode_png(data, channels=3),
            tf.concat([window[:2], [0]], 0),
            tf.concat([window[2:], [3]], 0),
        ),
    )
    pixels = tf.image.resize(tf.ensure_shape(pixels, [None, None, 3]), (size, size))
    return tf.ensure_shape(pixels, [size, size, 3])


def _decode_jpeg(data: Tensor, shape: Tensor, window: Tensor, size: int) -> Tensor:
    def at(scale: int) -> Tensor:
        # A scaled JPEG has ceil(length / scale) pixels on a side.
        begin, extent = window[:2] // scale, tf.maximum(window[2:] // scale, 1)
        extent = tf.minimum(extent, (shape + scale - 1) // scale - begin)
        return tf.image.decode_and_crop_jpeg(
            data, tf.concat([begin, extent], 0), channels=3, ratio=scale
        )

    fitting = tf.reduce_min(window[2:]) // size
    branch = tf.reduce_sum(tf.cast(fitting >= _SCALES[1:], tf.int32))
    return tf.switch_case(branch, [lambda scale=scale: at(scale) for scale in _SCALES])


def _png_shape(data: Tensor) -> Tensor:
    # The first chunk is the header: 8 bytes of signature, 8 of its length and name.
    size = tf.io.decode_raw(tf.strings.substr(data, 16, 8), tf.int32, little_endian=False)
    return tf.stack([size[1], size[0]])


def find_fault(data: bytes, max_pixels: int = MAX_PIXELS) -> str | None:
    """Why an image cannot be used, in one line; None where it is whole.

    All of it is decoded.

    Args:
        data: of the file.
        max_pixels: more are refused before anything is decoded.
    """
    if not data:
        return "the file is empty"
    if not data.startswith((_JPEG, _PNG)):
        return "it is neither JPEG nor PNG"
    try:
        if data.startswith(_PNG):
            width, height = struct.unpack(">II", data[16:24])
        else:
            height, width = map(int, tf.image.extract_jpeg_shape(data).numpy()[:2])
        if not 0 < height * width <= max_pixels:
            return f"it is {width} x {height} pixels, expected at most {max_pixels:,} in all"
        tf.io.decode_image(data, channels=3, expand_animations=False)
    except struct.error:
        return "it cannot be decoded: its header is cut short"
    except tf.errors.OpError as error:
        return f"it cannot be decoded: {_plain(error.message)}"
    except UnicodeDecodeError:  # TensorFlow quotes bytes of the file
        return "it cannot be decoded"
    return None


def _plain(message: str) -> str:
    """TensorFlow's words without the names of its functions."""
    text = re.sub(r"\{\{.*?\}\}|\[Op:.*", "", " ".join(message.split()))
    return text.strip().rstrip(".")
