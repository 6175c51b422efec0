"""From class folders to record shards that can be read in one go, every image checked on the way.

A conversion may be killed at any moment and started again: a shard is written aside and renamed,
its account is written behind it, and shards with an account are kept. index.json, which makes the
folder one of records, comes last.
"""

import csv
import dataclasses
import hashlib
import io
import json
import math
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.data.folders.bad import check_bad
from nasnet.data.folders.names import printable
from nasnet.data.photos.images import MAX_PIXELS, FileSplit, ImageSet, open_images
from nasnet.data.photos.record_files import FORMAT, INDEX, PLAN, VERSION, read_index
from nasnet.data.photos.shard_writing import ShardTask, write_shards
from nasnet.runtime.files import write_atomically
from nasnet.runtime.processes import usable_cores

ACCOUNTS, BAD = ".accounts", "bad-images.csv"
IMAGES_PER_SHARD = 1250  # some 130 MB of ImageNet's files
_SPLITS = ("train", "validation")


@dataclasses.dataclass(frozen=True, slots=True)
class Converted:
    """What a conversion left.

    Attributes:
        out: the folder.
        classes: how many.
        train: training images.
        validation: validation images.
        bad: images that were left out; bad-images.csv names them.
        shards: files.
    """

    out: Path
    classes: int
    train: int
    validation: int
    bad: int
    shards: int


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """How far a conversion is.

    Attributes:
        shards: those that are written, with those of earlier sessions.
        total: of them.
        images: that were looked at, likewise.
        all_images: of them.
        bad: those that were left out, likewise.
    """

    shards: int
    total: int
    images: int
    all_images: int
    bad: int


@dataclasses.dataclass(frozen=True)
class ShardPlan:
    """Which images go where.

    Args:
        shards: of training images; None for one for every 1,250. As many images go into each one
            of validation images.
        seed: of the order of the images.
        held_out: share of the training images that validate where there are no others.
        max_pixels: an image that has more is left out.

    Raises:
        ValueError: there is less than one shard.
    """

    shards: int | None = None
    seed: int = 0
    held_out: float = 0.1
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        if self.shards is not None and self.shards < 1:
            raise ValueError(f"number of shards is {self.shards}, expected at least 1")


def convert(
    folder: Path,
    out: Path,
    settings: ShardPlan = ShardPlan(),
    *,
    workers: int = 0,
    on_open: Callable[[ImageSet], None] = lambda images: None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Converted:
    """Writes the images of class folders as record shards, or goes on with that.

    Every image is decoded as a whole; those that cannot be used are left out and listed in
    bad-images.csv; too many are an error. JPEG and PNG files are kept as they are, byte by byte,
    others become PNG; all are shuffled over the shards.

    Args:
        folder: of class folders, as in `nasnet.data.photos.images`.
        out: a new folder, or one in which this very conversion was stopped. The number of workers
            may change then.
        settings: what goes where.
        workers: processes; 0 for one a core. A single one is this process itself.
        on_open: called when the images are found.
        on_progress: called at the beginning and behind each shard.

    Raises:
        ValueError: the folder holds no usable images, or `out` holds something else.
        OSError: a folder cannot be read or written, or a worker died.
        KeyboardInterrupt: whole shards are kept, all else is cleared away.
    """
    import filelock

    if workers < 0:
        raise ValueError(f"number of workers is {workers}, expected at least 0")
    images = open_images(folder, held_out=settings.held_out)
    train, validation = images.train, images.validation
    if not isinstance(train, FileSplit) or not isinstance(validation, FileSplit):
        raise ValueError(f"{folder} holds records, expected class folders of image files")
    on_open(images)
    splits = train, validation
    counts = _shard_counts(train.count, validation.count, settings.shards)
    plan = {
        "name": images.name,
        "classes": list(images.classes),
        "digest": _digest(splits),
        "seed": settings.seed,
        "shards": dict(zip(_SPLITS, counts, strict=True)),
        "max_pixels": settings.max_pixels,
    }
    out.mkdir(parents=True, exist_ok=True)
    _take_over(out, plan)
    try:
        with filelock.FileLock(out / ".lock", timeout=0):
            return _convert(out, plan, _tasks(out, plan, splits), workers, on_progress)
    except filelock.Timeout:
        raise ValueError(f"{out} is in use by another conversion, expected it to be free") from None


def _convert(
    out: Path,
    plan: dict[str, Any],
    tasks: list[ShardTask],
    workers: int,
    on_progress: Callable[[Progress], None],
) -> Converted:
    if (out / INDEX).is_file():  # the plan was compared already
        return _summary(out, read_index(out))
    (out / ACCOUNTS).mkdir(exist_ok=True)
    accounts = {task.file: _account(task) for task in tasks if task.account.is_file()}
    missing = [task for task in tasks if task.file not in accounts]

    def report() -> None:
        looked_at = sum(a["count"] + len(a["bad"]) for a in accounts.values())
        bad = sum(len(a["bad"]) for a in accounts.values())
        every = sum(len(task.names) for task in tasks)
        on_progress(Progress(len(accounts), len(tasks), looked_at, every, bad))

    report()
    for file, account in write_shards(missing, workers or len(usable_cores())):
        accounts[file] = account
        report()
    return _finish(out, plan, tasks, [accounts[task.file] for task in tasks])


def _finish(
    out: Path, plan: dict[str, Any], tasks: list[ShardTask], accounts: list[dict[str, Any]]
) -> Converted:
    bad = sorted(row for account in accounts for row in account["bad"])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("name", "reason"))
    writer.writerows(bad)
    write_atomically(out / BAD, text.getvalue().encode(errors="surrogateescape"))
    _check_bad(out, plan, tasks, dict(bad))
    index = {
        "format": FORMAT,
        "version": VERSION,
        "name": plan["name"],
        "classes": plan["classes"],
        "digest": plan["digest"],
        "bad": len(bad),
    }
    for split in _SPLITS:
        index[split] = [
            {key: account[key] for key in ("file", "count", "bytes")}
            for account in accounts
            if account["file"].startswith(split)
        ]
    write_atomically(out / INDEX, json.dumps(index, indent=1) + "\n")
    shutil.rmtree(out / ACCOUNTS)
    return _summary(out, index)


