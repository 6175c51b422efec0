"""What all commands are, and how those with a run begin, go on and end."""

import abc
import dataclasses
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import tyro

from nasnet.experiments.errors import INTERRUPTED
from nasnet.experiments.runs.run import RunKind
from nasnet.runtime.keras_settings import check_keras

STYLE = (tyro.conf.FlagCreatePairsOff,)


class Command(abc.ABC):
    """What a person asks for: a frozen dataclass whose fields are its flags."""

    @classmethod
    def default(cls, arguments: Sequence[str]) -> Self | None:
        """What stands in for the fields' own defaults where `arguments` say so; else None."""
        return None

    @classmethod
    def parse(cls, arguments: Sequence[str], prog: str) -> Self:
        """The command that `arguments` ask for; a wrong one ends the process with code 2."""
        default: Any = cls.default(arguments)
        return tyro.cli(cls, prog=prog, args=list(arguments), default=default, config=STYLE)

    @abc.abstractmethod
    def run(self) -> int:
        """Does it; the exit code."""


class RunCommand(Command):
    """A command with a run: begun, gone on with, stopped by Ctrl-C, reported.

    Its dataclass has `settings`, `out` and `resume`.
    """

    kind: ClassVar[RunKind[Any]]
    prog: ClassVar[str]  # what goes on with it, such as "nasnet search"
    settings: Any
    out: Path | None
    resume: Path | None

    @classmethod
    def default(cls, arguments: Sequence[str]) -> Self | None:
        """The settings of a run that goes on stand in for the defaults."""
        path = following("--resume", arguments)
        if path is None:
            return None
        settings = cls.kind.open(Path(path)).settings
        if any(following(f"--{name}", arguments) is not None for name in cls.kind.one_of):
            settings = dataclasses.replace(settings, **dict.fromkeys(cls.kind.one_of))
        return cls.with_settings(settings)

    @classmethod
    def with_settings(cls, settings: Any) -> Self:
        """The command without any flag but these."""
        return dataclasses.replace(cls(), settings=settings)  # type: ignore[type-var]

    def needs_keras(self) -> bool:
        """Whether networks are trained, so that Keras' global settings must suit."""
        return True

    @abc.abstractmethod
    def begin(self) -> Any:
        """Makes a new run: a `Run`, or what else has its `path`."""

    def go_on(self, path: Path) -> Any:
        """Opens an earlier run again."""
        return self.kind.reopen(path, self.settings)

    @abc.abstractmethod
    def work(self, run: Any) -> Any:
        """Does what is left; None or False where Ctrl-C came first."""

    @abc.abstractmethod
    def report(self, run: Any, result: Any) -> int:
        """Says what came out, whole or not; the exit code of a whole run."""

    def run(self) -> int:
        if self.resume is not None and self.out is not None:
            raise ValueError(f"out is {self.out} beside --resume, expected one of the two")
        if self.needs_keras():
            check_keras()
        run = self.begin() if self.resume is None else self.go_on(self.resume)
        try:
            result = self.work(run)
        except KeyboardInterrupt:
            result = None
        code = self.report(run, result)
        if result:
            return code
        again = f"{self.prog} {shlex.join(('--resume', str(run.path)))}"
        print(f"stopped; {self.saved(run)}; go on with: {again}", file=sys.stderr)
        return INTERRUPTED

    def saved(self, run: Any) -> str:
        """What is left of a run that was stopped, for a person."""
        return "what has ended is saved"


def following(flag: str, arguments: Sequence[str]) -> str | None:
    """What follows a flag, if anything does."""
    for i, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name.replace("_", "-") == flag and (value or arguments[i + 1 :]):
            return value or arguments[i + 1]
    return None
