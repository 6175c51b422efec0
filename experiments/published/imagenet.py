"""From small images to ImageNet in one command: search, plan, train, evaluate, export.

Paper:    Zoph et al., Learning Transferable Architectures for Scalable Image Recognition,
          https://arxiv.org/abs/1707.07012: cells found on CIFAR-10, stacked for ImageNet
Command:  python -m nasnet.experiments.published.imagenet --data IMAGENET --out runs/imagenet
Cost:     the search: 120 children, about 15 minutes on 2 CPU cores; the training: that of NASNet-A
          Mobile by default, weeks on one GPU. `--train="--preset small"` takes minutes on a laptop.
Expect:   see experiments/published/README.md, which quotes a run on ten classes of photos.

Each step is one `nasnet` command, which is printed. Killed at any moment and given again, the same
command goes on where it was: steps that have ended are not repeated, and the one that was under way
resumes.
"""

import dataclasses
import json
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import tyro

from nasnet.experiments import cli
from nasnet.experiments.commands.base import Command
from nasnet.experiments.compare.searches import finished
from nasnet.experiments.console.lines import command, say
from nasnet.experiments.errors import INTERRUPTED, OK
from nasnet.experiments.runs.run import clear_unmade
from nasnet.experiments.runs.steps import run_nasnet
from nasnet.experiments.runs.values import differences, from_json
from nasnet.runtime.files import write_atomically

PROGRAM = "python -m nasnet.experiments.published.imagenet"


@dataclasses.dataclass(frozen=True)
class Mission:
    """What is to be done.

    Args:
        data: photos: a folder of class folders, of TFRecord shards, or tfds:NAME.
        mult_adds: the most multiply-adds of one image, such as 600M; the plan is the widest within.
        repeats: the least and the greatest N of a plan.
        size: height and width of the photos in pixels.
        classes: number of classes of the photos.
        trials: children of the search.
        search_data: what cells are searched on; as `nasnet search --data`.
        format: what is exported: keras, saved_model, onnx or litert.
        seed: of the search and of the training.
        search: more flags of `nasnet search`, as in --search="--stack.filters 16".
        train: more flags of `nasnet transfer train`, likewise.
    """

    data: str
    mult_adds: str = "600M"
    repeats: tuple[int, int] = (3, 8)
    size: int = 224
    classes: int = 1000
    trials: int = 120
    search_data: str = "auto"
    format: str = "saved_model"
    seed: int = 0
    search: str = ""
    train: str = ""


class Steps:
    """The steps below one folder, each of which can be resumed.

    Args:
        folder: that of the whole experiment.
        mission: what is to be done.
    """

    def __init__(self, folder: Path, mission: Mission) -> None:
        self._folder, self._mission = folder, mission
        self.search, self.train = folder / "search", folder / "train"
        self.plan, self.evaluation = folder / "plan.json", folder / "evaluation.json"
        self.exported = folder / "export"

    def run(self) -> int:
        """Does what is left; the exit code of the first step that fails, else 0."""
        for step in (self._search, self._plan, self._train, self._evaluate, self._export):
            if code := step():
                return code
        return OK

    def _search(self) -> int:
        mission = self._mission
        if finished(self.search, mission.trials):
            return OK
        clear_unmade(self.search)
        if self.search.is_dir():
            return run_nasnet(["search", "--resume", str(self.search)])
        flags = ["--data", mission.search_data, "--trials", str(mission.trials)]
        flags += ["--seed", str(mission.seed), *shlex.split(mission.search)]
        return run_nasnet(["search", "--out", str(self.search), *flags])

    def _plan(self) -> int:
        if self.plan.is_file():
            return OK
        mission = self._mission
        flags = ["--mult-adds", mission.mult_adds, "--size", str(mission.size)]
        flags += ["--classes", str(mission.classes), "--json"]
        flags += ["--repeats", *map(str, mission.repeats)]
        return run_nasnet(["transfer", "plan", str(self.search), *flags], self.plan)

    def _train(self) -> int:
        if (self.train / "result.json").is_file():
            return OK
        clear_unmade(self.train)
        if self.train.is_dir():
            return run_nasnet(["transfer", "train", "--resume", str(self.train)])
        mission, plan = self._mission, json.loads(self.plan.read_text())[0]["plan"]
        say(f"plan: {plan} at {mission.size} x {mission.size}")
        flags = ["--plan", plan, "--size", str(mission.size), "--data", mission.data]
        flags += ["--seed", str(mission.seed), *shlex.split(mission.train)]
        return run_nasnet(["transfer", "train", str(self.search), "--out", str(self.train), *flags])

    def _evaluate(self) -> int:
        if self.evaluation.is_file():
            return OK
        flags = ["--data", self._mission.data]
        return run_nasnet(["transfer", "evaluate", str(self.train), *flags], self.evaluation)

    def _export(self) -> int:
        if self.exported.is_dir():  # it appears as a whole
            return OK
        flags = ["--format", self._mission.format, "-o", str(self.exported)]
        return run_nasnet(["export", str(self.train), *flags])


def begin(folder: Path, mission: Mission) -> Steps:
    """The steps of a new experiment, or of one that goes on.

    Raises:
        ValueError: the folder holds something else, or an experiment with other settings.
    """
    config = folder / "imagenet.json"
    if config.is_file():
        try:
            stored = from_json(Mission, json.loads(config.read_text()))
        except ValueError as error:
            raise ValueError(f"{config}: {error}") from None
        if changed := differences(stored, mission):
            raise ValueError(
                f"settings have changed, expected those of {folder}: {'; '.join(changed)}"
            )
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is there already, expected a new or an empty folder")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(config, json.dumps(dataclasses.asdict(mission), indent=2) + "\n")
    return Steps(folder, mission)


@dataclasses.dataclass(frozen=True)
class MissionCommand(Command):
    """Search cells on small images, and train the best one's network on photos.

    Args:
        mission: what is to be done.
        out: the folder; given again, the experiment goes on.
    """

    mission: Annotated[Mission, tyro.conf.arg(name="")]
    out: Path = Path("runs/imagenet")

    def run(self) -> int:
        steps = begin(self.out, self.mission)
        code = steps.run()
        if code == INTERRUPTED:
            again = f"{PROGRAM} {shlex.join(sys.argv[1:])}"
            print(f"stopped; go on with: {again}", file=sys.stderr)
        elif code == OK:
            _conclude(steps, self.out)
        return code


def _conclude(steps: Steps, folder: Path) -> None:
    found: dict[str, Any] = json.loads(steps.evaluation.read_text())
    print(
        f"top-1 {found['top1']:.4f}, top-5 {found['top5']:.4f} on {found['images']:,} photos\n"
        f"results are in {folder}: search/, plan.json, train/, evaluation.json, export/\n"
        f"next: {command('predict', steps.train, 'IMAGE')}"
    )


if __name__ == "__main__":
    cli.script(MissionCommand, PROGRAM)
