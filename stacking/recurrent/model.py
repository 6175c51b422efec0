"""Language models: a recurrence between an embedding and a softmax that share their matrix."""

import dataclasses
import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.stacking.recurrent.recipe import LanguageRecipe
from nasnet.stacking.recurrent.recurrences import Recurrence

EMBEDDING = "embedding"
_BETAS, _EPSILON = (0.9, 0.999), 1e-8
ROWS = 16  # of a text that is evaluated


def windows(tokens: np.ndarray, rows: int, steps: int) -> Iterator[np.ndarray]:
    """A text as windows of `rows` rows that go on from window to window, [rows, steps + 1] each.

    A window's last symbols are the next one's first. What is left at the end of a row is dropped.

    Args:
        tokens: [n].
        rows: of text side by side.
        steps: symbols that are predicted in each row of a window.

    Raises:
        ValueError: the text is too short for a window.
    """
    length = (len(tokens) - 1) // rows
    if length < steps:
        raise ValueError(f"{len(tokens)} symbols, expected at least {rows * steps + 1}")
    text = np.stack([tokens[row * length : (row + 1) * length + 1] for row in range(rows)])
    for start in range(0, length - steps + 1, steps):
        yield text[:, start : start + steps + 1]


class LanguageModel:
    """Weights that are trained; of one cell, or of all cells that share them.

    Args:
        recurrence: between embedding and softmax.
        symbols: of the vocabulary V.
        recipe: of the training.
        seed: of the first weights and of dropout.
    """

    def __init__(
        self, recurrence: Recurrence, symbols: int, recipe: LanguageRecipe, seed: int
    ) -> None:
        self.recurrence, self.symbols, self.recipe = recurrence, symbols, recipe
        rng = np.random.default_rng(seed)
        first = rng.uniform(-recipe.init, recipe.init, parameters(recurrence, symbols))
        self.weights = first.astype(np.float32)
        self._slots = np.zeros((3, len(first)), np.float32)
        self._seed, self.updates = seed, 0
        self._program = _program(recurrence, symbols, recipe)

    def first_state(self, rows: int) -> np.ndarray:
        """The state before a text, [rows, S]."""
        return np.zeros((rows, self.recurrence.states), np.float32)

    def train(
        self, window: np.ndarray, state: Any, arc: np.ndarray, progress: float = 0.0
    ) -> tuple[float, Any]:
        """One update; the loss before it in nats a symbol, and the state behind the window.

        Args:
            window: [B, T + 1].
            state: before it, [B, S].
            arc: of the cell, int32; what recurrences of one cell do not read is empty.
            progress: of the whole training, 0 to 1, by which the learning rate falls.
        """
        rate = self.recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))
        self.updates += 1
        loss, state, self.weights, self._slots = self._program.train(
            self.weights,
            self._slots,
            window,
            state,
            arc,
            tf.constant(rate, tf.float32),
            tf.constant((self._seed, self.updates), tf.int32),
        )
        return float(loss), state

    def loss(self, tokens: np.ndarray, arc: np.ndarray, *, most: int | None = None) -> float:
        """The mean loss of a text in nats a symbol; its exponential is the perplexity.

        Args:
            tokens: [n].
            arc: as for `train`.
            most: of windows.

        Raises:
            ValueError: the text is too short.
        """
        state, losses = self.first_state(ROWS), list[float]()
        for number, window in enumerate(windows(tokens, ROWS, self.recipe.steps)):
            if number == most:
                break
            loss, state = self._program.evaluate(self.weights, window, state, arc)
            losses.append(float(loss))
        return math.fsum(losses) / len(losses)

    def named(self) -> dict[str, np.ndarray]:
        """The weights by name."""
        named = shapes(self.recurrence, self.symbols)
        ends = np.cumsum([math.prod(shape) for shape in named.values()])[:-1]
        parts = np.split(np.asarray(self.weights), ends)
        return {
            name: part.reshape(shape)
            for (name, shape), part in zip(named.items(), parts, strict=True)
        }

    def state(self) -> dict[str, np.ndarray]:
        """All that `restore` needs to go on as if nothing had happened."""
        return {
            "weights": np.asarray(self.weights),
            "slots": np.asarray(self._slots),
            "updates": np.array(self.updates),
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Takes up the `state` of a model that was made with the same arguments."""
        self.weights, self._slots = state["weights"], state["slots"]
        self.updates = int(state["updates"])


def shapes(recurrence: Recurrence, symbols: int) -> dict[str, tuple[int, ...]]:
    """The shapes of all weights by name, in their order in the vector."""
    return {EMBEDDING: (symbols, recurrence.units), **recurrence.shapes}


def parameters(recurrence: Recurrence, symbols: int) -> int:
    """The number of weights P."""
    return sum(math.prod(shape) for shape in shapes(recurrence, symbols).values())


@dataclasses.dataclass(frozen=True)
class _Program:
    train: Callable[..., Any]
    evaluate: Callable[..., Any]


@functools.lru_cache(maxsize=8)
def _program(recurrence: Recurrence, symbols: int, recipe: LanguageRecipe) -> _Program:
    """The traced functions, which all models of these arguments use."""
    named, width = shapes(recurrence, symbols), recurrence.units
    sizes = [math.prod(shape) for shape in named.values()]

    def losses(weights, window, state, arc, keep):
        parts = zip(named.items(), tf.split(weights, sizes), strict=True)
        by_name = {name: tf.reshape(part, shape) for (name, shape), part in parts}
        embedding, step = by_name[EMBEDDING], recurrence.ready(by_name, arc)
        inputs = tf.unstack(tf.gather(embedding, window[:, :-1]), num=recipe.steps, axis=1)
        outputs = []
        for x in inputs:
            state = step(x * keep[0], state)
            outputs.append(state[:, :width] * keep[1])
        logits = tf.stack(outputs, axis=1) @ tf.transpose(embedding)
        found = tf.nn.sparse_softmax_cross_entropy_with_logits(window[:, 1:], logits)
        return tf.reduce_mean(found), state

    @tf.function(
        input_signature=[
            *_vectors(),
            tf.TensorSpec([3, None]),
            *_inputs(recipe, recurrence, recipe.batch_size),
            tf.TensorSpec([]),
            tf.TensorSpec([2], tf.int32),
        ]
    )
    def train(weights, slots, window, state, arc, rate, seed):
        drawn = tf.random.stateless_uniform([2, recipe.batch_size, width], seed)
        keep = tf.cast(drawn >= recipe.dropout, tf.float32) / (1 - recipe.dropout)
        with tf.GradientTape() as tape:
            tape.watch(weights)
            loss, state = losses(weights, window, state, arc, keep)
        gradient = tf.convert_to_tensor(tape.gradient(loss, weights))
        gradient = tf.clip_by_norm(gradient, recipe.clip)
        return loss, state, *_adam(weights, slots, gradient, rate)

    @tf.function(input_signature=[*_vectors(), *_inputs(recipe, recurrence, ROWS)])
    def evaluate(weights, window, state, arc):
        return losses(weights, window, state, arc, tf.ones([2, 1, 1]))

    return _Program(train, evaluate)


def _vectors() -> tuple[tf.TensorSpec, ...]:
    return (tf.TensorSpec([None]),)


def _inputs(recipe: LanguageRecipe, recurrence: Recurrence, rows: int) -> tuple[tf.TensorSpec, ...]:
    return (
        tf.TensorSpec([rows, recipe.steps + 1], tf.int32),
        tf.TensorSpec([rows, recurrence.states]),
        tf.TensorSpec([None], tf.int32),
    )


def _adam(weights: Any, slots: Any, gradient: Any, rate: Any) -> tuple[Any, Any]:
    """Adam, in which weights that have no part in a step rest: those of other cells.

    Their means stay as they are, and the count of a weight's steps is its own.

    Args:
        weights: [P].
        slots: means of gradients and of their squares, and counts of steps, [3, P].
        gradient: [P].
        rate: learning rate.
    """
    mean, square, count = tf.unstack(slots)
    used = tf.not_equal(gradient, 0)
    mean = tf.where(used, _BETAS[0] * mean + (1 - _BETAS[0]) * gradient, mean)
    square = tf.where(used, _BETAS[1] * square + (1 - _BETAS[1]) * gradient**2, square)
    count = count + tf.cast(used, tf.float32)
    first, second = (1 - beta ** tf.maximum(count, 1) for beta in _BETAS)
    step = rate * mean / first / (tf.sqrt(square / second) + _EPSILON)
    step = tf.where(used, step, 0.0)
    return weights - step, tf.stack([mean, square, count])
