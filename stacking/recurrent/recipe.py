"""How a language model is trained."""

import dataclasses
import math

from nasnet.runtime.checks import check_fields


@dataclasses.dataclass(frozen=True)
class LanguageRecipe:
    """How a language model is trained.

    Args:
        batch_size: rows B of text side by side.
        steps: symbols T through which gradients go back.
        learning_rate: of Adam at first; it falls along a cosine where a length is given.
        clip: most of the gradient's norm.
        dropout: share of the units of embeddings and outputs that are 0, the same ones in all steps
            of a window (Gal and Ghahramani, https://arxiv.org/abs/1512.05287).
        init: weights begin between -init and init.

    Raises:
        ValueError: a number is out of range.
    """

    batch_size: int = 32
    steps: int = 32
    learning_rate: float = 2e-3
    clip: float = 1.0
    dropout: float = 0.1
    init: float = 0.1

    def __post_init__(self) -> None:
        check_fields(self, batch_size=1, steps=1)
        for name in ("learning_rate", "clip", "init"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}, expected above 0")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is {self.dropout}, expected from 0 to below 1")
