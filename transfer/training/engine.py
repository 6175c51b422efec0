"""The traced steps of a large network: gradients of micro-batches, added up, then one update.

A batch is cut into micro-batches, as many as there are copies of the network times accumulation
steps. Batch normalization and what is dropped belong to the micro-batch alone, which is known by
its number: so one copy that takes two micro-batches one after the other does as two copies do.
"""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.stacking.flat.augmentation import cut_out
from nasnet.stacking.flat.losses import cross_entropy, training_losses
from nasnet.stacking.flat.noise import Noise
from nasnet.stacking.flat.training_state import TrainingState
from nasnet.transfer.training.distribution import Replicas, WorkerLost

Tensor = Any
Batch = Mapping[str, Tensor]
TOP = 5
EVALUATION_BATCH = 50  # images of one copy
_GATHERED = 32  # numbers that each process sends in one call
_SUMS = 5  # loss, right ones among 1 and among 5, images, bad images


class Engine:
    """Steps of all copies of a network together.

    Args:
        state: of the network; its variables were made in `replicas.variables()`.
        replicas: the copies.
        seed: of what is dropped.
        accumulate: micro-batches that a copy takes before each update.

    Attributes:
        micro_batch: images that batch normalization sees together.

    Raises:
        ValueError: the recipe's batch cannot be cut so.
    """

    def __init__(
        self, state: TrainingState, replicas: Replicas, *, seed: int = 0, accumulate: int = 1
    ) -> None:
        self.state, self.network, self.replicas = state, state.network, replicas
        network = self.network
        self._recipe, self._seed, self._accumulate = network.recipe, seed, accumulate
        self._parts = replicas.total * accumulate
        self.micro_batch = replicas.micro_batch(network.recipe.batch_size, accumulate)
        with replicas.variables():
            self._sums = tf.Variable(tf.zeros([sum(network.lengths) + _SUMS]))
            self._counts = tf.Variable(tf.zeros([_SUMS], tf.float64))
        self._steps: dict[frozenset[str], tuple[Callable[..., Any], Callable[..., Any]]] = {}
        self._evaluation = self._evaluation_step()
        self._collection = self._function(self._collect, [])
        numbers = [tf.TensorSpec([replicas.workers, _GATHERED], tf.float64)]
        self._gathering = self._function(replicas.total_of, numbers)

    @property
    def evaluation_batch(self) -> int:
        """Images of one `evaluate` in all processes together."""
        return EVALUATION_BATCH * self.replicas.total

    def step(
        self, batch: Batch, step: int, total_steps: int, loss_scale: float
    ) -> tuple[np.ndarray, bool]:
        """One update.

        Args:
            batch: this process's part of the batch, `image` [n, H, W, 3] from -1 to 1, `label` [n]
                and `ok` [n].
            step: updates before this one.
            total_steps: of the training.
            loss_scale: see `LossScale`; read in float16 alone.

        Returns:
            Sums over all processes (loss, right ones among 1 and 5, images, bad images), [5]; and
            whether the gradient was finite: in float16, nothing is updated if not.
        """
        frozen = self.network.frozen
        if frozen not in self._steps:
            update = self._function(self._update, [tf.TensorSpec([2])])
            self._steps[frozen] = self._accumulation(), update
        accumulate, update = self._steps[frozen]
        progress = step / total_steps
        pace = np.array([progress, loss_scale], np.float32)
        seed = np.array([self._seed, step], np.int32)
        for which in range(self._accumulate):
            accumulate(batch["image"], batch["label"], batch["ok"], np.int32(which), pace, seed)
        rates = self._recipe.learning_rate_at(progress), self._recipe.ema_decay_at(step)
        sums, finite = update(np.array(rates, np.float32))
        return sums.numpy(), bool(finite)

    def evaluate(self, batch: Batch) -> None:
        """Adds a batch of validation images, which may be smaller, to what `evaluated` gives."""
        count = EVALUATION_BATCH * self.replicas.local
        missing = count - int(batch["label"].shape[0])
        image, label, ok = batch["image"], batch["label"], batch["ok"]
        there = np.arange(count) < count - missing
        if missing:
            image = tf.pad(image, [[0, missing], [0, 0], [0, 0], [0, 0]])
            label, ok = (tf.pad(x, [[0, missing]]) for x in (label, ok))
        self._evaluation(image, label, ok, there)

    def evaluated(self) -> np.ndarray:
        """Sums over what all processes evaluated since the last call, as those of `step`."""
        return self._collection().numpy()

    def agree(self, *numbers: float) -> bool:
        """Whether all processes call this with the same numbers; waits for them."""
        spec = [tf.TensorSpec([len(numbers)], tf.float64)]
        mine = np.array(numbers, np.float64)
        totals = self._function(self.replicas.total_of, spec)(mine).numpy()
        return bool((totals == mine * self.replicas.total).all())

    def leave(self) -> None:
        """Waits until all processes know what they agreed on last; none needs the others after it.

        Who has the sum first must not be gone while the others still fetch their parts of it.
        """
        with contextlib.suppress(WorkerLost), self.replicas.watched():
            self.agree(0)  # who is gone has been here, so it knew

    def gather(self, numbers: np.ndarray, most: int) -> np.ndarray:
        """The numbers of all processes, which all call this with the same `most`.

        Args:
            numbers: those of this process, whole and not negative, [n].
            most: no process has more of them.
        """
        if self.replicas.workers == 1:
            return numbers
        found = []
        for start in range(0, most, _GATHERED):
            part = numbers[start : start + _GATHERED]
            mine = np.zeros([self.replicas.workers, _GATHERED])
            mine[self.replicas.worker, : len(part)] = part + 1  # 0 is no number
            found.append(self._gathering(mine).numpy().ravel() / self.replicas.local)
        together = np.concatenate(found)
        return together[together > 0].astype(np.int64) - 1

    def _function(self, inside: Callable[..., Any], signature: list[Any]) -> Callable[..., Any]:
        """`inside` of every copy as a traced function; its result is that of the first copy."""
        return tf.function(
            lambda *arguments: self.replicas.run(inside, *arguments),
            input_signature=signature,
            autograph=False,
        )

    def _part(self, place: Tensor, count: int, tensors: list[Tensor]) -> list[Tensor]:
        """The `place`-th `count` rows of each tensor."""
        with tf.device("CPU:0"):  # else every GPU would be sent the images of all
            return [
                tf.ensure_shape(t[place * count : (place + 1) * count], [count, *t.shape[1:]])
                for t in tensors
            ]

    def _accumulation(self) -> Callable[..., Any]:
        recipe, replicas, count = self._recipe, self.replicas, self.micro_batch
        network, state = self.network, self.state
        first = replicas.worker * replicas.local * self._accumulate

        def micro(
            images: Tensor, labels: Tensor, ok: Tensor, which: Tensor, pace: Tensor, seed: Tensor
        ) -> Tensor:
            place = which * replicas.local + replicas.number()
            x, y, ok = self._part(place, count, [images, labels, ok])
            progress, scale = tf.unstack(pace)
            seed = tf.random.experimental.stateless_fold_in(seed, first + place)
            if recipe.cutout:
                x = cut_out(x, recipe.cutout, seed)
            weights, noise = state.weights.read_value(), Noise(recipe, progress, seed)
            ends, statistics = network.ends(x, weights, state.moving.read_value(), noise)
            loss, total = training_losses(recipe, ends, y)
            scale = scale if network.precision == "mixed_float16" else 1.0
            gradient = tf.gradients(total * scale, weights)[0] / scale
            bad = tf.math.count_nonzero(~ok, dtype=tf.float32)
            sums = [loss * count, *right(ends["Logits"], y), float(count), bad]
            return self._sums.assign_add(tf.concat([gradient, *statistics, tf.stack(sums)], 0))

        signature = self._images(count * replicas.local * self._accumulate)
        signature += [tf.TensorSpec([], tf.int32), tf.TensorSpec([2]), tf.TensorSpec([2], tf.int32)]

        def run(*arguments: Tensor) -> None:
            replicas.strategy.run(micro, args=arguments)

        return tf.function(run, input_signature=signature, autograph=False)

    def _update(self, rates: Tensor) -> tuple[Tensor, Tensor]:
        """In a copy: the update with the means of all micro-batches."""
        state = self.state
        totals = self.replicas.total_of(self._sums.read_value())
        self._sums.assign(tf.zeros_like(totals))
        gradient, statistics, sums = tf.split(totals, [*self.network.lengths, _SUMS])
        weights = state.weights.read_value()

        def update() -> Tensor:
            rate, ema_decay = tf.unstack(rates)
            means = gradient / self._parts, statistics / self._parts
            state.update(*means, rate, ema_decay, weights)
            return tf.constant(True)

        if self.network.precision != "mixed_float16":
            return sums, update()
        finite = tf.reduce_all(tf.math.is_finite(totals))
        return sums, tf.cond(finite, update, lambda: tf.constant(False))

    def _evaluation_step(self) -> Callable[..., Any]:
        replicas, network, state = self.replicas, self.network, self.state

        def part(images: Tensor, labels: Tensor, ok: Tensor, there: Tensor) -> Tensor:
            tensors = [images, labels, ok, there]
            x, y, ok, there = self._part(replicas.number(), EVALUATION_BATCH, tensors)
            vectors = (vector.read_value() for vector in state.evaluated)
            ends, _ = network.ends(x, *vectors)
            logits, y = tf.boolean_mask(ends["Logits"], ok), tf.boolean_mask(y, ok)
            loss = cross_entropy(logits, y, total=True)
            good, all_there = (tf.math.count_nonzero(t, dtype=tf.float32) for t in (ok, there))
            sums = tf.stack([loss, *right(logits, y), good, all_there - good])
            return self._counts.assign_add(tf.cast(sums, tf.float64))

        def run(*arguments: Tensor) -> None:
            replicas.strategy.run(part, args=arguments)

        count = EVALUATION_BATCH * replicas.local
        signature = [*self._images(count), tf.TensorSpec([count], tf.bool)]
        return tf.function(run, input_signature=signature, autograph=False)

    def _collect(self) -> Tensor:
        """In a copy: what all of them counted."""
        totals = self.replicas.total_of(self._counts.read_value())
        self._counts.assign(tf.zeros_like(totals))
        return totals

    def _images(self, count: int) -> list[Any]:
        """The signature of `count` images, their labels, and whether they are good."""
        return [
            tf.TensorSpec([count, *self.network.network.input_shape], tf.float32),
            tf.TensorSpec([count], tf.int32),
            tf.TensorSpec([count], tf.bool),
        ]


def right(logits: Tensor, labels: Tensor) -> list[Tensor]:
    """How many of `labels` [N] are the largest of `logits` [N, classes], and among the five."""
    return [
        tf.math.count_nonzero(tf.math.in_top_k(labels, logits, k), dtype=tf.float32)
        for k in (1, min(TOP, logits.shape[1]))
    ]
