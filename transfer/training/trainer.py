"""A training that may take weeks: epochs over a data set, checkpoints, validation, and going on."""

import dataclasses
import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from nasnet.data.photos.bad_images import BadImages
from nasnet.stacking.precision import LossScale
from nasnet.stacking.recipe import Diverged
from nasnet.transfer.training.checkpoints import Checkpoints
from nasnet.transfer.training.engine import Batch, Engine
from nasnet.transfer.training.history import History
from nasnet.transfer.training.intervals import Intervals

_NAMES = ("loss", "top1", "top5")


class Data(Protocol):
    """The images of a training; what is drawn depends on the epoch alone."""

    @property
    def count(self) -> int:
        """How many training images there are."""

    def training(self, epoch: int, start: int) -> Iterable[Batch]:
        """This process's part of the batches of an epoch, from batch `start` on."""

    def validation(self, batch_size: int) -> Iterable[Batch]:
        """This process's part of every validation image."""

    def describe(self, index: int, *, training: bool) -> str:
        """The name of an image for a person."""


@dataclasses.dataclass(frozen=True, slots=True)
class Observer:
    """Who hears of a training; each is called in the process that trains.

    Attributes:
        say: with a line for a person.
        on_step: with the steps done and the steps of all epochs.
        on_row: with each new row of the history, as numbers.
    """

    say: Callable[[str], None] = lambda text: None
    on_step: Callable[[int, int], None] = lambda done, total: None
    on_row: Callable[[dict[str, Any]], None] = lambda row: None


