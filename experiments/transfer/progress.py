"""What a person sees of a training at ImageNet scale: a live bar, lines, TensorBoard."""

import importlib
import importlib.util
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nasnet.experiments.console.bar import Bar
from nasnet.experiments.console.lines import say
from nasnet.transfer.training.trainer import Observer

SCALARS = ("loss", "top1", "top5", "learning_rate", "loss_scale")


class TransferProgress:
    """Steps as a live bar with the speed and the time that is left; else a line now and then.

    Args:
        batch_size: images a step.
        folder: of TensorBoard's files; None for none.

    Raises:
        ValueError: TensorBoard is wanted and not installed.
    """

    def __init__(self, batch_size: int, folder: Path | None = None) -> None:
        self._batch = batch_size
        self._events = None if folder is None else EventFiles(folder)
        self._bar = Bar("train", unit="steps", every=30.0)
        self._line = "tracing"

    def __enter__(self) -> "TransferProgress":
        self._bar.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.__exit__()
        if self._events is not None:
            self._events.close()

    @property
    def observer(self) -> Observer:
        """What the trainer calls."""
        return Observer(say=say, on_step=self._step, on_row=self._row)

    def _step(self, done: int, total: int) -> None:
        rate = self._bar.rate
        speed = "" if rate is None else f" · {self._batch * rate:,.0f} images/s"
        self._bar.update(done, total, f"{self._line}{speed}")

    def _row(self, row: dict[str, Any]) -> None:
        self._line = f"epoch {row['epoch']} · loss {row['loss']:.3f} · top-1 {row['top1']:.3f}"
        if row["kind"] == "validation":
            say(
                f"epoch {row['epoch']} · validation top-1 {row['top1']:.4f}, top-5 "
                f"{row['top5']:.4f}, loss {row['loss']:.4f} on {row['images']:,} images"
            )
        if self._events is not None:
            self._events.add(row)


class EventFiles:
    """Rows of a history as files for TensorBoard; each row is there once, as in `history.csv`.

    A training that goes on behind its last checkpoint repeats what a kill has lost. So the first
    event of a session is one at which TensorBoard drops what earlier sessions wrote of that step
    and later ones.

    Args:
        folder: of the files; every session has one of its own.

    Raises:
        ValueError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        check_tensorboard()
        files = importlib.import_module("tensorboard.summary.writer.event_file_writer")
        self._events = importlib.import_module("tensorboard.compat.proto.event_pb2")
        self._summaries = importlib.import_module("tensorboard.compat.proto.summary_pb2")
        self._writer = files.EventFileWriter(str(folder))
        self._begun = False

    def add(self, row: Mapping[str, Any]) -> None:
        """Writes the numbers of a row, under their names behind its kind."""
        if not self._begun:
            self._begun = True
            log = self._events.SessionLog
            self._write(row["step"], session_log=log(status=log.START))
        values = [
            # TensorFlow 2 writes tensors instead, of which one reader drops none.
            self._summaries.Summary.Value(tag=f"{row['kind']}/{name}", simple_value=row[name])
            for name in SCALARS
            if name in row
        ]
        self._write(row["step"], summary=self._summaries.Summary(value=values))
        self._writer.flush()  # a kill takes what is in memory

    def close(self) -> None:
        """Closes the file."""
        self._writer.close()

    def _write(self, step: int, **what: Any) -> None:
        self._writer.add_event(self._events.Event(wall_time=time.time(), step=step, **what))


def check_tensorboard() -> None:
    """Refuses to go on without the package.

    Raises:
        ValueError: it is not installed.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise ValueError("tensorboard is not installed, expected it for --tensorboard")
