"""From the bytes of an image to pixels in a graph, without trusting them.

What is read is in `nasnet.data.folders.pixels`, and it is read alike: TensorFlow decodes JPEG and
PNG itself, which is fast; Pillow makes a PNG of any other format first. A file cut short is bad
wherever its missing part is needed.
"""

import re
import struct
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from nasnet.data.folders.bad import MAX_PIXELS, BadImageError, too_large
from nasnet.data.folders.pixels import as_png, orientation
from nasnet.data.photos.orientation import exchanged, stored_window, upright

Tensor = Any
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_SCALES = (1, 2, 4, 8)


class Photo(NamedTuple):
    """An image whose header is in order, not decoded yet.

    Attributes:
        data: a JPEG or PNG.
        shape: height and width of the upright image, [2] int32.
        turn: how it is stored, as EXIF counts: 1 to 8, [] int32.
    """

    data: Tensor
    shape: Tensor
    turn: Tensor


def open_photo(data: Tensor, max_pixels: int) -> Photo:
    """Looks at the header of an image; what is neither a JPEG nor a PNG is decoded for that.

    Args:
        data: of any format that `nasnet.data.folders.pixels` knows.
        max_pixels: more are refused before anything is decoded.

    Raises:
        tf.errors.OpError: it is no image, or has more pixels.
    """

    def prepared() -> tuple[Tensor, Tensor]:
        found = tf.numpy_function(_prepared, [data, max_pixels], (tf.string, tf.int32))
        return tf.ensure_shape(found[0], []), tf.ensure_shape(found[1], [])

    data, turn = tf.cond(_is_plain(data), lambda: (data, tf.constant(1)), prepared)
    shape = tf.cond(
        is_jpeg(data), lambda: tf.image.extract_jpeg_shape(data)[:2], lambda: _png_shape(data)
    )
    shape = tf.ensure_shape(shape, [2])
    pixels = tf.reduce_prod(tf.cast(shape, tf.int64))
    limit = tf.debugging.Assert((pixels > 0) & (pixels <= max_pixels), ["pixels", pixels])
    with tf.control_dependencies([limit]):
        return Photo(data, exchanged(shape, turn), turn)


def _is_plain(data: Tensor) -> Tensor:
    """Whether a file is a JPEG or PNG that says nothing of itself before its pixels.

    That is seen by its second marker or chunk: other files may have EXIF data there. A JPEG begins
    with its tables, or has them behind the 18 bytes of JFIF; a PNG has a header of 25 bytes.
    """
    tables = b"\xff\xdb"
    jpeg = (tf.strings.substr(data, 2, 2) == tables) | (_bytes_at(data, 20, 2) == tables)
    chunk = _bytes_at(data, len(_PNG) + 25 + 4, 4)
    png = _is_png(data) & ((chunk == b"IDAT") | (chunk == b"PLTE"))
    return (is_jpeg(data) & jpeg) | png


def _bytes_at(data: Tensor, place: int, count: int) -> Tensor:
    """Some bytes, or fewer behind the end."""
    return tf.strings.substr(data, tf.minimum(place, tf.strings.length(data)), count)


def _prepared(given: Any, max_pixels: int) -> tuple[bytes, np.int32]:
    """An image that TensorFlow decodes, or nothing for a bad one; and how it is turned."""
    data = given if isinstance(given, bytes) else given.item()  # an array outside of a graph
    if data.startswith((_JPEG, _PNG)):
        return data, np.int32(orientation(data))
    try:
        return as_png(data, int(max_pixels)), np.int32(1)
    except BadImageError:  # TensorFlow would log it with a traceback; nothing is no PNG, either
        return b"", np.int32(1)


def is_jpeg(data: Tensor) -> Tensor:
    """Whether `data` begins as a JPEG does."""
    return tf.strings.substr(data, 0, len(_JPEG)) == _JPEG


def _is_png(data: Tensor) -> Tensor:
    return tf.strings.substr(data, 0, len(_PNG)) == _PNG


def decode_window(photo: Photo, window: Tensor, size: int) -> Tensor:
    """The pixels of a window, resized.

    A window of a JPEG that is at least twice as large as what is wanted is decoded at 1/2, 1/4 or
    1/8 of its size, which costs less and smooths it; the rest is bilinear. What is stored on its
    side is turned behind that, when it is small.

    Args:
        photo: that is shown.
        window: top, left, height and width in pixels of the upright image, [4] int32.
        size: height and width of the result.

    Returns:
        [size, size, 3] float32 in 0..255.
    """
    window, shape = tf.cond(
        photo.turn > 1,
        lambda: (
            stored_window(window, photo.shape, photo.turn),
            exchanged(photo.shape, photo.turn),
        ),
        lambda: (window, photo.shape),
    )
    # Nothing is decoded before the shape, which the window depends on, is found to be in order.
    with tf.control_dependencies([window]):
        data = tf.identity(photo.data)
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
    return upright(tf.ensure_shape(pixels, [size, size, 3]), photo.turn)


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

    All of it is decoded, by what will decode it for a network.

    Args:
        data: of the file.
        max_pixels: more are refused before anything is decoded.
    """
    try:
        if not data.startswith((_JPEG, _PNG)):
            as_png(data, max_pixels)
            return None
        if data.startswith(_PNG):
            width, height = struct.unpack(">II", data[16:24])
        else:
            height, width = map(int, tf.image.extract_jpeg_shape(data).numpy()[:2])
        if not 0 < height * width <= max_pixels:
            return too_large(width, height, max_pixels)
        tf.io.decode_image(data, channels=3, expand_animations=False)
    except BadImageError as error:
        return str(error)
    except struct.error:
        return "it cannot be decoded: its header is cut short"
    except tf.errors.OpError as error:
        return f"it cannot be decoded: {_plain(error.message)}"
    except UnicodeDecodeError:  # TensorFlow quotes bytes of the file
        return "it cannot be decoded"
    return None


def storable(data: bytes, max_pixels: int = MAX_PIXELS) -> bytes:
    """A good image as TensorFlow can decode it: itself, or a PNG of what it shows."""
    return data if data.startswith((_JPEG, _PNG)) else as_png(data, max_pixels)


def _plain(message: str) -> str:
    """TensorFlow's words without the names of its functions."""
    text = re.sub(r"\{\{.*?\}\}|\[Op:.*", "", " ".join(message.split()))
    return text.strip().rstrip(".")
