"""Batches of images: the same ones whenever asked for, and no bad image stops them."""

import colorsys
import functools

import numpy as np
import pytest
import tensorflow as tf

from nasnet.data.photos.decoding import decode_window, find_fault, open_photo
from nasnet.data.photos.distortion import (
    central_window,
    distort_colours,
    flip,
    inception_window,
    random_window,
)
from nasnet.data.photos.images import open_images
from nasnet.data.photos.pipeline import TrainingImages, evaluation_batches, training_batches
from nasnet.data.photos.records import ShardPlan, convert
from tests.pictures import BAD, GOOD, encoded, huge_png, pixels, write_folder

SIZE = 16


@pytest.fixture(scope="module", params=["files", "records"])
def split(request, tmp_path_factory):
    """37 training images of 3 classes, in files and in 3 shards."""
    root = tmp_path_factory.mktemp(request.param)
    folder = write_folder(root / "set", train={"a": 20, "b": 10, "c": 7}, val={"a": 2, "b": 1})
    if request.param == "records":
        convert(folder, root / "records", ShardPlan(shards=3), workers=1)
        folder = root / "records"
    return open_images(folder).train


def take(batches):
    """All batches as one dict of arrays."""
    parts = [{key: value.numpy() for key, value in batch.items()} for batch in batches]
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def same(a, b):
    return all(np.array_equal(a[key], b[key]) for key in ("image", "label", "index", "ok"))


@functools.cache
def epoch_of(split, **changes):
    """An epoch, or a part of it; most of its time goes into tracing."""
    when = {name: changes.pop(name) for name in ("epoch", "start") if name in changes}
    images = TrainingImages(split, SIZE, 8, **{"shuffle_window": 16, **changes})
    return take(training_batches(images, **{"epoch": 0, **when}))


@functools.cache
def shown(split):
    """All images as evaluation shows them."""
    return take(evaluation_batches(split, SIZE, 10))


OTHERS = ({"epoch": 1}, {"seed": 1})


@pytest.mark.parametrize(
    "augmentation",
    ["inception", *(pytest.param(a, marks=pytest.mark.slow) for a in ("none", "flip"))],
)
def test_an_epoch_can_be_taken_up_anywhere(split, augmentation):
    check_that_an_epoch_can_be_taken_up(split, augmentation)


def test_crops_and_flips_can_be_taken_up_anywhere(tmp_path):
    folder = write_folder(tmp_path, train={"a": 20, "b": 18}, val={"a": 1})
    check_that_an_epoch_can_be_taken_up(open_images(folder).train, "crop-flip")


def check_that_an_epoch_can_be_taken_up(split, augmentation):
    whole = epoch_of(split, augmentation=augmentation)
    assert whole["image"].shape == (32, SIZE, SIZE, 3)
    assert whole["image"].dtype == np.float32
    assert (whole["label"].dtype, whole["index"].dtype) == (np.int32, np.int64)
    assert -1 <= whole["image"].min() < whole["image"].max() <= 1
    assert whole["ok"].all()
    rest = epoch_of(split, augmentation=augmentation, start=3)
    assert same({key: value[24:] for key, value in whole.items()}, rest)


def test_behind_the_last_batch_there_is_nothing(split):
    assert not list(training_batches(TrainingImages(split, SIZE, 8, seed=0), 0, start=4))


