"""What REINFORCE and PPO share: an LSTM policy, its updates, and its state.

Zoph et al., https://arxiv.org/abs/1707.07012, appendices A.2 and A.3. All that changes is a few
arrays; the traced functions are pure, and shared by the controllers of a process. TensorFlow is
imported when the first of them is made.
"""

import abc
import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np

from nasnet.cells import SearchSpace
from nasnet.controller.base import LATER, BaseController
from nasnet.controller.checks import check_count, check_positive, check_share, check_whole
from nasnet.controller.protocol import Proposal

RECURRENT_CELLS = ("lstm", "nascell")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """Settings of every policy; the defaults are the paper's, except where it names none.

    Args:
        learning_rate: of Adam. 3.5e-4 in the paper, which names no optimizer; 8e-4 was best when
            AmoebaNet's authors tuned it again (https://arxiv.org/abs/1802.01548).
        entropy_weight: nats of entropy are added to the reward with this weight, 1e-5.
        baseline_decay: of the moving average of rewards, for each reward, 0.95.
        minibatch: architectures observed for each update, 20.
        temperature: divides the logits; 1 in the paper, 5 in ENAS's language model.
        tanh_constant: c in c * tanh(logits), which bounds them; None in the paper, 1.1 to 2.5 in
            ENAS (https://arxiv.org/abs/1802.03268).
        cell: of the policy network, "lstm" or "nascell", the recurrent cell that NAS found
            (https://arxiv.org/abs/1611.01578, appendix A).
        hidden: units of each of its layers, 100; 35 in NAS-2017.
        layers: of it, 1; 2 in NAS-2017.
        init: its weights begin between -init and init, 0.1; 0.08 in NAS-2017.
        reward_power: to which rewards are raised, with their sign, before all else: 3 in NAS-2017.
        skip_weight: of the penalty on skip connections whose chance is not `skip_target`, 0; 0.8 in
            ENAS's macro search.
        skip_target: the chance of a skip connection that costs nothing, 0.4 in ENAS.

    Raises:
        ValueError: a setting is out of range.
    """

    learning_rate: float = 3.5e-4
    entropy_weight: float = 1e-5
    baseline_decay: float = 0.95
    minibatch: int = 20
    temperature: float = 1.0
    tanh_constant: float | None = None
    cell: str = "lstm"
    hidden: int = dataclasses.field(default=100, metadata=LATER)
    layers: int = dataclasses.field(default=1, metadata=LATER)
    init: float = dataclasses.field(default=0.1, metadata=LATER)
    reward_power: float = dataclasses.field(default=1.0, metadata=LATER)
    skip_weight: float = dataclasses.field(default=0.0, metadata=LATER)
    skip_target: float = dataclasses.field(default=0.4, metadata=LATER)

    def __post_init__(self) -> None:
        for name in ("init", "reward_power"):
            check_positive(name, getattr(self, name))
        for name in ("hidden", "layers"):
            check_whole(name, getattr(self, name))
        check_share("skip_weight", self.skip_weight)
        if not 0 < self.skip_target < 1:
            raise ValueError(f"skip_target is {self.skip_target}, expected between 0 and 1")
        check_positive("learning_rate", self.learning_rate)
        check_positive("temperature", self.temperature)
        if self.tanh_constant is not None:
            check_positive("tanh_constant", self.tanh_constant)
        if not 0 <= self.entropy_weight < float("inf"):
            raise ValueError(f"entropy_weight is {self.entropy_weight}, expected 0 or more")
        if not 0 <= self.baseline_decay < 1:
            raise ValueError(
                f"baseline_decay is {self.baseline_decay}, expected at least 0 and below 1"
            )
        check_whole("minibatch", self.minibatch)
        if self.cell not in RECURRENT_CELLS:
            raise ValueError(f"cell is {self.cell!r}, expected {' or '.join(RECURRENT_CELLS)}")


P = TypeVar("P", bound=PolicySettings)


