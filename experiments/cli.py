"""The `nasnet` command. TensorFlow is imported by what trains, measures or runs a network alone."""

import dataclasses
import functools
import operator
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import tyro

from nasnet.experiments.commands.bench_table import BenchTableCommand
from nasnet.experiments.commands.best import BestCommand
from nasnet.experiments.commands.compare import CompareCommand
from nasnet.experiments.commands.doctor import DoctorCommand
from nasnet.experiments.commands.draw import DrawCommand
from nasnet.experiments.commands.export import ExportCommand
from nasnet.experiments.commands.predict import PredictCommand
from nasnet.experiments.commands.profile import ProfileCommand
from nasnet.experiments.commands.proxy_quality import ProxyQualityCommand
from nasnet.experiments.commands.search import SearchCommand
from nasnet.experiments.commands.status import StatusCommand
from nasnet.experiments.commands.train import TrainCommand
from nasnet.experiments.commands.transfer.convert import TransferConvertCommand
from nasnet.experiments.commands.transfer.evaluate import TransferEvaluateCommand
from nasnet.experiments.commands.transfer.finetune import TransferFinetuneCommand, finetune_default
from nasnet.experiments.commands.transfer.plan import TransferPlanCommand
from nasnet.experiments.commands.transfer.train import TransferTrainCommand, train_default
from nasnet.experiments.commands.zoo import ZooCommand
from nasnet.experiments.compare.bench_table import BenchTableSettings, open_bench_table
from nasnet.experiments.compare.comparison import open_comparison
from nasnet.experiments.compare.settings import CompareSettings
from nasnet.experiments.errors import FAILURE, INTERRUPTED, NOT_FOUND, USAGE, NotFoundError
from nasnet.experiments.proxies.quality import ProxySettings, open_proxies
from nasnet.experiments.runs.directory import SEARCH, TRAINING, open_run
from nasnet.experiments.searching.settings import SearchSettings, TrainSettings, with_recipe

_DESCRIPTION = """Search, stack, train and draw NASNet cells.

  nasnet search                     find cells on small images
  nasnet best RUN                   the best cells of a search
  nasnet train RUN                  train the best cell's network from scratch
  nasnet draw nasnet-a -o cell.svg  draw a cell
  nasnet transfer train CELL        train its ImageNet network

Exit codes: 0 done, 1 failure, 2 wrong input, 3 no such run, trial or cell, 130 stopped."""
STYLE = (tyro.conf.FlagCreatePairsOff,)
_COMMANDS = {
    "search": SearchCommand,
    "status": StatusCommand,
    "best": BestCommand,
    "draw": DrawCommand,
    "profile": ProfileCommand,
    "train": TrainCommand,
    "zoo": ZooCommand,
    "export": ExportCommand,
    "predict": PredictCommand,
    "compare": CompareCommand,
    "bench-table": BenchTableCommand,
    "proxy-quality": ProxyQualityCommand,
    "doctor": DoctorCommand,
}
_TRANSFER = {
    "plan": TransferPlanCommand,
    "convert": TransferConvertCommand,
    "train": TransferTrainCommand,
    "finetune": TransferFinetuneCommand,
    "evaluate": TransferEvaluateCommand,
}
_TRANSFER_DESCRIPTION = """From a found cell to an ImageNet network.

  nasnet transfer plan CELL --mult-adds 600M       choose its size
  nasnet transfer train CELL --plan N@P --data DIR train it
  nasnet export RUN --format onnx                  take it elsewhere"""


def main(arguments: list[str] | None = None) -> None:
    """Runs one command and exits with its code."""
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(run(lambda: parse(given).run()))