def _check_bad(out: Path, plan: dict[str, Any], tasks: list[ShardTask], bad: dict) -> None:
    """Refuses too many bad images, a class without others to train on, and no validation images."""
    named = [(printable(name), reason) for name, reason in bad.items()]
    check_bad(named, sum(len(task.names) for task in tasks), f"the folder, see {out / BAD},")
    good: dict[str, set[int]] = {split: set() for split in _SPLITS}
    for task in tasks:
        kept = {label for n, label in zip(task.names, task.labels, strict=True) if n not in bad}
        good[task.file.split("-")[0]] |= kept
    lost = [name for i, name in enumerate(plan["classes"]) if i not in good["train"]]
    if lost or not good["validation"]:
        which = f"training images of class {lost[0]!r}" if lost else "validation images"
        raise ValueError(f"all {which} are bad, expected some good ones; see {out / BAD}")


def _summary(out: Path, index: dict[str, Any]) -> Converted:
    train, validation = (sum(shard["count"] for shard in index[split]) for split in _SPLITS)
    files = sum(len(index[split]) for split in _SPLITS)
    return Converted(out, len(index["classes"]), train, validation, index["bad"], files)


def _tasks(out: Path, plan: dict[str, Any], splits: Iterable[FileSplit]) -> list[ShardTask]:
    """What goes into each shard."""
    tasks = []
    for number, (name, split) in enumerate(zip(_SPLITS, splits, strict=True)):
        count = plan["shards"][name]
        order = np.random.default_rng([plan["seed"], number]).permutation(split.count)
        for i, chosen in enumerate(np.array_split(order, count)):
            part = split.taken(chosen)
            file = f"{name}-{i:05d}-of-{count:05d}.tfrecord"
            labels = tuple(map(int, part.labels))
            account = out / ACCOUNTS / f"{file}.json"
            tasks.append(
                ShardTask(out, file, account, split.folder, part.names, labels, plan["max_pixels"])
            )
    return tasks


def _account(task: ShardTask) -> dict[str, Any]:
    account = json.loads(task.account.read_text(encoding="utf-8"))
    size = (task.out / task.file).stat().st_size
    if size != account["bytes"]:
        raise ValueError(
            f"shard {task.out / task.file} has {size} bytes, expected {account['bytes']}"
        )
    return account


def _shard_counts(train: int, validation: int, wanted: int | None) -> tuple[int, int]:
    count = wanted or math.ceil(train / IMAGES_PER_SHARD)
    if count > train:
        raise ValueError(f"number of shards is {count}, expected at most {train}, one an image")
    return count, min(max(1, round(count * validation / train)), validation)


def _digest(splits: Iterable[FileSplit]) -> str:
    """Of all names, labels and sizes: another one means other images."""
    digest = hashlib.sha256()
    for split in splits:
        for name, label in zip(split.names, split.labels, strict=True):
            try:
                size = os.stat(split.folder / name).st_size
            except OSError:
                size = -1
            digest.update(os.fsencode(f"{name}\0{label}\0{size}\n"))
    return digest.hexdigest()


def _take_over(out: Path, plan: dict[str, Any]) -> None:
    """Makes `out` the folder of this conversion.

    Raises:
        ValueError: it is that of another one, or of something else.
    """
    path = out / PLAN
    if not path.is_file():
        if any(not entry.name.startswith(".") for entry in out.iterdir()):
            raise ValueError(f"{out} holds other files, expected a new or an empty folder")
        write_atomically(path, json.dumps(plan, indent=1) + "\n")
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    changed = [key for key in plan if not isinstance(found, dict) or found.get(key) != plan[key]]
    if changed:
        raise ValueError(
            f"{out} is of a conversion with another {', '.join(changed)}, expected a new folder"
        )
