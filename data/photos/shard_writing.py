"""Writes record shards, in this process or in several that do not outlive it."""

import concurrent.futures
import contextlib
import dataclasses
import json
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from nasnet.runtime import processes
from nasnet.runtime.files import write_atomically
from nasnet.runtime.processes import serve_parent
from nasnet.runtime.quiet import import_tensorflow


@dataclasses.dataclass(frozen=True, slots=True)
class ShardTask:
    """One shard to write.

    Attributes:
        out: the folder that it goes to.
        file: its name there.
        account: the file that says what is in it, written behind it.
        folder: what the names are relative to.
        names: of the images' files.
        labels: of the images.
        max_pixels: an image that has more is bad.
    """

    out: Path
    file: str
    account: Path
    folder: Path
    names: tuple[str, ...]
    labels: tuple[int, ...]
    max_pixels: int


class _Stopped(Exception):
    """The conversion ends before the shard is whole."""


_stop: Any = None  # of a worker: the event that its parent sets


def write_shards(tasks: list[ShardTask], workers: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Writes shards, and gives the name and the account of each as it is done.

    Args:
        tasks: the shards.
        workers: processes; a single one is this process.

    Raises:
        OSError: a shard cannot be written, or a worker died.
    """
    if workers == 1 or len(tasks) < 2:
        for task in tasks:
            yield task.file, _write(task)
        return
    context = processes.START
    stop = context.Event()
    pool = concurrent.futures.ProcessPoolExecutor(
        min(workers, len(tasks)), context, initializer=_begin, initargs=(stop,)
    )
    try:
        with _interrupts_ignored():
            futures = {pool.submit(_write, task): task.file for task in tasks}
        for future in concurrent.futures.as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool:
        raise OSError(
            "a worker of the conversion died (of too little memory?), expected it to end; "
            "the same command goes on"
        ) from None
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes that are started meanwhile ignore Ctrl-C from their first moment on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _begin(stop: Any) -> None:
    """Prepares a worker, which is to end with its parent."""
    global _stop
    _stop = stop
    serve_parent()


def _write(task: ShardTask) -> dict[str, Any]:
    """Writes one shard and its account, which is returned."""
    import_tensorflow(threads=1)
    import tensorflow as tf

    aside = task.out / f".{task.file}.part"
    try:
        count, bad = _write_records(task, aside)
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        size = aside.stat().st_size
        os.replace(aside, task.out / task.file)
    except tf.errors.OpError as error:
        raise OSError(f"{aside} cannot be written: {error.message}") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            aside.unlink()
    account = {"file": task.file, "count": count, "bytes": size, "bad": bad}
    write_atomically(task.account, json.dumps(account))
    return account


def _write_records(task: ShardTask, aside: Path) -> tuple[int, list[tuple[str, str]]]:
    """The number of records, and the name of each bad image with what is wrong with it."""
    import tensorflow as tf

    from nasnet.data.photos.decoding import find_fault, storable

    count, bad = 0, []
    with tf.io.TFRecordWriter(str(aside)) as writer:
        for name, label in zip(task.names, task.labels, strict=True):
            if _stop is not None and _stop.is_set():
                raise _Stopped
            try:
                data = (task.folder / name).read_bytes()
                fault = find_fault(data, task.max_pixels)
            except OSError as error:
                fault = f"it cannot be read: {error.strerror}"
            if fault is not None:
                bad.append((name, fault))
                continue
            data = storable(data, task.max_pixels)
            features = {
                "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[data])),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
                "name": tf.train.Feature(bytes_list=tf.train.BytesList(value=[os.fsencode(name)])),
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            # Equal images make equal shards, whichever process writes them.
            writer.write(example.SerializeToString(deterministic=True))
            count += 1
    return count, bad
