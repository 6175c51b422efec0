"""Gradient-based search over shared weights: straight-through Gumbel softmax. NumPy alone.

Dong & Yang, https://arxiv.org/abs/1910.04465 (GDAS). A path is drawn, and it alone is computed;
behind each of its choices stands a factor (`Backend.choice`) of value 1, that of the one-hot vector
`onehot - constant(p) + p` at the choice. Its gradient is that of p there, the Gumbel softmax at a
temperature. So a step costs what it costs to sample.

What the paper adds for the choices that were not drawn, their factors of value 0 themselves, has
no place here: as in its authors' first version.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from nasnet.cells import SearchSpace
from nasnet.controller.base import BaseController
from nasnet.search.shared.settings import GumbelSettings

WITHOUT_EFFECT = frozenset({"identity", "skip_connect", "none"})
_DECAYS = np.array([0.5, 0.999])  # of Adam's moments, as in GDAS and DARTS


@dataclasses.dataclass(frozen=True, slots=True)
class Path:
    """A path that was drawn.

    Attributes:
        choices: an option's index for each decision, [T].
        shares: the Gumbel softmax that they are the largest of, [T, K].
        temperature: of that.
        progress: share of the training that was done.
    """

    choices: tuple[int, ...]
    shares: np.ndarray
    temperature: float
    progress: float = 1.0

    def gradient(self, by_factors: np.ndarray) -> np.ndarray:
        """The gradient by the logits of the gradient by the factors behind choices, [T] -> [T, K].

        Row by row the Jacobian of the softmax: its columns add up to 0, so the normalization of the
        logits in front of it changes nothing.
        """
        chosen = np.arange(self.shares.shape[1]) == np.array(self.choices)[:, None]
        reached = np.sum(self.shares * chosen, axis=1) * by_factors
        return reached[:, None] * (chosen - self.shares) / self.temperature


class Gumbel(BaseController[GumbelSettings]):
    """Logits for every decision: they draw the paths that train, and propose the cells behind it.

    As a controller it proposes by their softmax, never the most likely cell alone, and learns
    nothing from what is scored. A space must make all of its decisions.

    Attributes:
        logits: [T, K], -inf where a decision has fewer than K options.
        stopped: whether the logits stay as they are, because identities have won.
    """

    name = "gumbel"
    Settings = GumbelSettings
    samples = True

    def __init__(
        self, space: SearchSpace[Any], settings: GumbelSettings | None = None, *, seed: int = 0
    ) -> None:
        super().__init__(space, settings, seed=seed)
        if space.conditional:
            raise ValueError("space has decisions that are not always made, expected none (--grow)")
        options = np.arange(max(space.counts))
        self.logits = np.where(options < np.array(space.counts)[:, None], 0.0, -np.inf)
        self._known = np.isfinite(self.logits)
        self._before = self.logits.copy()  # an epoch ago
        self._moments = np.zeros((2, *self.logits.shape))
        self._steps, self.stopped = 0, False
        self._idle = np.array(
            [[_is_idle(d.options, i) for i in options.tolist()] for d in space.decisions]
        )

    @property
    def probabilities(self) -> np.ndarray:
        """The softmax of the logits, [T, K]."""
        return _softmax(self.logits)

    @property
    def identities(self) -> float:
        """The mean probability of operations without an effect, over the decisions that have any.

        0 where none has.
        """
        rows = self._idle.any(axis=1)
        return float((self.probabilities * self._idle)[rows].sum() / max(rows.sum(), 1))

    def draw(self, rng: np.random.Generator) -> tuple[int, ...]:
        """A cell by the softmax of the logits."""
        return self.path(1.0, rng).choices

    def teaches(self, progress: float) -> bool:
        """Whether gradients move the logits after this share of the training."""
        return progress >= self.settings.warmup and not self.stopped

    def path(self, progress: float, rng: np.random.Generator) -> Path:
        """A path by the softmax of the logits, whatever the temperature is after this share."""
        temperature = self.settings.temperature_at(progress)
        noisy = self.logits + rng.gumbel(size=self.logits.shape)
        choices = tuple(np.argmax(noisy, axis=1).tolist())
        return Path(choices, _softmax(noisy / temperature), temperature, progress)

    def descend(self, path: Path, by_factors: np.ndarray) -> None:
        """One step of Adam.

        Args:
            path: that was computed.
            by_factors: the gradient of its loss by the factors behind its choices, [T].
        """
        settings, known = self.settings, self._known
        logits = np.where(known, self.logits, 0.0)
        gradient = path.gradient(by_factors) + settings.weight_decay * logits
        # That of the mean logsumexp of the decisions' logits.
        gradient += settings.beta_decay * path.progress * self.probabilities / len(logits)
        self._steps += 1
        for moment, keep, value in zip(
            self._moments, _DECAYS, (gradient, gradient**2), strict=True
        ):
            moment += (1 - keep) * (value - moment)
        mean, square = self._moments / (1 - _DECAYS**self._steps)[:, None, None]
        step = settings.learning_rate * mean / (np.sqrt(square) + 1e-8)
        self.logits = np.where(known, logits - step, -np.inf)

    def end_epoch(self) -> None:
        """Goes back to the end of the epoch before, for good, where identities have won."""
        if not self.stopped and self.identities > self.settings.most_identities:
            self.logits, self.stopped = self._before, True
        self._before = self.logits.copy()

    def memory(self) -> dict[str, np.ndarray]:
        """Logits, those of an epoch ago, Adam's moments, and counters."""
        return {
            "logits": self.logits,
            "before": self._before,
            "moments": self._moments,
            "steps": np.array(self._steps),
            "stopped": np.array(self.stopped),
        }

    def recall(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes up a memory."""
        self.logits, self._before = arrays["logits"], arrays["before"]
        self._moments = arrays["moments"]
        self._steps, self.stopped = int(arrays["steps"]), bool(arrays["stopped"])


def _is_idle(options: tuple[str, ...], number: int) -> bool:
    return number < len(options) and options[number] in WITHOUT_EFFECT


def _softmax(logits: np.ndarray) -> np.ndarray:
    """Of each row, [T, K]."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
