"""Random search, the baseline of the paper.

Zoph et al., https://arxiv.org/abs/1707.07012, sections 3 and 4.4.
"""

import numpy as np

from nasnet.controller.base import BaseController, NoSettings


class RandomSearch(BaseController[NoSettings]):
    """Draws every decision at random and learns nothing: "a difficult baseline".

    A proposal depends on the seed and its number alone, so how many are drawn at once is of no
    importance.
    """

    name = "random"

    def draw(self, rng: np.random.Generator) -> tuple[int, ...]:
        """A sample of the space."""
        return self.space.sample(rng)