def test_an_epoch_holds_each_image_once_in_an_order_of_its_own(split):
    orders = [epoch_of(split)["index"].tolist()]
    orders += [epoch_of(split, augmentation="none", **k)["index"].tolist() for k in OTHERS]
    assert all(len(set(order)) == 32 for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    assert all(order != sorted(order) for order in orders)


def test_workers_see_together_what_one_sees(split):
    parts = [epoch_of(split, part=(i, 2)) for i in range(2)]
    together = {}
    for key, value in epoch_of(split).items():
        halves = [part[key].reshape(4, 4, *value.shape[1:]) for part in parts]
        together[key] = np.stack(halves, axis=1).reshape(value.shape)
    assert same(epoch_of(split), together)


def test_tensorflows_global_seed_changes_nothing(split):
    expected = epoch_of(split)
    tf.random.set_seed(99)
    again = training_batches(TrainingImages(split, SIZE, 8, seed=0, shuffle_window=16), 0)
    assert same(expected, take(again))


def test_labels_belong_to_their_images(split):
    trained = take(
        training_batches(TrainingImages(split, SIZE, 37, seed=0, augmentation="none"), 0)
    )
    order = np.argsort(trained["index"])
    assert same(shown(split), {key: value[order] for key, value in trained.items()})
    assert np.bincount(shown(split)["label"]).tolist() == [20, 10, 7]


def test_evaluation_shows_every_image_once_in_order(split):
    assert shown(split)["index"].tolist() == list(range(37))
    batches = [
        b["index"].numpy().tolist() for b in evaluation_batches(split, SIZE, 10, part=(1, 2))
    ]
    assert [len(batch) for batch in batches] == [5, 5, 5, 2]
    found = [i for batch in batches for i in batch]
    assert found == [p for p in range(37) if p % 10 >= 5]


def test_bad_images_are_replaced_by_others_of_their_batch(tmp_path):
    root = write_folder(tmp_path, train={"a": 6, "b": 5}, val={"a": 1, "b": 1})
    bad = {f"{kind}-{name}": data for kind, (name, data, _) in BAD.items()}
    for name, data in bad.items():
        (root / "train" / "b" / name).write_bytes(data)
    split, total = open_images(root).train, 11 + len(BAD)
    found = take(
        training_batches(TrainingImages(split, SIZE, total, seed=0, augmentation="none"), 0)
    )
    names = np.array([split.describe(int(i)).split("/")[-1] for i in found["index"]])
    assert set(names[~found["ok"]]) == set(bad)
    good = {found["image"][i].tobytes(): found["label"][i] for i in np.flatnonzero(found["ok"])}
    assert len(good) == 11
    for i in np.flatnonzero(~found["ok"]):
        assert good[found["image"][i].tobytes()] == found["label"][i]
    shown = take(evaluation_batches(split, SIZE, 4))
    assert shown["index"].tolist() == list(range(total))
    assert (shown["ok"].sum(), (~shown["ok"]).sum()) == (11, len(BAD))


@pytest.mark.parametrize("kind", BAD)
def test_what_is_wrong_with_a_bad_image_is_said(kind):
    _, data, reason = BAD[kind]
    assert reason in str(find_fault(data))


def test_all_kinds_of_images_are_shown_as_rgb(tmp_path):
    root = write_folder(tmp_path, train={"a": 2, "b": 2}, val={"a": 0})
    for kind, (name, data, _) in GOOD.items():
        assert find_fault(data) is None
        (root / "val" / "a" / f"{kind}-{name}").write_bytes(data)
    split = open_images(root).validation
    # 21 of 24 pixels are the central crop, so nothing is resized.
    shown = take(evaluation_batches(split, 21, 4))
    assert shown["ok"].all()
    assert split.count == len(GOOD)
    for i, image in zip(shown["index"], shown["image"], strict=True):
        file = split.describe(int(i)).split("/")[-1]
        _, data, expected = next(GOOD[kind] for kind in GOOD if file == f"{kind}-{GOOD[kind][0]}")
        lossy = 8 if data.startswith(b"\xff\xd8") else 0.01
        np.testing.assert_allclose((image + 1) * 127.5, expected[1:22, 1:22], atol=lossy)


def test_a_file_that_cannot_be_opened_is_a_bad_image(tmp_path):
    root = write_folder(tmp_path, train={"a": 2, "b": 2}, val={"a": 2, "b": 2})
    split = open_images(root).validation
    (root / "val" / "a" / "1.png").unlink()  # as for permissions, reading it is an error
    assert take(evaluation_batches(split, SIZE, 4))["ok"].tolist() == [True, False, True, True]


def test_a_batch_without_any_good_image_is_black(tmp_path):
    root = write_folder(tmp_path, train={"a": 2, "b": 2}, val={"a": 2, "b": 2})
    split = open_images(root).train
    for file in (root / "train").rglob("*.png"):
        file.write_bytes(huge_png())
    found = take(training_batches(TrainingImages(split, SIZE, 2, seed=0), 0))
    assert not found["ok"].any()
    assert (found["image"] == -1).all()
    assert sorted(found["index"].tolist()) == [0, 1, 2, 3]


def test_the_limit_of_pixels_is_an_argument(tmp_path):
    split = open_images(write_folder(tmp_path, train={"a": 2, "b": 2}, val={"a": 1})).train
    assert take(evaluation_batches(split, SIZE, 4, max_pixels=24 * 24))["ok"].all()
    assert not take(evaluation_batches(split, SIZE, 4, max_pixels=24 * 24 - 1))["ok"].any()
    assert (
        find_fault(encoded(pixels(0)), 575) == "it is 24 x 24 pixels, expected at most 575 in all"
    )


def test_nothing_is_decoded_before_the_header_is_checked():
    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def decode(data):
        photo = open_photo(data, 1000)
        return decode_window(photo, central_window(photo.shape, 1.0), SIZE)

    operations = decode.get_concrete_function().graph.get_operations()
    (decoder,) = (
        op
        for op in operations
        if op.type in ("If", "StatelessIf") and op.outputs and op.outputs[0].dtype == tf.uint8
    )
    before, waiting = set(), [decoder]
    while waiting:
        op = waiting.pop()
        for earlier in (*(tensor.op for tensor in op.inputs), *op.control_inputs):
            if earlier.name not in before:
                before.add(earlier.name)
                waiting.append(earlier)
    data = next(tensor.op for tensor in decoder.inputs if tensor.dtype == tf.string)
    assert data.type == "Identity"
    assert data.control_inputs
    checks = [op.name for op in operations if "Assert" in op.name and op.type in ("If", "Assert")]
    (check,) = checks
    assert check in before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 0}, "size is 0, expected at least 1"),
        ({"batch_size": 0}, "batch size is 0, expected at least 1"),
        ({"batch_size": 38}, "batch size is 38, expected at most 37 images"),
        ({"batch_size": 9, "part": (0, 2)}, "batch size is 9, expected a multiple of the 2 parts"),
        ({"part": (2, 2)}, r"part is \(2, 2\), expected \(i, n\)"),
        ({"start": 5}, "start is 5, expected 0 to 4 batches"),
        ({"augmentation": "mixup"}, "augmentation is 'mixup', expected one of: none, flip"),
        ({"shuffle_window": 0}, "shuffle window is 0, expected at least 1"),
    ],
)
def test_training_arguments_out_of_range_are_refused(split, arguments, message):
    arguments = {"size": SIZE, "batch_size": 8, **arguments}
    start = arguments.pop("start", 0)

    def batches():
        return training_batches(TrainingImages(split, **arguments), 0, start=start)

    with pytest.raises(ValueError, match=message):
        batches()


