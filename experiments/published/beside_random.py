"""Scripts that search a published system's space with its controller, and with random search."""

import dataclasses
import json
import shlex
from pathlib import Path
from typing import Any, ClassVar

from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import say, stdout
from nasnet.experiments.errors import OK
from nasnet.experiments.runs.run import clear_unmade
from nasnet.experiments.runs.steps import run_nasnet


@dataclasses.dataclass(frozen=True)
class BesideRandom(Command):
    """A comparison of a system with random search; then its reference networks are trained.

    The best architecture of each controller over all searches is trained again, from scratch. Given
    again, the same command goes on where it was; with more runs it adds them.

    Args:
        data: images, as for `nasnet search`.
        trials: children of each search.
        runs: searches of each controller, with seeds of their own.
        seeds: trainings of each reference network, with seeds from 0.
        more: more flags of `nasnet compare`, as in --more="--search.workers 1".
        out: the folder.
    """

    data: str = ""
    trials: int = 30
    runs: int = 3
    seeds: int = 1
    more: str = ""
    out: Path = Path()

    space: ClassVar[str]
    controller: ClassVar[str]
    search: ClassVar[str]  # flags of a search, without --search.
    final: ClassVar[str]  # flags of a training
    references: ClassVar[tuple[str, ...]] = ()

    def run(self) -> int:
        """Does what is missing and reports; the exit code of what fails, else 0."""
        comparison = self.out / "comparison"
        clear_unmade(comparison)
        code = run_nasnet(
            ["compare", "--resume", str(comparison), "--runs", str(self.runs)]
            if comparison.is_dir()
            else ["compare", *self._compare_flags(), "--out", str(comparison)]
        )
        for name in self.references:
            for seed in range(self.seeds):
                code = code or self._train(name, seed)
        if code == OK:
            self._report()
        return code

    def _compare_flags(self) -> list[str]:
        flags = ["--evaluator", "child", "--controllers", "random", self.controller]
        flags += ["--data", self.data, "--budget", str(self.trials), "--runs", str(self.runs)]
        flags += ["--retrain", "1", "--search.space", self.space]
        flags += [_prefixed(word, "search") for word in shlex.split(self.search)]
        flags += [_prefixed(word, "final") for word in shlex.split(self.final)]
        return [*flags, *shlex.split(self.more)]

    def _train(self, name: str, seed: int) -> int:
        folder = self._folder(name, seed)
        if (folder / "result.json").is_file():
            return OK
        clear_unmade(folder)
        if folder.is_dir():
            return run_nasnet(["train", "--resume", str(folder)])
        flags = ["--data", self.data, "--seed", str(seed), *shlex.split(self.final)]
        return run_nasnet(["train", name, *flags, "--out", str(folder)])

    def _folder(self, name: str, seed: int) -> Path:
        return self.out / f"{name}-seed-{seed}"

    def _report(self) -> None:
        for name in self.references:
            results = [_read(self._folder(name, s) / "result.json") for s in range(self.seeds)]
            tested = ", ".join(f"{result['test_accuracy']:.4f}" for result in results)
            say(f"{name}: {results[0]['parameters']:,} parameters, test accuracy {tested}")
        stdout().print(f"results are in {self.out}", soft_wrap=True)


def _prefixed(word: str, name: str) -> str:
    """A flag of a command as one of a part of the comparison."""
    return f"--{name}.{word[2:]}" if word.startswith("--") else word


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())
