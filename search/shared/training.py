"""The driver of a supernet's training: it samples children, workers give gradients, it updates.

Every child moves only its own weights; their momentum waits where they are not sampled.
"""

import dataclasses
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.cells import Genotype
from nasnet.controller.protocol import Controller
from nasnet.runtime.files import replacing
from nasnet.search.executors.base import Executor
from nasnet.search.shared.children import fair_genotypes, run_all
from nasnet.search.shared.exchange import MOVING, WEIGHTS, SharedGradient, SharedScore, SharedStep
from nasnet.search.shared.settings import SharedSettings, check_recipe
from nasnet.stacking.recipe import Recipe
from nasnet.stacking.shared.layout import SharedLayout
from nasnet.stacking.update import optimizer_step, running_mean

STATE = "state.npz"


@dataclasses.dataclass(frozen=True, slots=True)
class SharedEpoch:
    """What one epoch of shared training gave.

    Attributes:
        number: from 1.
        loss: mean training loss of the children, in nats.
        reward: mean reward of the children that the controller then learned from; None without.
    """

    number: int
    loss: float
    reward: float | None


class SharedTraining:
    """Shared weights and what their training remembers; all of it in one folder.

    Args:
        folder: where weights and state are kept; a state in it is gone on from.
        layout: where the children's weights are.
        settings: of the training.
        recipe: momentum, weight decay and batch normalization's momentum.
        images: number of training images.
        seed: of everything random.
        controller: samples, and learns after each epoch; freshly constructed. Needed where
            `settings.sampling` is "controller", else None.

    Attributes:
        epochs: those that are done.
        progress: the share of the learning rate's schedule that is done; at 1 nothing is left.

    Raises:
        ValueError: there is no controller to sample, the recipe asks for what shared weights do not
            have, or the folder's state is damaged or of other settings.
    """

    def __init__(
        self,
        folder: Path,
        layout: SharedLayout,
        settings: SharedSettings,
        recipe: Recipe,
        *,
        images: int,
        seed: int,
        controller: Controller | None = None,
    ) -> None:
        if (settings.sampling == "controller") != (controller is not None):
            raise ValueError(
                f"sampling is {settings.sampling!r} with controller {controller}, "
                "expected a controller where it samples and nowhere else"
            )
        check_recipe(recipe)
        self._folder, self._layout = folder, layout
        self._settings, self._recipe = settings, recipe
        self._images, self._seed, self._controller = images, seed, controller
        self.epochs: list[SharedEpoch] = []
        self.progress, self._epoch_seconds = 0.0, 0.0
        self._velocity = np.zeros(layout.sizes[0], np.float32)
        self._decay = np.concatenate(
            [np.full(p.size, recipe.weight_decay * p.decays, np.float32) for p in layout.trainable]
        )
        if (folder / STATE).is_file():
            weights, moving = self._restore()
        else:
            from nasnet.stacking.flat.backend import FlatLayout

            weights, moving = FlatLayout(layout.parameters).initial(seed)
        # Workers map these two; between two epochs they may be ahead of the saved state.
        for name, vector in ((WEIGHTS, weights), (MOVING, moving)):
            with replacing(folder / name) as file:
                np.save(file, vector, allow_pickle=False)
        self._weights, self._moving = (
            np.load(folder / name, mmap_mode="r+", allow_pickle=False) for name in (WEIGHTS, MOVING)
        )

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
            ValueError: a worker failed.
        """
        while self.progress < 1:
            number, began = len(self.epochs), time.monotonic()
            count = self._settings.epochs - number
            if left is not None and self._epoch_seconds:
                count = min(count, max(0, round(left() / self._epoch_seconds)))
            if not count:
                self.progress = 1.0
                self._save()
                return
            loss = self._train_epoch(count, executor, on_step)
            reward = self._teach(number, executor)
            self.epochs.append(SharedEpoch(number + 1, loss, reward))
            self._epoch_seconds = time.monotonic() - began
            self._save()
            on_epoch(self.epochs[-1])

    def _train_epoch(
        self, count: int, executor: Executor[Any, Any], on_step: Callable[[int, int], None]
    ) -> float:
        """The first of the `count` epochs that are left."""
        number = len(self.epochs)
        place, epochs = float(number), float(number + count)  # in the schedule, and its length
        if self.progress != place / epochs:
            epochs = count / (1 - self.progress)
            place = self.progress * epochs
        self.progress = 1.0 if count == 1 else (place + 1) / epochs
        settings = self._settings
        rng = np.random.default_rng([self._seed, number])
        batch = min(settings.batch_size, self._images)
        children = min(settings.children, self._images // batch)
        steps = self._images // (batch * children)
        order = rng.permutation(self._images)[: steps * children * batch]
        sampler, losses = self._sampler(rng), []
        for i, images in enumerate(order.reshape(steps, children, batch)):
            done = number * steps + i
            progress = (place * steps + i) / (steps * epochs)
            # Images first: where they end no child has been drawn that nothing trains.
            tasks = [
                SharedStep(genotype, part, progress, (self._seed, done * children + j))
                for j, (part, genotype) in enumerate(zip(images, sampler, strict=False))
            ]
            found = run_all(executor, tasks)
            losses.append(float(np.mean([result.loss for result in found])))
            self._update(tasks, found, settings.learning_rate_at(progress))
            on_step(done + 1, steps * (number + count))
        return float(np.mean(losses))

    def _sampler(self, rng: np.random.Generator) -> Iterator[Genotype]:
        """Children without end."""
        space, sampling = self._layout.space, self._settings.sampling
        while True:
            if sampling == "fair":
                yield from fair_genotypes(space, rng)
            elif self._controller is not None:
                for proposal in self._controller.propose(self._settings.children):
                    yield space.decode(proposal.choices)
            else:
                yield space.decode(space.sample(rng))

    def _update(self, tasks: list[SharedStep], found: list[SharedGradient], rate: float) -> None:
        """One step of momentum SGD along the children's mean gradient."""
        recipe, total = self._recipe, np.zeros_like(self._velocity)
        touched = []
        for task, result in zip(tasks, found, strict=True):
            trained, running = self._layout.positions(task.genotype)
            gradient = result.gradient + self._decay[trained] * self._weights[trained]
            if self._settings.clip_norm:
                norm = float(np.linalg.norm(gradient))
                gradient *= min(1.0, self._settings.clip_norm / max(norm, 1e-12))
            total[trained] += gradient / len(tasks)
            touched.append(trained)
            keep = recipe.batch_norm_momentum
            moved = running_mean(keep, self._moving[running], result.statistics)
            self._moving[running] = moved
        union = np.unique(np.concatenate(touched))
        slots = {"velocity": self._velocity[union]}
        weights, slots = optimizer_step(recipe, self._weights[union], total[union], slots, rate)
        self._weights[union], self._velocity[union] = weights, slots["velocity"]

    def _teach(self, number: int, executor: Executor[Any, Any]) -> float | None:
        """Lets the controller learn from rewards under the weights as they are."""
        if self._controller is None:
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

    def _save(self) -> None:
        """All that a later run goes on from, in one file."""
        self._weights.flush()
        self._moving.flush()
        state = self._controller.state() if self._controller is not None else b""
        header = {
            "settings": dataclasses.asdict(self._settings),
            "seed": self._seed,
            "epochs": [dataclasses.asdict(epoch) for epoch in self.epochs],
            "progress": self.progress,
            "epoch_seconds": self._epoch_seconds,
        }
        with replacing(self._folder / STATE) as file:
            np.savez(
                file,
                allow_pickle=False,
                header=np.frombuffer(json.dumps(header).encode(), np.uint8),
                weights=self._weights,
                moving=self._moving,
                velocity=self._velocity,
                controller=np.frombuffer(state, np.uint8),
            )

    def _restore(self) -> tuple[np.ndarray, np.ndarray]:
        path = self._folder / STATE
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
                arrays = dict(archive)
            header = json.loads(arrays["header"].tobytes())
            self.epochs = [SharedEpoch(**epoch) for epoch in header["epochs"]]
            # Version 0.1 knew no limit of time.
            self.progress = header.get("progress", len(self.epochs) / self._settings.epochs)
            self._epoch_seconds = header.get("epoch_seconds", 0.0)
            found = header["settings"], header["seed"]
            vectors = arrays["weights"], arrays["moving"], arrays["velocity"]
            state = arrays["controller"].tobytes()
        except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path} cannot be read: {error}") from None
        wanted = dataclasses.asdict(self._settings), self._seed
        if found != wanted:
            raise ValueError(f"{path} is of settings {found}, expected {wanted}")
        sizes = [vector.shape for vector in vectors]
        trained, running = self._layout.sizes
        if sizes != [(trained,), (running,), (trained,)]:
            raise ValueError(f"{path} has vectors of {sizes}, expected {trained} and {running}")
        self._velocity = vectors[2]
        if self._controller is not None and state:
            self._controller.restore(state)
        return vectors[0], vectors[1]
