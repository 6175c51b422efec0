"""A controller of one's own in one file: simulated annealing.

nasnet search --controller controller.py:Annealing,cooling=0.9
"""

import dataclasses
import math

import numpy as np

from nasnet.controller import BaseController


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnnealingSettings:
    """What may stand behind the controller's name.

    Args:
        temperature: at first; a child that is so much worse is accepted with a chance of 1 / e.
        cooling: factor of the temperature for each child.
    """

    temperature: float = 0.1
    cooling: float = 0.95


class Annealing(BaseController[AnnealingSettings]):
    """Mutates the present architecture, and goes to the mutant if it is better, or by chance."""

    Settings = AnnealingSettings

    def __init__(self, space, settings=None, *, seed=0):
        super().__init__(space, settings, seed=seed)
        self._present, self._reward, self._heard = (), -math.inf, 0

    def draw(self, rng):
        if not self._present:
            return self.space.sample(rng)
        return self.space.mutate(self._present, rng)

    def learn(self, proposal, reward):
        rng = np.random.default_rng((self.seed, self._heard, 1))
        heat = self.settings.temperature * self.settings.cooling**self._heard
        self._heard += 1
        if rng.random() < math.exp(min(0.0, (reward - self._reward) / heat)):
            self._present, self._reward = proposal.choices, reward

    def memory(self):
        present = np.array([self._present] if self._present else [], np.int32)
        return {
            "present": present.reshape(-1, len(self.space.decisions)),
            "reward": np.array(self._reward),
            "heard": np.array(self._heard),
        }

    def recall(self, arrays):
        rows = arrays["present"].tolist()
        self._present = tuple(rows[0]) if rows else ()
        self._reward, self._heard = float(arrays["reward"]), int(arrays["heard"])
