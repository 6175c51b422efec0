"""Images are upright, and alike in arrays and in a graph."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from nasnet.data.folders.bad import MAX_PIXELS
from nasnet.data.folders.names import printable, split_of
from nasnet.data.folders.pixels import orientation, read_rgb
from nasnet.data.photos.decoding import decode_window, open_photo, storable
from tests.pictures import encoded, pixels


def turned(turn, kind, height=40, width=64):
    exif = Image.Exif()
    exif[0x0112] = turn
    return encoded(pixels(7, height, width), kind, exif=exif)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_data_turns_an_image_alike_everywhere(kind, turn):
    data = turned(turn, kind)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    np.testing.assert_array_equal(read_rgb(io.BytesIO(data)), upright)
    for given in (data, storable(data)):
        photo = open_photo(tf.constant(given), MAX_PIXELS)
        height, width = photo.shape.numpy()
        assert (height, width) == upright.shape[:2]
        window = tf.constant([3, 5, 20, 20])
        found = decode_window(photo, window, 20).numpy()
        np.testing.assert_allclose(found, upright[3:23, 5:25], atol=4 if kind == "JPEG" else 0)


def test_a_large_jpeg_on_its_side_is_decoded_smaller():
    data = turned(6, "JPEG", 400, 640)
    upright = read_rgb(io.BytesIO(data))
    photo = open_photo(tf.constant(data), MAX_PIXELS)
    found = decode_window(photo, tf.constant([100, 60, 300, 300]), 30).numpy()
    expected = upright.crop((60, 100, 360, 400)).resize((30, 30), Image.Resampling.BOX)
    assert np.abs(found - np.asarray(expected)).max() < 8


def test_a_comment_or_a_profile_before_exif_data_hides_nothing():
    exif = Image.Exif()
    exif[0x0112] = 8
    data = encoded(pixels(1), "JPEG", exif=exif, comment=b"words", icc_profile=bytes(3000))
    assert orientation(data) == 8
    assert int(open_photo(tf.constant(data), MAX_PIXELS).turn) == 8


@pytest.mark.parametrize("data", [b"Exif\0\0", turned(6, "JPEG")[:60], b"\xff\xd8\xff rientation"])
def test_exif_data_that_cannot_be_read_turns_nothing(data):
    assert orientation(data) == 1


def test_names_of_any_bytes_are_printed():
    assert printable("caf\udce9\n\x1b[1m é") == "caf\\xe9\\n\\x1b[1m é"


@pytest.mark.parametrize(
    ("name", "split"),
    [("TRAIN", "train"), ("training_set", "train"), ("Dev", "val"), ("val-images", "val"),
     ("Testing", "test"), ("trains", None), ("evaluation", None), ("set", None)],
)  # fmt: skip
def test_folders_are_splits_by_their_names(name, split):
    assert split_of(name) == split