class PolicyGradient(BaseController[P]):
    """An LSTM policy that is moved along the policy gradient whenever a minibatch is observed.

    The advantage of a trial is its reward minus a baseline, an exponential moving average of the
    rewards observed before its minibatch; the first minibatch is compared with its own mean. After
    an update every reward of the minibatch moves the baseline, in the order observed. A decision
    that is not made has the log-probability 0 and the entropy 0, so nothing is learned from it.

    Sampling depends on the seed and the number of earlier proposals, not on global seeds. On one
    machine equal calls give equal bits. Drawn one by one instead of in a batch, proposals are the
    same, and their log-probabilities the same up to rounding.
    """

    samples = tensorflow = True
    later = ("block",)
    passes: ClassVar[Any] = 1  # updates with each minibatch

    def __init__(
        self, space: SearchSpace[Any], settings: P | None = None, *, seed: int = 0
    ) -> None:
        from nasnet.controller.policy.layout import PolicyLayout, anchors_of
        from nasnet.controller.policy.lstm import policy_network

        super().__init__(space, settings, seed=seed)
        given = self.settings
        layout = PolicyLayout(
            space.counts,
            given.cell,
            given.hidden,
            given.layers,
            given.init,
            anchors_of(space.decisions),
        )
        self._network = policy_network(layout, given.temperature, given.tanh_constant)
        self._key = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]
        self._weights: Any = self._network.initial_weights(seed)
        self._first_moment: Any = np.zeros(self._network.size, np.float32)
        self._second_moment: Any = np.zeros(self._network.size, np.float32)
        self._updates = 0
        self._baseline = math.nan  # until the first minibatch
        self._buffer: list[tuple[Proposal, float]] = []
        # Sampling one takes as long as sampling a minibatch, and until an update nothing changes.
        self._ahead: list[Proposal] = []
        self._block = 0, 0  # the number of the first that were sampled together, and how many

    @staticmethod
    @abc.abstractmethod
    def loss(
        settings: Any, log_probs: Any, old_log_probs: Any, entropies: Any, advantages: Any
    ) -> Any:
        """What an update minimises, a scalar of tensors [B, T] and the advantages [B]."""

    def draw(self, rng: np.random.Generator) -> tuple[int, ...]:
        """The next proposal's choices."""
        return self.propose(1)[0].choices

    def propose(self, count: int) -> list[Proposal]:
        """`count` proposals sampled from the policy as it is now, with their log-probabilities.

        Raises:
            ValueError: `count` is negative.
        """
        check_count(count)
        found = self._ahead[:count]
        if len(found) < count:
            least = count - len(found)
            self._block = self.proposed + len(found), max(least, self.settings.minibatch)
            drawn = self._sampled(*self._block)
            self._ahead, found = found + drawn, found + drawn[: count - len(found)]
        del self._ahead[:count]
        self.proposed += count
        return found

    def _sampled(self, first: int, count: int) -> list[Proposal]:
        """Proposals from number `first` on, sampled from the policy as it is now."""
        live = np.ones((count, len(self.space.decisions)), np.float32)
        while True:
            choices, log_probs = self._network.sample_numbered(
                self._weights, live, self._key, first
            )
            for row in range(count):
                for number, choice in self.space.given(first + row).items():
                    choices[row, number] = choice
            found = self._decided(choices)
            if (found == live).all():
                break
            live = found.astype(np.float32)  # what is made depends on earlier choices alone
        rows = zip(choices.tolist(), log_probs.tolist(), strict=True)
        return [Proposal(tuple(row), tuple(values)) for row, values in rows]

    def adopt(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Learns nothing from known cells: it is on-policy.

        The gradient is an average over what the policy samples. Whoever chose these cells would
        have chosen no others, so no ratio of probabilities, and no clipping of it, makes one of
        their average; and a baseline of theirs would call all that it finds at first bad.

        Raises:
            ValueError: a cell is not of this space, or lacks a finite reward.
        """
        BaseController.checked(self, proposals, rewards)

    def learn(self, proposal: Proposal, reward: float) -> None:
        """Keeps the trial, and updates the policy when a minibatch is complete."""
        power = self.settings.reward_power
        self._buffer.append((proposal, math.copysign(abs(reward) ** power, reward)))
        if len(self._buffer) >= self.settings.minibatch:
            self._update()
            self._buffer.clear()

    def evaluate(self, choices: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        """What the policy as it is now makes of some architectures.

        Args:
            choices: canonical ones, [B, T].

        Returns:
            Log-probability of each choice and entropy of each decision's distribution given the
            choices before it, in nats, both float32 [B, T].
        """
        import tensorflow as tf

        live = tf.constant(self._decided(choices), tf.float32)
        found = self._network.evaluate(self._weights, tf.constant(choices, tf.int32), live)
        return found[0].numpy(), found[1].numpy()

    def memory(self) -> dict[str, np.ndarray]:
        """Weights, Adam's moments, baseline, counters, and the minibatch that is not complete."""
        choices, log_probs, rewards = self._buffered()
        return {
            "weights": np.asarray(self._weights),
            "first_moment": np.asarray(self._first_moment),
            "second_moment": np.asarray(self._second_moment),
            "updates": np.array(self._updates),
            "baseline": np.array(self._baseline),
            "choices": choices,
            "log_probs": log_probs,
            "rewards": rewards,
            "block": np.array(self._block),
        }

    def recall(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes up a memory."""
        rows = [arrays[name].tolist() for name in ("choices", "log_probs", "rewards")]
        self._buffer = [
            (Proposal(tuple(choices), tuple(log_probs)), reward)
            for choices, log_probs, reward in zip(*rows, strict=True)
        ]
        self._weights = arrays["weights"]
        self._first_moment = arrays["first_moment"]
        self._second_moment = arrays["second_moment"]
        self._updates, self._baseline = int(arrays["updates"]), float(arrays["baseline"])
        first, count = self._block = tuple(arrays["block"].tolist())
        # Together as before, for others would differ by rounding.
        left = first + count - self.proposed
        self._ahead = self._sampled(first, count)[-left:] if left > 0 else []

    def _update(self) -> None:
        import tensorflow as tf

        from nasnet.controller.policy.lstm import DEVICE
        from nasnet.controller.policy.update import traced_update

        choices, log_probs, rewards = self._buffered()
        baseline = rewards.mean() if math.isnan(self._baseline) else self._baseline
        update = traced_update(self._network, self.loss, self.settings)
        with tf.device(DEVICE):
            batch = (
                tf.constant(choices),
                tf.constant(self._decided(choices), tf.float32),
                tf.constant(log_probs, tf.float32),
                tf.constant(rewards - baseline, tf.float32),
            )
            self._ahead, self._block = [], (0, 0)
            for _ in range(self.passes):
                self._updates += 1
                vectors = self._weights, self._first_moment, self._second_moment
                vectors = update(vectors, tf.constant(self._updates, tf.float32), *batch)
                self._weights, self._first_moment, self._second_moment = vectors
        decay = self.settings.baseline_decay
        for reward in rewards:
            baseline = decay * baseline + (1 - decay) * reward
        self._baseline = float(baseline)

    def _decided(self, choices: Any) -> np.ndarray:
        """Which decisions the policy makes: those that are made, but for what the space gives."""
        live = self.space.live(choices)
        live[:, [*self.space.given(0)]] = False
        return live

    def _buffered(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Choices [B, T], their log-probabilities [B, T] and rewards [B] that wait."""
        shape = (len(self._buffer), len(self.space.decisions))
        unknown = (0.0,) * len(self.space.decisions)
        choices = [proposal.choices for proposal, _ in self._buffer]
        log_probs = [proposal.log_probs or unknown for proposal, _ in self._buffer]
        rewards = [reward for _, reward in self._buffer]
        return (
            np.array(choices, np.int32).reshape(shape),
            np.array(log_probs, np.float64).reshape(shape),
            np.array(rewards, np.float64),
        )
