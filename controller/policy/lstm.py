"""The policy network: recurrent layers that make one decision after the other.

One layer of 100 units and a softmax for each decision, weights drawn from U(-0.1, 0.1) (Zoph et
al., https://arxiv.org/abs/1707.07012, appendix A.2); the layer is of LSTM cells there, and may be
of others, or there may be several. The input of a decision is the learned embedding of the choice
before it, that of the first a learned vector. Embeddings and softmaxes are each decision's own,
padded to the widest.

Decisions with anchors take no step: yes has the chance sigmoid(v . tanh(W_prev h_j + W_curr h_i)),
where h_j and h_i are the outputs at the two anchors, and one v, W_prev and W_curr serve all of them
(https://arxiv.org/abs/1611.01578, section 3.3). No later step hears of their choices.

All weights lie in one flat vector, and every function takes it as an argument, so a network holds
no state and is traced once for all controllers.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.controller.policy.layout import PolicyLayout
from nasnet.controller.policy.recurrent import CELLS

# The loop's matrices are small: a GPU would wait for its own launches, and round differently.
DEVICE = "/CPU:0"
_MASKED = -1e9
_PHILOX = 1
_PHILOX_BLOCK = 4  # numbers that one step of the counter yields

Choose = Callable[[Any, tf.Tensor], tf.Tensor]
Decided = tuple[tf.Tensor, tf.Tensor, tf.Tensor]


class PolicyNetwork:
    """Samples choices and computes their log-probabilities, by one forward pass.

    Args:
        layout: what the decisions are, and how many units there are.
        temperature: divides the logits.
        tanh_constant: c in c * tanh(logits / temperature), or None for no bound.

    Attributes:
        layout: what the decisions are, and how many units there are.
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
        layout: PolicyLayout,
        temperature: float = 1.0,
        tanh_constant: float | None = None,
    ) -> None:
        self.layout, self._cell = layout, CELLS[layout.cell]
        self._temperature, self._tanh_constant = temperature, tanh_constant
        self.length, self._width = len(layout.options), layout.width
        self._sizes = [math.prod(shape) for shape in layout.shapes]
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
        """Weights drawn uniformly around 0, float32 [P]."""
        rng, reach = np.random.default_rng(seed), self.layout.init
        return rng.uniform(-reach, reach, self.size).astype(np.float32)

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
            choose: (t, logits of decision t, [B, widest]) -> choices, int32 [B]; or both for
                several decisions, t [K] and logits [K, B, widest], to [K, B]. No gradient flows
                through it.

        Returns:
            Choices int32, log-probability of each choice, entropy of each whole distribution, both
            in nats; all [B, T].
        """
        layout, parts = self.layout, tf.split(weights, self._sizes)
        tensors = [tf.reshape(p, shape) for p, shape in zip(parts, layout.shapes, strict=True)]
        (kernel, bias, inputs, softmax, softmax_bias), rest = tensors[:5], tensors[5:]
        deeper = rest[: 2 * (layout.layers - 1)]
        steps, options = np.array(layout.steps), np.array(layout.options)
        valid = np.arange(self._width) < options[:, None, None]
        mask = tf.constant(np.where(valid[steps], 0.0, _MASKED), tf.float32)
        count, made_at = tf.shape(live)[0], tf.cast(live, tf.int32)
        numbers = tf.constant(steps, tf.int32)

        into, back = tf.split(kernel, 2)
        over = [(*tf.split(deeper[i], 2), deeper[i + 1]) for i in range(0, len(deeper), 2)]

        def step(s, previous, states, outs, made, outputs):
            entry = tf.matmul(tf.matmul(tf.one_hot(previous, self._width), inputs[s]), into)
            output, state = self._cell.step(entry, tf.matmul(outs[0], back) + bias, states[0])
            states, outs = [state, *states[1:]], [output, *outs[1:]]
            for i, (upward, along, offset) in enumerate(over, start=1):
                echo = tf.matmul(outs[i], along) + offset
                outs[i], states[i] = self._cell.step(
                    tf.matmul(outs[i - 1], upward), echo, states[i]
                )
            logits = self._logits(outs[-1], softmax[s], softmax_bias[s], mask[s])
            choice = choose(numbers[s], logits) * tf.gather(made_at, numbers[s], axis=1)
            return s + 1, choice, states, outs, made.write(s, choice), outputs.write(s, outs[-1])

        zeros = [tf.zeros([count, layout.hidden])] * layout.layers
        made = tf.TensorArray(tf.int32, len(steps), element_shape=[None])
        outputs = tf.TensorArray(tf.float32, len(steps), element_shape=[None, layout.hidden])
        *_, made, outputs = tf.while_loop(
            lambda s, *_: s < len(steps),
            step,
            (0, tf.zeros([count], tf.int32), [*zeros], [*zeros], made, outputs),
            maximum_iterations=len(steps),
        )
        hidden, chosen = outputs.stack(), made.stack()
        # Once for all decisions: with its gradient, this costs twice as much inside the loop.
        logits = self._logits(hidden, softmax, softmax_bias, mask)
        if layout.bits:
            bits = self._bit_logits(hidden, *rest[-3:])
            which = tf.constant(layout.bits, tf.int32)
            said = choose(which, bits) * tf.gather(tf.transpose(made_at), which)
            order = np.argsort([*layout.steps, *layout.bits])
            logits = tf.gather(tf.concat([logits, bits], 0), order)
            chosen = tf.gather(tf.concat([chosen, said], 0), order)
        log_probs = tf.nn.log_softmax(logits)
        found = tf.reduce_sum(log_probs * tf.one_hot(chosen, self._width), axis=2)
        entropies = -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=2)
        return tf.transpose(chosen), tf.transpose(found) * live, tf.transpose(entropies) * live

    def follow(
        self, weights: tf.Tensor, choices: tf.Tensor, live: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The forward pass along `choices`, int32 [B, T]: log-probabilities, entropies, [B, T]."""
        rows = tf.transpose(choices)
        _, log_probs, entropies = self.forward(weights, live, lambda t, _: tf.gather(rows, t))
        return log_probs, entropies

    def _logits(self, output, softmax, bias, mask):
        logits = (tf.matmul(output, softmax) + bias) / self._temperature
        if self._tanh_constant is not None:
            logits = self._tanh_constant * tf.tanh(logits)
        return logits + mask

    def _bit_logits(self, hidden, older, newer, v):
        """Of no, 0, and of yes at each decision with anchors, [K, B, widest]."""
        which = [tf.gather(hidden, [pair[i] for pair in self.layout.pairs]) for i in (0, 1)]
        q = tf.tensordot(tf.tanh(tf.matmul(which[0], older) + tf.matmul(which[1], newer)), v, 1)
        masked = [tf.fill(tf.shape(q), _MASKED)] * (self._width - 2)
        return tf.stack([tf.zeros_like(q), q, *masked], axis=2)

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
            noise = tf.transpose(tf.reshape(noise, [count, self.length, self._width]), [1, 0, 2])

            def choose(t, logits):
                return tf.argmax(logits + tf.gather(noise, t), axis=-1, output_type=tf.int32)

            return self.forward(weights, live, choose)


@functools.lru_cache(maxsize=16)
def policy_network(
    layout: PolicyLayout, temperature: float, tanh_constant: float | None
) -> PolicyNetwork:
    """The network for these arguments, made and traced once a process."""
    return PolicyNetwork(layout, temperature, tanh_constant)
