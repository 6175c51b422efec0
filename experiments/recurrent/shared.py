"""ENAS for recurrent cells: shared weights and a controller that are trained in turn.

Pham et al., https://arxiv.org/abs/1802.03268, sections 2.1 and 2.2.
"""

import dataclasses
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.cells.recurrent.reading import RecurrentCell
from nasnet.controller import parse_controller
from nasnet.data.text import Text
from nasnet.experiments.recurrent.settings import RecurrentSettings
from nasnet.experiments.recurrent.trainings import recurrence
from nasnet.runtime.files import replacing
from nasnet.stacking.recurrent.model import ROWS, LanguageModel, windows

_DRAWS = 1_000_003  # a prime that keeps the seeds of the windows apart from all others


@dataclasses.dataclass(frozen=True)
class Round:
    """What a round of training came to.

    Attributes:
        loss: of the shared weights, mean over the round's cells, nats a symbol.
        perplexity: of the cells that taught the controller, on validation text, their mean.
        entropy: of these proposals, minus the mean of their log-probabilities, nats.
    """

    loss: float
    perplexity: float
    entropy: float


class SharedSearch:
    """The search, a round at a time; a round that is stopped begins anew.

    A cell's reward is the perplexity of the first cell of its round over its own, both on the same
    windows of validation text, so rewards stay near 1 while the weights learn.

    Args:
        settings: of the search.
        text: what is learned.
        path: where the state is kept behind each round; what is there is gone on from.

    Raises:
        ValueError: the text is too short, or the state cannot be gone on from.
    """

    def __init__(self, settings: RecurrentSettings, text: Text, path: Path) -> None:
        self.settings, self.text = settings, text
        self.rounds: list[Round] = []
        self._path = path
        self._recurrence = recurrence(settings, shared=True)
        symbols = len(text.symbols)
        self._model = LanguageModel(self._recurrence, symbols, settings.recipe, settings.seed)
        self._space = settings.search_space()
        self._controller = parse_controller(settings.controller).make(self._space, settings.seed)
        self._hidden: Any = self._model.first_state(settings.recipe.batch_size)
        self._read = 0
        if path.is_file():
            self._restore()

    @property
    def parameters(self) -> int:
        """The number of shared weights."""
        return len(self._model.weights)

    def step(self, on_step: Callable[[int], None] = lambda done: None) -> Round:
        """One round; it is kept when it has ended.

        Args:
            on_step: called with the number of steps that the round has made.
        """
        settings, losses = self.settings, list[float]()
        reader = self._windows()
        cells = self._controller.propose(settings.shared_steps)  # nothing teaches it meanwhile
        for number, proposal in enumerate(cells):
            if (window := next(reader, None)) is None:
                self._read, reader = 0, self._windows()
                self._hidden = self._model.first_state(settings.recipe.batch_size)
                window = next(reader)
            arc = np.array(proposal.choices, np.int32)
            loss, self._hidden = self._model.train(window, self._hidden, arc)
            self._read += 1
            losses.append(loss)
            on_step(number + 1)
        perplexities, log_probs = [], []
        part = self._validation(settings.windows, seed=len(self.rounds))
        for number in range(settings.controller_steps):
            (proposal,) = self._controller.propose(1)
            perplexities.append(self._perplexity(proposal.choices, part))
            log_probs.append(sum(proposal.log_probs))
            self._controller.observe([proposal], [perplexities[0] / perplexities[-1]])
            on_step(settings.shared_steps + number + 1)
        means = [float(np.mean(values)) for values in (losses, perplexities, log_probs)]
        ended = Round(means[0], means[1], -means[2])
        self.rounds.append(ended)
        self._save()
        return ended

    def proposals(self) -> list[tuple[RecurrentCell, float]]:
        """Cells that the controller proposes now, each once, the best first, and perplexities.

        The controller's state is as before afterwards.
        """
        settings, kept = self.settings, self._controller.state()
        part = self._validation(settings.final_windows, seed=settings.rounds)
        found = {proposal.choices for proposal in self._controller.propose(settings.samples)}
        self._controller.restore(kept)
        scored = [(self._space.decode(c), self._perplexity(c, part)) for c in sorted(found)]
        return sorted(scored, key=lambda pair: pair[1])

    def _perplexity(self, choices: tuple[int, ...], part: np.ndarray) -> float:
        return math.exp(self._model.loss(part, np.array(choices, np.int32)))

    def _windows(self) -> Iterator[np.ndarray]:
        """The windows of the training text that are still to be read."""
        recipe = self.settings.recipe
        found = windows(self.text.train, recipe.batch_size, recipe.steps)
        for number, window in enumerate(found):
            if number >= self._read:
                yield window

    def _validation(self, count: int, *, seed: int) -> np.ndarray:
        """Validation text of so many windows, or all of it, from a place that a seed draws."""
        length = count * ROWS * self.settings.recipe.steps + 1
        free = max(len(self.text.val) - length, 0)
        rng = np.random.default_rng((self.settings.seed + _DRAWS, seed))
        start = int(rng.integers(free + 1))
        return self.text.val[start : start + length]

    def _save(self) -> None:
        with replacing(self._path) as file:
            np.savez(
                file,
                allow_pickle=False,
                **self._model.state(),
                hidden=np.asarray(self._hidden),
                read=np.array(self._read),
                controller=np.frombuffer(self._controller.state(), np.uint8),
                rounds=np.array(json.dumps([dataclasses.asdict(r) for r in self.rounds])),
            )

    def _restore(self) -> None:
        try:
            with np.load(self._path, allow_pickle=False) as file:
                state = dict(file)
            self._model.restore({name: state[name] for name in self._model.state()})
            self._hidden, self._read = state["hidden"], int(state["read"])
            self._controller.restore(state["controller"].tobytes())
            self.rounds = [Round(**row) for row in json.loads(str(state["rounds"]))]
        except (OSError, KeyError, ValueError, TypeError) as error:
            raise ValueError(f"{self._path} cannot be gone on from: {error}") from None
