"""Record shards: nothing is lost, a killed conversion goes on, and nothing is mixed."""

import csv
import json
import os
import time
from pathlib import Path

import filelock
import numpy as np
import pytest
import tensorflow as tf

from nasnet.data.photos.images import open_images
from nasnet.data.photos.pipeline import TrainingImages, evaluation_batches, training_batches
from nasnet.data.photos.record_files import RecordSplit, Shard
from nasnet.data.photos.records import ShardPlan, convert
from tests.pictures import BAD, encoded, pixels, write_folder
from tests.processes import Program

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "set", train={"a": 20, "b": 12}, val={"a": 5, "b": 3})


def records(out):
    """The files' bytes by name, and the labels, of every record of a folder."""
    found = {}
    for file in sorted(out.glob("*.tfrecord")):
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            feature = tf.train.Example.FromString(record).features.feature
            name = feature["name"].bytes_list.value[0].decode()
            found[name] = feature["image"].bytes_list.value[0], feature["label"].int64_list.value[0]
    return found


def shards(out):
    return {file.name: file.read_bytes() for file in out.glob("*.tfrecord")}


def test_every_image_is_kept_byte_by_byte(folder, tmp_path):
    done = convert(folder, tmp_path / "out", ShardPlan(shards=4), workers=1)
    assert (done.classes, done.train, done.validation, done.bad, done.shards) == (2, 32, 8, 0, 5)
    files = {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*.png")}
    found = records(tmp_path / "out")
    assert {name: data for name, (data, _) in found.items()} == files
    assert all(label == ("/b/" in name) for name, (_, label) in found.items())
    images = open_images(tmp_path / "out")
    assert (images.name, images.classes) == ("set", ("a", "b"))
    assert (images.train.count, images.validation.count) == (32, 8)
    assert images.train.describe(9) == "train-00001-of-00004.tfrecord:1"


def test_images_are_shuffled_over_the_shards_by_the_seed(folder, tmp_path):
    for seed in (0, 1):
        convert(folder, tmp_path / str(seed), ShardPlan(shards=4, seed=seed), workers=1)
    orders = [list(records(tmp_path / str(seed))) for seed in (0, 1)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != sorted(orders[0])
    labels = take_labels(open_images(tmp_path / "0").train)
    assert all(0 < labels[i : i + 8].sum() < 8 for i in range(0, 32, 8))


def take_labels(split):
    return np.concatenate([b["label"].numpy() for b in evaluation_batches(split, 8, 8)])


def test_bad_images_are_listed_and_left_out(folder, tmp_path):
    for kind, (name, data, _) in BAD.items():
        (folder / "train" / "a" / f"{kind}-{name}").write_bytes(data)
    (folder / "train" / "b" / "0.png").unlink()
    os.symlink(folder / "train" / "b" / "1.png", folder / "train" / "b" / "0.png")
    done = convert(folder, tmp_path / "out", workers=1)
    assert (done.train, done.bad) == (32, len(BAD))
    with (tmp_path / "out" / "bad-images.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == sorted(
        f"train/a/{kind}-{name}" for kind, (name, _, _) in BAD.items()
    )
    for row in rows:
        kind = next(k for k in BAD if row["name"].startswith(f"train/a/{k}-"))
        assert BAD[kind][2] in row["reason"]


def test_a_file_that_cannot_be_read_is_listed(folder, tmp_path, monkeypatch):
    real = Path.read_bytes

    def refuse(path):  # permissions would not stop root
        if path.name == "3.png" and path.parent.name == "a":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    done = convert(folder, tmp_path / "out", workers=1)
    assert done.bad == 2
    text = (tmp_path / "out" / "bad-images.csv").read_text()
    assert "train/a/3.png,it cannot be read: Permission denied" in text


def test_a_stopped_conversion_goes_on_where_it_was(folder, tmp_path):
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    convert(folder, whole, ShardPlan(shards=4), workers=1)
    calls = []

    def stop(progress):
        calls.append(progress)
        if progress.shards == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(folder, halves, ShardPlan(shards=4), workers=1, on_progress=stop)
    assert [(p.shards, p.images) for p in calls] == [(0, 0), (1, 8), (2, 16)]
    assert (calls[0].total, calls[0].all_images) == (5, 40)
    assert not list(halves.glob(".*.part"))
    with pytest.raises(ValueError, match="holds an unfinished conversion, expected a whole one"):
        open_images(halves)
    first = {file: file.stat().st_mtime_ns for file in halves.glob("*.tfrecord")}
    assert len(first) == 2
    (halves / ".train-00003-of-00004.tfrecord.part").write_bytes(b"left by a kill")
    convert(folder, halves, ShardPlan(shards=4), workers=1, on_progress=calls.append)
    assert calls[3].shards == 2
    assert all(file.stat().st_mtime_ns == then for file, then in first.items())
    assert shards(halves) == shards(whole)
    assert (halves / "index.json").read_text() == (whole / "index.json").read_text()
    assert sorted(p.name for p in halves.iterdir()) == sorted(p.name for p in whole.iterdir())


def test_a_finished_conversion_is_not_done_again(folder, tmp_path):
    first = convert(folder, tmp_path / "out", workers=1)
    again = convert(folder, tmp_path / "out", workers=1, on_progress=lambda p: pytest.fail("done"))
    assert again == first


def test_a_conversion_is_not_mixed_with_another_one(folder, tmp_path):
    out = tmp_path / "out"
    convert(folder, out, ShardPlan(shards=2), workers=1)
    with pytest.raises(ValueError, match="of a conversion with another seed, shards, expected a n"):
        convert(folder, out, ShardPlan(shards=3, seed=1), workers=1)
    other = write_folder(tmp_path / "other" / "set", train={"a": 20, "b": 12}, val={"a": 5, "b": 3})
    (other / "train" / "a" / "0.png").write_bytes(encoded(pixels(0, 40, 40)))
    with pytest.raises(ValueError, match="of a conversion with another digest, expected a new"):
        convert(other, out, ShardPlan(shards=2), workers=1)
    with pytest.raises(ValueError, match="holds other files, expected a new or an empty folder"):
        convert(folder, tmp_path / "other", workers=1)
    with pytest.raises(ValueError, match="holds records, expected class folders"):
        convert(out, tmp_path / "new", workers=1)


def test_two_conversions_at_a_time_are_refused(folder, tmp_path):
    out = tmp_path / "out"
    convert(folder, out, workers=1)
    with (
        filelock.FileLock(out / ".lock"),
        pytest.raises(ValueError, match="in use by another conversion, expected it to be free"),
    ):
        convert(folder, out, workers=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shards": 0}, "number of shards is 0, expected at least 1"),
        ({"shards": 33}, "number of shards is 33, expected at most 32, one an image"),
        ({"workers": -1}, "number of workers is -1, expected at least 0"),
    ],
)
def test_arguments_out_of_range_are_refused(folder, tmp_path, arguments, message):
    def call(workers=1, **plan):
        convert(folder, tmp_path / "out", ShardPlan(**plan), workers=workers)

    with pytest.raises(ValueError, match=message):
        call(**arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda i: i | {"version": 9}, "index.json is 'nasnet-records' version 9, expected"),
        (lambda i: {"a": 1}, r"index.json has the keys \['a'\], expected"),
        (lambda i: i | {"train": []}, "has no train images, expected some"),
        (
            lambda i: i | {"train": [i["train"][0] | {"file": "../x"}]},
            r"is '\.\./x', expected a plain name",
        ),
        (lambda i: i | {"train": [i["train"][0] | {"file": "gone"}]}, "gone is missing, expected"),
        (lambda i: i | {"train": [i["train"][0] | {"bytes": 5}]}, r"bytes, expected 5"),
    ],
)
def test_a_folder_that_was_tampered_with_is_refused(folder, tmp_path, change, message):
    out = tmp_path / "out"
    convert(folder, out, workers=1)
    index = json.loads((out / "index.json").read_text())
    (out / "index.json").write_text(json.dumps(change(index)))
    with pytest.raises(ValueError, match=message):
        open_images(out)


