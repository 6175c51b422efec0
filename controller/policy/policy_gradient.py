"""What REINFORCE and PPO share: an LSTM policy, its updates, and its state.

Zoph et al., https://arxiv.org/abs/1707.07012, appendix A.2. All that changes is a few arrays; the
traced functions are pure, and shared by the controllers of a process.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.controller.checks import Decisions, check_count, check_seed, check_trials, option_counts
from nasnet.controller.policy.lstm import DEVICE, policy_network
from nasnet.controller.policy.update import Loss, traced_update
from nasnet.controller.protocol import Proposal
from nasnet.controller.settings import ReinforceSettings
from nasnet.controller.state import Specs, pack, unpack


class PolicyGradient:
    """An LSTM policy that is moved along the policy gradient whenever a minibatch is observed.

    The advantage of a trial is its reward minus a baseline, an exponential moving average of the
    rewards observed before its minibatch; the first minibatch is compared with its own mean. After
    an update every reward of the minibatch moves the baseline, in the order observed.

    Sampling depends on the seed and the number of earlier proposals, not on global seeds. On one
    machine equal calls give equal bits. Drawn one by one instead of in a batch, proposals are the
    same, and their log-probabilities the same up to rounding.

    Args:
        space: what may be proposed; only its `decisions` are read.
        settings: learning rate, minibatch and so on.
        kind: the controller's name in its state.
        loss: what an update minimises.
        passes: updates with each minibatch.
        seed: of the initial weights and every sample, 0 or more.

    Raises:
        ValueError: the space has no decisions, or the seed is negative.
    """

    def __init__(
        self,
        space: Decisions,
        settings: ReinforceSettings,
        *,
        kind: str,
        loss: Loss,
        passes: int,
        seed: int,
    ) -> None:
        check_seed(seed)
        self._options = option_counts(space)
        self._settings, self._kind, self._loss, self._passes = settings, kind, loss, passes
        self._seed = seed
        self._key = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]
        self._network = policy_network(
            self._options, settings.temperature, settings.tanh_constant, settings.cell
        )
        self._weights: Any = self._network.initial_weights(seed)
        self._first_moment: Any = np.zeros(self._network.size, np.float32)
        self._second_moment: Any = np.zeros(self._network.size, np.float32)
        self._draws = self._updates = 0
        self._baseline = math.nan  # until the first minibatch
        self._buffer: list[tuple[Proposal, float]] = []

    def propose(self, count: int) -> list[Proposal]:
        """`count` proposals sampled from the policy as it is now, with their log-probabilities.

        Raises:
            ValueError: `count` is negative.
        """
        check_count(count)
        if not count:
            return []
        with tf.device(DEVICE):
            choices, log_probs, _ = self._network.sample(
                self._weights,
                tf.constant(count, tf.int32),
                tf.constant(self._key, tf.uint64),
                tf.constant(self._draws, tf.uint64),
            )
        self._draws += count
        rows = zip(choices.numpy().tolist(), log_probs.numpy().tolist(), strict=True)
        return [Proposal(tuple(row), tuple(values)) for row, values in rows]

    def observe(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Keeps the trials, and updates the policy whenever a minibatch is complete.

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite reward (for PPO, its
                log-probabilities). Nothing has been observed then.
        """
        check_trials(self._options, proposals, rewards)
        for proposal, reward in zip(proposals, rewards, strict=True):
            self._buffer.append((proposal, float(reward)))
            if len(self._buffer) >= self._settings.minibatch:
                self._learn()
                self._buffer.clear()

    def evaluate(self, choices: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        """What the policy as it is now makes of some architectures.

        Args:
            choices: one option's index for each decision, [B, T].

        Returns:
            Log-probability of each choice and entropy of each decision's distribution given the
            choices before it, in nats, both float32 [B, T].
        """
        with tf.device(DEVICE):
            log_probs, entropies = self._network.evaluate(
                self._weights, tf.constant(choices, tf.int32)
            )
        return log_probs.numpy(), entropies.numpy()

    def state(self) -> bytes:
        """Weights, Adam's moments, baseline, counters, and the minibatch that is not complete."""
        choices, log_probs, rewards = self._buffered()
        arrays = {
            "weights": np.asarray(self._weights),
            "first_moment": np.asarray(self._first_moment),
            "second_moment": np.asarray(self._second_moment),
            "updates": np.int64(self._updates),
            "draws": np.int64(self._draws),
            "baseline": np.float64(self._baseline),
            "choices": choices,
            "log_probs": log_probs,
            "rewards": rewards,
        }
        return pack(self._kind, self._arguments(), arrays)

    def restore(self, state: bytes) -> None:
        """Takes up the `state` of a controller that was constructed with the same arguments.

        Raises:
            ValueError: the bytes are not such a state.
        """
        weights, table = (self._network.size,), (None, len(self._options))
        specs: Specs = {
            "weights": (np.float32, weights),
            "first_moment": (np.float32, weights),
            "second_moment": (np.float32, weights),
            "updates": (np.int64, ()),
            "draws": (np.int64, ()),
            "baseline": (np.float64, ()),
            "choices": (np.int32, table),
            "log_probs": (np.float64, table),
            "rewards": (np.float64, (None,)),
        }
        arrays = unpack(state, self._kind, self._arguments(), specs)
        rows = [arrays[name].tolist() for name in ("choices", "log_probs", "rewards")]
        self._buffer = [
            (Proposal(tuple(choices), tuple(log_probs)), reward)
            for choices, log_probs, reward in zip(*rows, strict=True)
        ]
        self._weights = arrays["weights"]
        self._first_moment = arrays["first_moment"]
        self._second_moment = arrays["second_moment"]
        self._updates, self._draws = int(arrays["updates"]), int(arrays["draws"])
        self._baseline = float(arrays["baseline"])

    def _learn(self) -> None:
        choices, log_probs, rewards = self._buffered()
        baseline = rewards.mean() if math.isnan(self._baseline) else self._baseline
        update = traced_update(self._network, self._loss, self._settings)
        with tf.device(DEVICE):
            batch = (
                tf.constant(choices),
                tf.constant(log_probs, tf.float32),
                tf.constant(rewards - baseline, tf.float32),
            )
            for _ in range(self._passes):
                self._updates += 1
                self._weights, self._first_moment, self._second_moment = update(
                    self._weights,
                    self._first_moment,
                    self._second_moment,
                    tf.constant(self._updates, tf.float32),
                    *batch,
                )
        decay = self._settings.baseline_decay
        for reward in rewards:
            baseline = decay * baseline + (1 - decay) * reward
        self._baseline = float(baseline)

    def _buffered(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Choices [B, T], their log-probabilities [B, T] and rewards [B] that wait."""
        shape = (len(self._buffer), len(self._options))
        unknown = (0.0,) * len(self._options)
        choices = [proposal.choices for proposal, _ in self._buffer]
        log_probs = [proposal.log_probs or unknown for proposal, _ in self._buffer]
        rewards = [reward for _, reward in self._buffer]
        return (
            np.array(choices, np.int32).reshape(shape),
            np.array(log_probs, np.float64).reshape(shape),
            np.array(rewards, np.float64),
        )

    def _arguments(self) -> dict[str, object]:
        settings = dataclasses.asdict(self._settings)
        return {"options": self._options, "seed": self._seed, **settings}
