"""Data sets that TensorFlow Datasets has prepared, as the shards that they lie in."""

from pathlib import Path
from typing import Any

from nasnet.data.photos.record_files import RecordSplit, Shard
from nasnet.runtime.errors import one_line
from nasnet.runtime.libraries import need

_VALIDATION = ("validation", "test")


def open_tfds(
    name: str, *, held_out: float, data_dir: Path | None
) -> tuple[tuple[str, ...], RecordSplit, RecordSplit, str]:
    """Classes, training and validation images of a prepared data set, and a note about them.

    Nothing is downloaded. Where there is no split `validation`, `test` takes its place, and where
    that is missing, too, the last records of `train` do.

    Args:
        name: as for `tfds.builder`, such as "imagenet2012" or "cifar10:3.0.2".
        held_out: share of the training records that validate where nothing else can.
        data_dir: where the prepared data lies; None for the library's own choice.

    Raises:
        ValueError: the library or the data set is missing, or the set is not one of images with
            labels in TFRecord files.
    """
    builder = _builder(name, data_dir)
    info = builder.info
    features = info.features
    for key in ("image", "label"):
        if key not in features:
            raise ValueError(f"features of tfds:{name} are {sorted(features)}, expected {key!r}")
    classes = tuple(getattr(features["label"], "names", None) or ())
    if len(classes) < 2:
        raise ValueError(f"tfds:{name} has {len(classes)} named classes, expected at least 2")
    if "train" not in info.splits:
        raise ValueError(f"splits of tfds:{name} are {sorted(info.splits)}, expected train")
    train, note = "train", ""
    validation = next((split for split in _VALIDATION if split in info.splits), None)
    if validation is None:
        first = round(info.splits["train"].num_examples * (1 - held_out))
        train, validation = f"train[:{first}]", f"train[{first}:]"
        note = f", the last {held_out:.0%} of train held out to validate"
    elif validation != "validation":
        note = f", validated on its {validation} images"
    return classes, _split(info, name, train), _split(info, name, validation), note


def _builder(name: str, data_dir: Path | None) -> Any:
    tfds = need("tensorflow_datasets", "tensorflow-datasets", f"read tfds:{name}")
    try:
        builder = tfds.builder(name, data_dir=None if data_dir is None else str(data_dir))
    except ImportError as error:
        raise ValueError(f"tensorflow-datasets lacks a library of its own: {error}") from None
    except tfds.core.DatasetNotFoundError as error:
        reason = one_line(error)[:200]
        raise ValueError(f"tfds:{name} is not known, expected a data set: {reason}") from None
    if not builder.info.splits:
        raise ValueError(
            f"tfds:{name} is not prepared in {builder.data_dir}, expected it there: "
            f"tfds build {name}"
        )
    return builder


def _split(info: Any, name: str, split: str) -> RecordSplit:
    shards = []
    for instruction in info.splits[split].file_instructions:
        file = Path(instruction.filename)
        if ".tfrecord" not in file.name:
            raise ValueError(f"tfds:{name} lies in {file.name}, expected TFRecord files")
        taken = instruction.take if instruction.take >= 0 else None
        count = taken or instruction.examples_in_shard - instruction.skip
        shards.append(Shard(file, int(count), int(instruction.skip)))
    if not shards:
        raise ValueError(f"split {split} of tfds:{name} has no images, expected some")
    return RecordSplit(tuple(shards))
