"""The driver of a supernet's training: it samples children, workers give gradients, it updates."""

import dataclasses
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.controller.protocol import Controller
from nasnet.search.executors.base import Executor
from nasnet.search.shared.children import fair_choices, operations_of, run_all
from nasnet.search.shared.exchange import SharedGradient, SharedScore, SharedStep
from nasnet.search.shared.gumbel import Gumbel
from nasnet.search.shared.settings import SharedSettings, check_recipe
from nasnet.search.shared.vectors import SharedVectors, read_state, save_state
from nasnet.stacking.recipe import Recipe
from nasnet.stacking.shared.layout import SharedLayout

STATE = "state.npz"


@dataclasses.dataclass(frozen=True, slots=True)
class SharedEpoch:
    """What one epoch of shared training gave.

    Attributes:
        number: from 1.
        loss: mean training loss of the children, in nats.
        reward: mean reward of the children that the controller then learned from; None without.
        note: what else a person should know.
    """

    number: int
    loss: float
    reward: float | None
    note: str = ""


class SharedTraining:
    """Shared weights and what their training remembers; all of it in one folder.

    Args:
        folder: where weights and state are kept; a state in it is gone on from.
        layout: where the children's weights are.
        settings: of the training.
        recipe: momentum and batch normalization's momentum.
        images: number of images by split, "train" and "val".
        seed: of everything random.
        controller: samples; freshly constructed. A `Gumbel` where `settings.sampling` is "gumbel",
            a policy where it is "controller", else None.

    Attributes:
        epochs: those that are done.
        progress: the share of the learning rate's schedule that is done; at 1 nothing is left.

    Raises:
        ValueError: the controller is not as asked for, the recipe asks for what shared weights do
            not have, or the folder's state is damaged or of other settings.
    """

    def __init__(
        self,
        folder: Path,
        layout: SharedLayout,
        settings: SharedSettings,
        recipe: Recipe,
        *,
        images: Mapping[str, int],
        seed: int,
        controller: Controller | None = None,
    ) -> None:
        fits = {"controller": controller is not None, "gumbel": isinstance(controller, Gumbel)}
        if not fits.get(settings.sampling, controller is None):
            raise ValueError(
                f"sampling is {settings.sampling!r} with controller {controller}, "
                "expected a controller where it samples and nowhere else"
            )
        check_recipe(recipe)
        self._folder, self._layout, self._settings = folder, layout, settings
        self._images, self._seed, self._controller = images, seed, controller
        self._gumbel = controller if isinstance(controller, Gumbel) else None
        self._operations = len(operations_of(layout.space))
        # Whole rounds, so that in a fair epoch all operations have their turns equally often.
        self._turns = math.ceil(settings.updates / settings.epochs)
        self._epoch_steps = self._turns * self._operations
        self.epochs: list[SharedEpoch] = []
        self._round: list[tuple[int, ...]] = []
        self.progress, self._epoch_seconds = 0.0, 0.0
        saved = self._restore() if (folder / STATE).is_file() else None
        self._vectors = SharedVectors(folder, layout, settings, recipe, saved=saved, seed=seed)

    @property
    def updates(self) -> int:
        """Updates of each operation so far, on average."""
        return len(self.epochs) * self._turns

    def run(
        self,
        executor: Executor[Any, Any],
        *,
        on_step: Callable[[int, int], None] = lambda done, total: None,
        on_epoch: Callable[[SharedEpoch], None] = lambda epoch: None,
        left: Callable[[], float] | None = None,
    ) -> None:
        """Trains the epochs that are left; each is saved when it ends.

        Where time is limited there are as many as fit, by how long the last one took, and at least
        one. Before each, the rest of the learning rate's schedule is stretched over them anew.

        Args:
            executor: of a `SharedWeights`.
            on_step: called with the steps done and the steps of all epochs.
            on_epoch: called behind every epoch.
            left: gives the seconds that are left for it; None for no limit.

        Raises:
            Diverged: a child's loss is not finite.
            ValueError: a worker failed, or the time allows for fewer updates than are asked for.
        """
        while self.progress < 1:
            number, began = len(self.epochs), time.monotonic()
            count = self._settings.epochs - number
            if left is not None and self._epoch_seconds:
                count = min(count, max(0, round(left() / self._epoch_seconds)))
                self._check_time(number + count)
            if not count:
                self.progress = 1.0
                self._save()
                return
            loss = self._train_epoch(count, executor, on_step)
            reward = self._teach(number, executor)
            self.epochs.append(SharedEpoch(number + 1, loss, reward, self._note()))
            self._epoch_seconds = time.monotonic() - began
            self._save()
            on_epoch(self.epochs[-1])

    def doubt(self, classes: int) -> str | None:
        """Why the weights rank nothing yet, and what it would take; None where they may.

        Args:
            classes: of the images, equally many of each.
        """
        chance, loss = math.log(classes), self.epochs[-1].loss
        wanted = (1 - self._settings.margin) * chance
        if loss < wanted:
            return None
        return (
            f"shared weights rank nothing: their mean loss is {loss:.3f} nats behind "
            f"{self.updates:,} updates an operation, where chance is {chance:.3f} (ln {classes}); "
            f"expected below {wanted:.3f}, which takes more than that: "
            f"--shared.updates {2 * self.updates}, or fewer --operations"
        )

    def _check_time(self, epochs: int) -> None:
        least, found = self._settings.least_updates, epochs * self._turns
        if found < least:
            raise ValueError(
                f"the time allows for some {found} updates an operation, expected at least "
                f"shared.least_updates, {least}: more time, or fewer --operations"
            )

    def _train_epoch(
        self, count: int, executor: Executor[Any, Any], on_step: Callable[[int, int], None]
    ) -> float:
        """The first of the `count` epochs that are left."""
        number, steps = len(self.epochs), self._epoch_steps
        place, epochs = float(number), float(number + count)  # in the schedule, and its length
        if self.progress != place / epochs:
            epochs = count / (1 - self.progress)
            place = self.progress * epochs
        self.progress = 1.0 if count == 1 else (place + 1) / epochs
        rngs = [np.random.default_rng([self._seed, number, i]) for i in range(3)]
        train, val = self._batches("train", rngs[0]), self._batches("val", rngs[1])
        decode, gumbel = self._layout.space.decode, self._gumbel
        losses, self._round = list[float](), []
        for i in range(steps):
            done, progress = number * steps + i, (place * steps + i) / (steps * epochs)
            moment = progress, (self._seed, done)
            if gumbel is not None and gumbel.teaches(progress):
                path = gumbel.path(progress, rngs[2])
                asked = SharedStep(decode(path.choices), next(val), *moment, "val", gates=True)
                found = self._computed(asked, executor)
                gumbel.descend(path, np.mean([part.by_factors for part in found], axis=0))
            step = SharedStep(decode(self._draw(progress, rngs[2])), next(train), *moment)
            found = self._computed(step, executor)
            rate = self._settings.learning_rate_at(progress)
            self._vectors.update(step.architecture, found, rate)
            losses.append(float(np.mean([part.loss for part in found])))
            on_step(done + 1, steps * (number + count))
        return float(np.mean(losses))

    def _batches(self, split: str, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Places of images, batch after batch, without end; in a pass none comes twice."""
        count = self._images[split]
        size = min(self._settings.batch_size, count)
        while True:
            yield from rng.permutation(count)[: count // size * size].reshape(-1, size)

    def _draw(self, progress: float, rng: np.random.Generator) -> tuple[int, ...]:
        """The choices of the next path that trains."""
        space, settings = self._layout.space, self._settings
        if self._gumbel is not None and progress >= settings.gumbel.warmup:
            return self._gumbel.draw(rng)
        if settings.sampling == "controller" and self._controller is not None:
            return self._controller.propose(1)[0].choices
        if settings.sampling == "uniform":
            return space.sample(rng)
        self._round = self._round or fair_choices(space, rng)
        return self._round.pop()

    def _computed(self, step: SharedStep, executor: Executor[Any, Any]) -> list[SharedGradient]:
        """What the parts of a batch ask for."""
        parts = np.array_split(step.images, self._settings.parts)
        seed, done = step.seed
        tasks = [
            dataclasses.replace(step, images=part, seed=(seed, done * len(parts) + j))
            for j, part in enumerate(parts)
        ]
        return run_all(executor, tasks)

    def _teach(self, number: int, executor: Executor[Any, Any]) -> float | None:
        """Lets a policy learn from rewards under the weights as they are."""
        if self._gumbel is not None:
            self._gumbel.end_epoch()
        if self._controller is None or self._gumbel is not None:
            return None
        count = self._settings.controller_children
        proposals = self._controller.propose(count)
        decode, images = self._layout.space.decode, self._settings.reward_images
        tasks = [
            SharedScore(decode(proposal.choices), number * count + i, images)
            for i, proposal in enumerate(proposals)
        ]
        found = run_all(executor, tasks)
        rewards = [evaluation.reward for evaluation in found]
        self._controller.observe(proposals, rewards)
        return float(np.mean(rewards)) if rewards else None

    def _note(self) -> str:
        """How far identities have come, where logits are taught."""
        if self._gumbel is None:
            return ""
        text = f"identities {self._gumbel.identities:.2f}"
        return f"{text}, logits stopped" if self._gumbel.stopped else text

    def _save(self) -> None:
        """All that a later run goes on from, in one file."""
        state = self._controller.state() if self._controller is not None else b""
        header = {
            "settings": dataclasses.asdict(self._settings),
            "seed": self._seed,
            "epochs": [dataclasses.asdict(epoch) for epoch in self.epochs],
            "progress": self.progress,
            "epoch_seconds": self._epoch_seconds,
        }
        arrays = {**self._vectors.arrays(), "controller": np.frombuffer(state, np.uint8)}
        save_state(self._folder / STATE, header, arrays)

    def _restore(self) -> dict[str, np.ndarray]:
        path = self._folder / STATE
        header, arrays = read_state(path)
        wanted = json.loads(json.dumps([dataclasses.asdict(self._settings), self._seed]))
        found = [header.get("settings"), header.get("seed")]
        if found != wanted:
            raise ValueError(f"{path} is of settings {found}, expected {wanted}")
        try:
            self.epochs = [SharedEpoch(**epoch) for epoch in header["epochs"]]
            self.progress, self._epoch_seconds = header["progress"], header["epoch_seconds"]
            state = arrays.pop("controller").tobytes()
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path} cannot be read: {error}") from None
        if self._controller is not None and state:
            self._controller.restore(state)
        return arrays
