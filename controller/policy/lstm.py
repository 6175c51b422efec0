"""The policy network: a recurrent layer that makes one decision after the other.

One layer of 100 units and a softmax for each decision, weights drawn from U(-0.1, 0.1) (Zoph et
al., https://arxiv.org/abs/1707.07012, appendix A.2); the layer is of LSTM cells there, and may be
of others. The input of a decision is the learned embedding of the choice before it, that of the
first a learned vector. Embeddings and softmaxes are each decision's own, padded to the widest. All
weights lie in one flat vector, and every function takes it as an argument, so a network holds no
state and is traced once for all controllers.
"""

import functools
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.controller.policy.recurrent import CELLS

HIDDEN = 100
INIT = 0.1
# The loop's matrices are small: a GPU would wait for its own launches, and round differently.
DEVICE = "/CPU:0"
_MASKED = -1e9
_PHILOX = 1
_PHILOX_BLOCK = 4  # numbers that one step of the counter yields

Choose = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
Decided = tuple[tf.Tensor, tf.Tensor, tf.Tensor]


class PolicyNetwork:
    """Samples choices and computes their log-probabilities, by one forward pass.

    Args:
        options: the number of options of each decision, [T].
        temperature: divides the logits.
        tanh_constant: c in c * tanh(logits / temperature), or None for no bound.
        cell: a name in `CELLS`.

    Attributes:
        size: the number of weights P.
        length: the number of decisions T.
        sample: the traced (weights [P], live [B, T], key [], start []) -> (choices [B, T],
            log_probs [B, T], entropies [B, T]). `start` numbers the first sample: sample n gets
            the same random numbers whichever batch it is drawn in. `live` is 1 for the decisions
            that are made; the choice of the others is 0, and so is all that is said of them.
        evaluate: the traced (weights [P], choices [B, T], live [B, T]) -> (log_probs, entropies),
            both [B, T] in nats.
    """

    def __init__(
        self,
        options: Iterable[int],
        temperature: float = 1.0,
        tanh_constant: float | None = None,
        cell: str = "lstm",
    ) -> None:
        self._options = np.array(tuple(options))
        self._temperature, self._tanh_constant = temperature, tanh_constant
        self.length, self._width = len(self._options), int(self._options.max())
        self._cell = CELLS[cell]
        self._shapes = (
            (2 * HIDDEN, self._cell.gates * HIDDEN),  # the input's rows, then the last output's
            (self._cell.gates * HIDDEN,),
            (self.length, self._width, HIDDEN),  # inputs; [0, 0] is the first decision's
            (self.length, HIDDEN, self._width),  # softmaxes
            (self.length, 1, self._width),
        )
        self._sizes = [math.prod(shape) for shape in self._shapes]
        self.size = sum(self._sizes)
        weights = tf.TensorSpec([self.size], tf.float32)
        number = tf.TensorSpec([], tf.uint64)
        live = tf.TensorSpec([None, self.length], tf.float32)
        self.sample = tf.function(
            self._sample,
            input_signature=[weights, live, number, number],
            autograph=False,
        )
        self.evaluate = tf.function(
            self._evaluate,
            input_signature=[weights, tf.TensorSpec([None, self.length], tf.int32), live],
            autograph=False,
        )

    def initial_weights(self, seed: int) -> np.ndarray:
        """Weights drawn from U(-0.1, 0.1), float32 [P]."""
        rng = np.random.default_rng(seed)
        return rng.uniform(-INIT, INIT, self.size).astype(np.float32)

    def sample_numbered(
        self, weights: Any, live: np.ndarray, key: np.uint64, start: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """`sample` of arrays: choices and their log-probabilities, [B, T]."""
        with tf.device(DEVICE):
            choices, log_probs, _ = self.sample(
                weights,
                tf.constant(live),
                tf.constant(key, tf.uint64),
                tf.constant(start, tf.uint64),
            )
        return choices.numpy(), log_probs.numpy()

    def forward(self, weights: tf.Tensor, live: tf.Tensor, choose: Choose) -> Decided:
        """Makes the decisions in order, B times side by side.

        Args:
            weights: all weights, [P].
            live: 1 for the decisions that are made, 0 for others, [B, T].
            choose: (t, logits of decision t, [B, widest]) -> choices, int32 [B]; no gradient flows
                through it.

        Returns:
            Choices int32, log-probability of each choice, entropy of each whole distribution, both
            in nats; all [B, T].
        """
        parts = tf.split(weights, self._sizes)
        kernel, bias, inputs, softmax, softmax_bias = (
            tf.reshape(part, shape) for part, shape in zip(parts, self._shapes, strict=True)
        )
        valid = np.arange(self._width) < self._options[:, None, None]
        mask = tf.constant(np.where(valid, 0.0, _MASKED), tf.float32)
        count, made_at = tf.shape(live)[0], tf.cast(live, tf.int32)

        into, back = tf.split(kernel, 2)

        def step(t, previous, state, output, made, outputs):
            entry = tf.matmul(tf.matmul(tf.one_hot(previous, self._width), inputs[t]), into)
            output, state = self._cell.step(entry, tf.matmul(output, back) + bias, state)
            logits = self._logits(output, softmax[t], softmax_bias[t], mask[t])
            choice = choose(t, logits) * made_at[:, t]
            return t + 1, choice, state, output, made.write(t, choice), outputs.write(t, output)

        zeros = tf.zeros([count, HIDDEN])
        made = tf.TensorArray(tf.int32, self.length, element_shape=[None])
        outputs = tf.TensorArray(tf.float32, self.length, element_shape=[None, HIDDEN])
        *_, made, outputs = tf.while_loop(
            lambda t, *_: t < self.length,
            step,
            (0, tf.zeros([count], tf.int32), zeros, zeros, made, outputs),
            maximum_iterations=self.length,
        )
        # Once for all decisions: with its gradient, this costs twice as much inside the loop.
        logits = self._logits(outputs.stack(), softmax, softmax_bias, mask)
        log_probs = tf.nn.log_softmax(logits)
        made = made.stack()
        chosen = tf.reduce_sum(log_probs * tf.one_hot(made, self._width), axis=2)
        entropies = -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=2)
        return tf.transpose(made), tf.transpose(chosen) * live, tf.transpose(entropies) * live

    def follow(
        self, weights: tf.Tensor, choices: tf.Tensor, live: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The forward pass along `choices`, int32 [B, T]: log-probabilities, entropies, [B, T]."""
        _, log_probs, entropies = self.forward(weights, live, lambda t, _: choices[:, t])
        return log_probs, entropies

    def _logits(self, output, softmax, bias, mask):
        logits = (tf.matmul(output, softmax) + bias) / self._temperature
        if self._tanh_constant is not None:
            logits = self._tanh_constant * tf.tanh(logits)
        return logits + mask

    def _evaluate(self, weights, choices, live):
        with tf.device(DEVICE):
            return self.follow(weights, choices, live)

    def _sample(self, weights, live, key, start):
        with tf.device(DEVICE):
            count = tf.shape(live)[0]
            numbers = self.length * self._width
            blocks = -(-numbers // _PHILOX_BLOCK)
            uniform = tf.raw_ops.StatelessRandomUniformV2(
                shape=[count, blocks * _PHILOX_BLOCK],
                key=key[None],
                counter=tf.stack([start * blocks, tf.constant(0, tf.uint64)]),
                alg=_PHILOX,
            )
            # A zero would become minus infinity, below the masked options.
            uniform = tf.maximum(uniform[:, :numbers], np.finfo(np.float32).tiny)
            # The argmax of logits with Gumbel noise is a sample of their softmax.
            noise = -tf.math.log(-tf.math.log(uniform))
            noise = tf.reshape(noise, [count, self.length, self._width])

            def choose(t, logits):
                return tf.argmax(logits + noise[:, t], axis=1, output_type=tf.int32)

            return self.forward(weights, live, choose)


@functools.lru_cache(maxsize=16)
def policy_network(
    options: tuple[int, ...], temperature: float, tanh_constant: float | None, cell: str
) -> PolicyNetwork:
    """The network for these arguments, made and traced once a process."""
    return PolicyNetwork(options, temperature, tanh_constant, cell)