class TransferTrainer:
    """Trains the network of an engine for its recipe's epochs, or for those that are left.

    Args:
        engine: the network, its copies and its steps.
        data: the images.
        folder: where `history.csv`, `bad-images.txt` and `checkpoints/` are; the chief writes them.
        intervals: how often what is done.
        observer: who hears of it.
        frozen: paths of the parameters that stay as they are in an epoch, counted from 0.
        fingerprint: of the settings, a number; processes of other settings are refused.

    Attributes:
        done: steps so far.
        seconds: of training and validation so far, without those of parts that a kill has lost.
        bad_images: how often a bad image was met so far.
    """

    def __init__(
        self,
        engine: Engine,
        data: Data,
        folder: Path,
        *,
        intervals: Intervals | None = None,
        observer: Observer | None = None,
        frozen: Callable[[int], frozenset[str]] = lambda epoch: frozenset(),
        fingerprint: int = 0,
    ) -> None:
        self._engine, self._data, self._folder = engine, data, folder
        self._intervals, self._observer = intervals or Intervals(), observer or Observer()
        self._frozen, self._fingerprint = frozen, fingerprint
        self._recipe, self._chief = engine.network.recipe, engine.replicas.chief
        self._steps = data.count // self._recipe.batch_size
        if not self._steps:
            raise ValueError(
                f"batch size is {self._recipe.batch_size}, expected at most the {data.count} "
                "training images"
            )
        self.total = self._steps * self._recipe.epochs
        self.done, self.seconds, self.bad_images = 0, 0.0, 0
        self._scale = LossScale()
        self._sums = np.zeros(5)  # since the last row: as `Engine.step` gives them
        self._logged, self._epoch_bad = 0, 0
        self._bad = BadImages(
            folder / "bad-images.txt",
            self._intervals.max_bad,
            self._observer.say,
            write=self._chief,
        )
        self._checkpoints = Checkpoints(folder / "checkpoints", self._intervals.keep)
        self._history = History(folder / "history.csv", write=False)

    def fit(self) -> dict[str, str]:
        """Trains to the end.

        Returns:
            The last row of the validation, as in the history.

        Raises:
            Diverged: the loss or the weights are not finite; checkpoints from before are kept.
            WorkerLost: another process is gone.
            ValueError: too many images are bad, processes differ in their settings, or the
                checkpoints are of another training.
        """
        self._go_on()
        started = time.monotonic() - self.seconds
        with self._engine.replicas.watched():
            if not self._engine.agree(self.done, self._fingerprint):
                self._engine.leave()
                raise ValueError(
                    "workers differ in their settings or checkpoints, expected the same command "
                    "and run directory for all"
                )
            for epoch in range(self.done // self._steps, self._recipe.epochs):
                self._engine.network.frozen = self._frozen(epoch)
                for batch in self._data.training(epoch, self.done - epoch * self._steps):
                    self._step(batch, epoch)
                    at_end = self.done == (epoch + 1) * self._steps
                    self.seconds = time.monotonic() - started
                    if self.done % self._intervals.checkpoint_every == 0 and not at_end:
                        self._save()
                if (epoch + 1) % self._intervals.validate_every == 0 or self.done == self.total:
                    self._validate(epoch)
                self._epoch_bad = 0
                self.seconds = time.monotonic() - started
                self._save()
        row = self._history.last("validation")
        if row is None:
            raise ValueError(f"history of {self._folder} has no validation, expected one")
        return row

    @property
    def chief(self) -> bool:
        """Whether this process writes files."""
        return self._chief

    def state(self) -> dict[str, np.ndarray]:
        """The flat vectors, by name."""
        return self._engine.state.arrays()

    def wait(self) -> None:
        """Until all processes are here; one that ended early would take the others down."""
        with self._engine.replicas.watched():
            self._engine.agree(self.total)
        self._engine.leave()

    def _go_on(self) -> None:
        found = self._checkpoints.newest()
        if found is None:
            self._history = History(self._folder / "history.csv", write=self._chief)
            return
        step, arrays, damaged = found
        for line in damaged:
            self._observer.say(line)
        micro = int(arrays["micro_batch"])
        if micro != self._engine.micro_batch:
            raise ValueError(
                f"micro-batch is {self._engine.micro_batch}, expected {micro} as in the run: "
                "copies of the network times accumulation steps must stay the same"
            )
        self._engine.state.restore(arrays)
        self._scale.restore(arrays["loss_scale"])
        self._sums = arrays["sums"]
        counts = [int(value) for value in arrays["counts"]]
        self.done, self._logged, self._epoch_bad, self.bad_images = counts
        self.seconds = float(arrays["seconds"])
        self._history = History(self._folder / "history.csv", step=step, write=self._chief)
        self._observer.say(f"going on behind step {step:,} of {self.total:,}")

    def _save(self) -> None:
        """A checkpoint; weights that are not finite are none."""
        if not self._chief:
            return
        arrays = self._engine.state.arrays()
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise Diverged(f"{name} have values that are not finite at step {self.done}")
        arrays |= {
            "loss_scale": self._scale.state(),
            "sums": self._sums,
            "counts": np.array([self.done, self._logged, self._epoch_bad, self.bad_images]),
            "seconds": np.array(self.seconds),
            "micro_batch": np.array(self._engine.micro_batch),
        }
        self._history.flush()
        self._checkpoints.save(self.done, arrays)

    def _step(self, batch: Batch, epoch: int) -> None:
        scale = self._scale.value
        sums, finite = self._engine.step(batch, self.done, self.total, scale)
        self.done += 1
        self._name_bad([_bad_of(batch)], int(sums[4]), training=True)
        loss = float(sums[0] / sums[3])
        if not math.isfinite(loss):
            raise Diverged(f"training loss is {loss} at step {self.done}")
        if self._engine.network.precision == "mixed_float16":
            if not finite and scale == 1:
                raise Diverged(f"gradient is not finite at step {self.done} and a loss scale of 1")
            self._scale.observe(finite)
        self._sums = self._sums + sums
        self._logged += 1
        self.bad_images += int(sums[4])
        self._epoch_bad += int(sums[4])
        reads = (self.done - epoch * self._steps) * self._recipe.batch_size
        self._bad.check(self._epoch_bad, reads, "training")
        if self._logged == self._intervals.log_every or self.done % self._steps == 0:
            rate = self._recipe.learning_rate_at((self.done - 1) / self.total)
            self._add_row("train", epoch, self._sums, learning_rate=rate)
            self._sums, self._logged = np.zeros(5), 0
        self._observer.on_step(self.done, self.total)

    def _validate(self, epoch: int) -> None:
        bad = [np.zeros(0, np.int64)]  # where few images are left, a process may have no batch
        for batch in self._data.validation(self._engine.evaluation_batch):
            bad.append(_bad_of(batch))
            self._engine.evaluate(batch)
        sums = self._engine.evaluated()
        self._name_bad(bad, int(sums[4]), training=False)
        self.bad_images += int(sums[4])
        self._bad.check(int(sums[4]), int(sums[3] + sums[4]), "validation")
        if not sums[3]:
            raise ValueError("validation has 0 good images, expected some")
        self._add_row("validation", epoch, sums)

    def _name_bad(self, mine: list[np.ndarray], count: int, *, training: bool) -> None:
        """Names the bad images of all processes, `count` together, from the indices of this one."""
        if count:
            indices = self._engine.gather(np.concatenate(mine), count)
            self._bad.note(self._data.describe(int(i), training=training) for i in indices)

    def _add_row(self, kind: str, epoch: int, sums: np.ndarray, **more: float) -> None:
        means = sums[:3] / sums[3]
        row: dict[str, Any] = {"kind": kind, "epoch": epoch + 1, "step": self.done, **more}
        row |= {name: float(mean) for name, mean in zip(_NAMES, means, strict=True)}
        row |= {"images": int(sums[3]), "bad_images": int(sums[4])}
        if self._engine.network.precision == "mixed_float16" and kind == "train":
            row["loss_scale"] = self._scale.value
        self._history.add(row)
        self._observer.on_row(row)


def _bad_of(batch: Batch) -> np.ndarray:
    """Indices of the bad images of a batch."""
    return np.asarray(batch["index"])[~np.asarray(batch["ok"])]
