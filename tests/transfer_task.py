"""A small training of large-network parts, to be killed or spread: see `main`.

    python -m tests.transfer_task FOLDER [--mirrored | --multi-worker] [--pause SECONDS]

Images are noise whose class is the quarter that is bright; no file is read.
"""

import argparse
import functools
import sys
import time
from pathlib import Path

import numpy as np

from nasnet.cells import Block, Cell, Genotype
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe

SIZE, CLASSES = 16, 4
_CELL = Cell((Block(0, 1, "sep_conv_3x3", "identity"),))
GENOTYPE, STACK = Genotype(_CELL, _CELL), Stack(1, 4)
# All parts of the ImageNet trainings. At rates above 0.005 rounding grows to 0.01 in 18 steps.
RECIPE = Recipe(
    epochs=3,
    batch_size=16,
    learning_rate=0.001,
    optimizer="rmsprop",
    schedule="exponential",
    label_smoothing=0.1,
    drop_path_keep=0.6,
    dropout_keep=0.5,
    aux_weight=0.4,
    ema_decay=0.9,
    augmentation="inception",
)


class Quarters:
    """The images, in the same dicts as `nasnet.data.photos.pipeline` gives.

    Args:
        count: training images.
        batch_size: of all parts together.
        part: (i, n) for the i-th of n equal parts of each batch.
        bad: indices of images that are bad.
        pause: seconds before each batch.
    """

    def __init__(self, count=96, batch_size=16, *, part=(0, 1), bad=(), pause=0.0):
        rng = np.random.default_rng(0)
        self.count, self._batch, self._part, self._pause = count, batch_size, part, pause
        self.labels = rng.integers(CLASSES, size=count).astype(np.int32)
        self.images = rng.uniform(-1, 0.2, size=(count, SIZE, SIZE, 3)).astype(np.float32)
        half = SIZE // 2
        for image, label in zip(self.images, self.labels, strict=True):
            top, left = half * (label // 2), half * (label % 2)
            image[top : top + half, left : left + half] += 0.8
        self.ok = ~np.isin(np.arange(count), bad)

    def training(self, epoch, start):
        order = np.random.default_rng([7, epoch]).permutation(self.count)
        for i in range(start, self.count // self._batch):
            yield self._batch_of(order[i * self._batch : (i + 1) * self._batch])

    def validation(self, batch_size):
        for start in range(0, self.count, batch_size):
            yield self._batch_of(np.arange(start, min(start + batch_size, self.count)), batch_size)

    def describe(self, index, *, training):
        return f"{'train' if training else 'val'}/{index}.jpg"

    def _batch_of(self, indices, size=None):
        time.sleep(self._pause)
        number, parts = self._part
        each = (size or len(indices)) // parts
        chosen = indices[number * each : (number + 1) * each]
        return {
            "image": self.images[chosen],
            "label": self.labels[chosen],
            "index": chosen.astype(np.int64),
            "ok": self.ok[chosen],
        }


@functools.lru_cache
def _traced(recipe, kind, accumulate, precision):
    from nasnet.stacking.flat.network import FlatNetwork
    from nasnet.stacking.flat.training_state import TrainingState
    from nasnet.transfer.training.distribution import Replicas
    from nasnet.transfer.training.engine import Engine

    replicas = Replicas(kind)
    cells = CellNetwork(GENOTYPE, STACK, (SIZE, SIZE, 3), CLASSES)
    with replicas.variables():
        state = TrainingState(FlatNetwork(cells, recipe, precision=precision), seed=3)
    return Engine(state, replicas, seed=3, accumulate=accumulate)


def make_engine(recipe=RECIPE, *, kind="none", accumulate=1, precision="float32"):
    """An engine of the task at its beginning; equal ones share what was traced, and weights."""
    engine = _traced(recipe, kind, accumulate, precision)
    engine.network.frozen = frozenset()
    engine.state.begin_with(engine.state.initial())
    return engine


def make_trainer(folder, *, recipe=RECIPE, kind="none", accumulate=1, precision="float32", **more):
    """A trainer of the task; `more` is that of `Quarters` and of `TransferTrainer`."""
    from nasnet.transfer.training.trainer import TransferTrainer

    engine = make_engine(recipe, kind=kind, accumulate=accumulate, precision=precision)
    options = {name: more.pop(name) for name in ("bad", "pause", "count") if name in more}
    part = engine.replicas.worker, engine.replicas.workers
    data = Quarters(batch_size=recipe.batch_size, part=part, **options)
    return TransferTrainer(engine, data, Path(folder), **more)


def main() -> None:
    """Trains; with --mirrored on two logical devices. Writes the final state to FOLDER/end.npz."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mirrored", action="store_true")
    parser.add_argument("--multi-worker", action="store_true")
    parser.add_argument("--accumulate", type=int, default=1)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--bad", type=int, default=0)
    parser.add_argument("--fingerprint", type=int, default=0)
    given = parser.parse_args()
    import tensorflow as tf

    from nasnet.transfer.training.distribution import WorkerLost
    from nasnet.transfer.training.trainer import Intervals, Observer

    kind = "none"
    if given.mirrored:
        kind, (cpu,) = "mirrored", tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * 2
        )
    if given.multi_worker:
        kind = "multi-worker"
    trainer = make_trainer(
        given.folder,
        kind=kind,
        accumulate=given.accumulate,
        pause=given.pause,
        bad=range(given.bad),
        fingerprint=given.fingerprint,
        intervals=Intervals(checkpoint_every=2, log_every=2, max_bad=1.0),
        observer=Observer(
            say=lambda text: print(text, flush=True),
            on_step=lambda done, total: print("step", done, flush=True),
        ),
    )
    try:
        trainer.fit()
    except WorkerLost as error:
        sys.exit(str(error))
    if trainer.chief:
        np.savez(given.folder / "end.npz", **trainer.state())
    trainer.wait()


if __name__ == "__main__":
    main()