def test_a_damaged_shard_is_an_error_of_its_own(folder, tmp_path):
    out = tmp_path / "out"
    convert(folder, out, workers=1)
    (shard,) = out.glob("train-*.tfrecord")
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    with pytest.raises(tf.errors.DataLossError):
        list(training_batches(TrainingImages(open_images(out).train, 8, 32, seed=0), 0))


def test_a_limit_takes_the_first_records(folder, tmp_path):
    convert(folder, tmp_path / "out", ShardPlan(shards=4), workers=1)
    whole = open_images(tmp_path / "out").train
    some = open_images(tmp_path / "out", image_limit=11).train
    assert some.count == 11
    np.testing.assert_array_equal(take_labels(some), take_labels(whole)[:11])


def test_records_in_front_of_a_shards_images_are_skipped(folder, tmp_path):
    convert(folder, tmp_path / "out", ShardPlan(shards=1), workers=1)
    whole = open_images(tmp_path / "out").train
    (shard,) = whole.shards
    part = RecordSplit((Shard(shard.file, 5, skip=20), Shard(shard.file, 4, skip=2)))
    assert part.describe(6) == f"{shard.file.name}:3"
    expected = take_labels(whole)[[20, 21, 22, 23, 24, 2, 3, 4, 5]]
    np.testing.assert_array_equal(take_labels(part), expected)