def test_a_crop_out_of_range_is_refused(split):
    with pytest.raises(ValueError, match=r"crop is 1\.5, expected above 0 and at most 1"):
        evaluation_batches(split, SIZE, 8, crop=1.5)


def seeds(count):
    return [tf.constant([7, i], tf.int64) for i in range(count)]


def test_inception_windows_have_the_papers_areas_and_sides():
    shape = tf.constant([300, 400])
    windows = np.array([inception_window(shape, seed) for seed in seeds(400)])
    top, left, height, width = windows.T
    assert (windows[:, :2] >= 0).all()
    assert (top + height <= 300).all()
    assert (left + width <= 400).all()
    share = height * width / 120_000
    assert (share >= 0.078).all()
    assert share.max() <= 1
    assert share.min() < 0.15
    aspect = width / height
    assert 0.74 < aspect.min() < 0.8
    assert 1.25 < aspect.max() < 1.345


def test_random_windows_are_squares_anywhere_and_central_ones_in_the_middle():
    shape = tf.constant([40, 100])
    assert central_window(shape, 0.875).numpy().tolist() == [2, 32, 35, 35]
    windows = np.array([random_window(shape, 0.875, seed) for seed in seeds(300)])
    assert set(windows[:, 0]) == set(range(6))
    assert windows[:, 1].min() <= 2
    assert windows[:, 1].max() >= 63
    assert (windows[:, 2:] == 35).all()


def test_colours_are_brightened_and_then_saturated():
    image = np.full((1, 1, 3), (0.5, 0.3, 0.4), np.float32)
    found = distort_colours(tf.constant(image), tf.constant([0.75, 0.9])).numpy()[0, 0]
    hue, saturation, value = colorsys.rgb_to_hsv(*(image[0, 0] + 0.5 * 32 / 255))
    expected = colorsys.hsv_to_rgb(hue, saturation * 1.4, value)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    neutral = distort_colours(tf.constant(image), tf.constant([0.5, 0.5]))
    np.testing.assert_allclose(neutral, image, atol=1e-6)


def test_half_of_the_draws_mirror():
    image = tf.constant(pixels(1), tf.float32)
    np.testing.assert_array_equal(flip(image, tf.constant(0.49)), pixels(1)[:, ::-1])
    np.testing.assert_array_equal(flip(image, tf.constant(0.5)), pixels(1))


@pytest.mark.parametrize("side", [63, 64, 127, 128, 255, 256, 301, 512, 613])
def test_large_jpegs_are_decoded_smaller_and_show_the_same(side):
    array = pixels(8, side + 30, side + 45)
    data = tf.constant(encoded(array, "JPEG", quality=95))
    window = tf.constant([17, 23, side, side])
    found = decode_window(open_photo(data, 10**8), window, 64)
    crop = tf.constant(array[17 : 17 + side, 23 : 23 + side])
    expected = tf.image.resize(crop, (64, 64))
    # A window begins on the scaled image's grid: less than 8 pixels away on a gradient.
    assert np.abs(found - expected).max() < 8


def test_the_last_pixels_of_a_large_jpeg_can_be_shown():
    data = tf.constant(encoded(pixels(8, 613, 517), "JPEG", quality=95))
    for window in ([0, 0, 613, 517], [101, 5, 512, 512], [612, 516, 1, 1]):
        found = decode_window(open_photo(data, 10**6), tf.constant(window), 64)
        assert found.shape == (64, 64, 3)


def test_real_photos_are_all_good(real_data):
    images = open_images(real_data / "imagenette224_mini", image_limit=64)
    found = take(training_batches(TrainingImages(images.train, 64, 32, seed=0), 0))
    assert found["ok"].all()
    assert 0.2 < found["image"].std() < 0.8
