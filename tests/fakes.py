"""Evaluators and a controller that stand in for real ones, where tests are about the rest."""

import dataclasses
import os
import signal
import sys
import time
from pathlib import Path

from nasnet.cells import CellSpace, Genotype
from nasnet.controller import Proposal, make_controller
from nasnet.search import Evaluation, Evaluator, Stage, Train
from nasnet.stacking.recipe import Diverged

SPACE = CellSpace(blocks=2)


def separable_share(genotype: Genotype) -> float:
    """Share of separable convolutions among all operations: a reward in closed form."""
    names = [
        op
        for cell in (genotype.normal, genotype.reduction)
        for block in cell.blocks
        for _, op in block.edges
    ]
    return sum(name.startswith("sep") for name in names) / len(names)


@dataclasses.dataclass(frozen=True)
class Share(Evaluator[Train[Genotype]]):
    """Gives the share of separable convolutions after `seconds`."""

    seconds: float = 0.0

    def __call__(self, task: Train[Genotype], /) -> Evaluation:
        time.sleep(self.seconds)
        return Evaluation(
            separable_share(task.architecture), {"seed": task.seed, "pid": os.getpid()}
        )


@dataclasses.dataclass(frozen=True)
class Sick(Evaluator[Train[Genotype]]):
    """Fails in a way of its own; with a `marker` file the way is taken only once."""

    way: str
    marker: Path | None = None

    def prepare(self, threads: int) -> None:
        if self.way == "prepare":
            raise RuntimeError("no library here")
        if self.way == "hang at start":
            time.sleep(600)

    def __call__(self, task: Train[Genotype], /) -> Evaluation:
        if self.marker is not None:
            try:
                self.marker.touch(exist_ok=False)  # one of two workers at the same time
            except FileExistsError:
                return Evaluation(0.5)
        match self.way:
            case "raise":
                raise RuntimeError("no such kernel\nand more lines")
            case "memory":
                raise MemoryError
            case "diverge":
                raise Diverged("training loss is nan at step 3")
            case "nan":
                return Evaluation(float("nan"))
            case "hang":
                time.sleep(600)
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "exit":
                os._exit(3)
        return Evaluation(0.5)


@dataclasses.dataclass(frozen=True)
class Together(Evaluator[Train[Genotype]]):
    """Ends once the child beside it (0 and 1 are a pair, 2 and 3) has begun, too."""

    folder: Path

    def __call__(self, task: Train[Genotype], /) -> Evaluation:
        (self.folder / str(task.seed)).touch()
        while not (self.folder / str(task.seed ^ 1)).exists():
            time.sleep(0.01)
        return Evaluation(0.5)


@dataclasses.dataclass(frozen=True)
class Cores(Evaluator[Train[Genotype]]):
    """Tells which cores its process may use."""

    def __call__(self, task: Train[Genotype], /) -> Evaluation:
        return Evaluation(0.5, {"cores": sorted(os.sched_getaffinity(0))})


@dataclasses.dataclass(frozen=True)
class Waits(Evaluator[Train[Genotype]]):
    """Waits for `seconds`, or for a file `go` in a folder; tells which GPU its process sees."""

    folder: Path | None
    seconds: float = 0.0

    def __call__(self, task: Train[Genotype], /) -> Evaluation:
        time.sleep(self.seconds)
        while self.folder is not None and not (self.folder / "go").exists():
            time.sleep(0.02)
        gpu = os.environ.get("CUDA_VISIBLE_DEVICES")
        return Evaluation(separable_share(task.architecture), {"gpu": gpu})


@dataclasses.dataclass(frozen=True)
class ReadsFolder(Evaluator[Train[Genotype]]):
    """Tells where its images are."""

    data: Path

    def __call__(self, task: Train[Genotype], /) -> Evaluation:
        return Evaluation(0.5, {"folder": str(self.data)})


@dataclasses.dataclass(frozen=True)
class Loaded(Evaluator[Train[Genotype]]):
    """Tells whether its process has imported TensorFlow."""

    def __call__(self, task: Train[Genotype], /) -> Evaluation:
        return Evaluation(0.5, {"tensorflow": "tensorflow" in sys.modules})


@dataclasses.dataclass(frozen=True)
class Ladder(Evaluator[Stage[Genotype]]):
    """Climbs towards the share of separable convolutions with a stage's epochs.

    Where it `fails`, every fifth trial does so in its last stage.
    """

    seconds: float = 0.0
    fails: bool = False

    def __call__(self, stage: Stage[Genotype], /) -> Evaluation:
        time.sleep(self.seconds)
        if self.fails and stage.number % 5 == 0 and stage.last:
            raise RuntimeError("no more")
        return Evaluation(separable_share(stage.architecture) * (1 - 0.5**stage.epochs))


class Witness:
    """Random proposals; remembers what it was told, in its state too."""

    def __init__(self, space=SPACE, repeat=False):
        self._inner = make_controller("random", space)
        self._space, self._repeat = space, repeat
        self.observed = []

    def propose(self, count):
        if self._repeat:
            return [Proposal((0,) * len(self._space.decisions)) for _ in range(count)]
        return self._inner.propose(count)

    def observe(self, proposals, rewards):
        assert len(proposals) == len(rewards)
        self.observed += zip([p.choices for p in proposals], rewards, strict=True)

    def state(self):
        return self._inner.state()

    def restore(self, state):
        self._inner.restore(state)