def lives(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_a_killed_conversion_goes_on_and_leaves_no_worker(tmp_path):
    """It holds behind three shards, or a fourth that the other worker had begun."""
    folder = write_folder(tmp_path / "set", train={"a": 100, "b": 100}, val={"a": 5})
    out = tmp_path / "out"
    (tmp_path / "hold").touch()
    driver = Program("tests.conversion", folder, out)
    driver.wait_for(lambda: len(list(out.glob("*.tfrecord"))) >= 3)
    driver.kill()
    assert 3 <= len(list(out.glob("*.tfrecord"))) <= 4
    workers = [int(path.name.split("-")[1]) for path in tmp_path.glob("worker-*")]
    assert len(workers) == 2
    while any(map(lives, workers)):
        time.sleep(0.01)
    (tmp_path / "hold").unlink()
    Program("tests.conversion", folder, out).finish()
    assert len(records(out)) == 205
    convert(folder, tmp_path / "once", ShardPlan(shards=40), workers=1)
    assert shards(out) == shards(tmp_path / "once")


@pytest.mark.slow
def test_tensorflow_datasets_are_read_where_they_lie(tmp_path):
    tfds = pytest.importorskip("tensorflow_datasets", reason="tensorflow-datasets is missing")

    class TinyPictures(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            image = tfds.features.Image(shape=(24, 24, 3))
            label = tfds.features.ClassLabel(names=["cat", "dog"])
            features = tfds.features.FeaturesDict({"image": image, "label": label})
            return self.dataset_info_from_configs(features=features)

        def _split_generators(self, dl_manager):
            return {"train": self._generate_examples(40)}

        def _generate_examples(self, count):
            for i in range(count):
                yield i, {"image": pixels(i), "label": i % 2}

    with pytest.raises(ValueError, match=r"tfds:tiny_pictures is not prepared in .*, expected it"):
        open_images("tfds:tiny_pictures", data_dir=tmp_path)
    TinyPictures(data_dir=str(tmp_path)).download_and_prepare()
    images = open_images("tfds:tiny_pictures", data_dir=tmp_path)
    assert images.classes == ("cat", "dog")
    assert (images.train.count, images.validation.count) == (36, 4)
    assert "the last 10% of train held out to validate" in images.source
    known = {pixels(i)[1:22, 1:22].tobytes(): i % 2 for i in range(40)}
    for split in (images.train, images.validation):
        for batch in evaluation_batches(split, 21, 4):
            assert batch["ok"].numpy().all()
            for image, label in zip(batch["image"], batch["label"], strict=True):
                shown = np.rint((image.numpy() + 1) * 127.5).astype(np.uint8)
                assert known.pop(shown.tobytes()) == label
    assert not known
    with pytest.raises(ValueError, match="tfds:no_such_set is not known, expected a data set"):
        open_images("tfds:no_such_set", data_dir=tmp_path)