def parse(arguments: list[str]) -> Any:
    """The command that `arguments` ask for, as a dataclass with a `run` method."""
    if arguments == ["--version"]:
        return _Version()
    if arguments[:1] == ["transfer"]:
        return _parse_transfer(arguments[1:])
    defaults: dict[str, Any] = {
        "search": SearchCommand(),
        "train": TrainCommand(),
        "compare": CompareCommand(),
        "bench-table": BenchTableCommand(),
        "proxy-quality": ProxyQualityCommand(),
    }
    if run := resumed(arguments):  # the run's own settings stand in for the defaults
        if arguments[0] == "search":
            stored = open_run(run, SEARCH).settings(SearchSettings)
            defaults["search"] = SearchCommand(settings=stored)
        if arguments[0] == "train":
            trained = open_run(run, TRAINING).settings(TrainSettings)
            defaults["train"] = TrainCommand(settings=trained)
        if arguments[0] == "compare":
            compared = open_comparison(run).settings(CompareSettings)
            defaults["compare"] = CompareCommand(settings=compared)
        if arguments[0] == "bench-table":
            measured = open_bench_table(run).settings(BenchTableSettings)
            defaults["bench-table"] = BenchTableCommand(settings=measured)
        if arguments[0] == "proxy-quality":
            proxies = open_proxies(run).settings(ProxySettings)
            defaults["proxy-quality"] = ProxyQualityCommand(settings=proxies)
    elif arguments[:1] == ["train"] and (preset := _following("--recipe-preset", arguments)):
        defaults["train"] = TrainCommand(settings=with_recipe(preset), recipe_preset=preset)
    return _choose(
        "nasnet", _DESCRIPTION, {**_COMMANDS, "transfer": _Transfer}, defaults, arguments
    )


def _choose(
    prog: str,
    description: str,
    kinds: Mapping[str, Any],
    defaults: Mapping[str, Any],
    arguments: list[str],
) -> Any:
    """The command among `kinds`; what is said in `defaults` stands in for its own defaults."""
    commands: list[Any] = [
        Annotated[kind, tyro.conf.subcommand(name, default=defaults[name])]
        if name in defaults
        else Annotated[kind, tyro.conf.subcommand(name)]
        for name, kind in kinds.items()
    ]
    return tyro.cli(
        functools.reduce(operator.or_, commands),
        prog=prog,
        description=description,
        args=arguments,
        config=STYLE,
    )


def _parse_transfer(arguments: list[str]) -> Any:
    """The same for what follows `nasnet transfer`."""
    run, preset = resumed(arguments), _following("--preset", arguments)
    defaults: dict[str, Any] = {}
    if arguments[:1] == ["train"]:
        defaults["train"] = train_default(preset, run)
    if arguments[:1] == ["finetune"]:
        defaults["finetune"] = finetune_default(run)
    return _choose("nasnet transfer", _TRANSFER_DESCRIPTION, _TRANSFER, defaults, arguments)


def resumed(arguments: list[str]) -> Path | None:
    """What follows `--resume`, if anything does."""
    path = _following("--resume", arguments)
    return None if path is None else Path(path)


def _following(flag: str, arguments: list[str]) -> str | None:
    for i, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name.replace("_", "-") == flag and (value or arguments[i + 1 :]):
            return value or arguments[i + 1]
    return None


def run(work: Any) -> int:
    """The exit code of `work`; what a person did wrong becomes one line on standard error.

    NASNET_TRACEBACK=1 in the environment lets the exception through instead.
    """
    if os.environ.get("NASNET_TRACEBACK"):
        return work()
    try:
        return work()
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except NotFoundError as error:
        code = NOT_FOUND
        text = str(error)
    except (ValueError, OSError) as error:
        code = USAGE
        text = str(error)
    except KeyboardInterrupt:
        code, text = INTERRUPTED, "stopped"
    print(f"nasnet: error: {' '.join(text.split())}", file=sys.stderr)
    return code


@dataclasses.dataclass(frozen=True)
class _Transfer:
    """From a found cell to an ImageNet network: plan, convert, train, finetune, evaluate."""


class _Version:
    def run(self) -> int:
        from nasnet.experiments.runs.directory import environment

        print(environment()["nasnet-toolkit"])
        return 0


if __name__ == "__main__":
    main()
