"""The `nasnet` command: what is asked for, and the exit code that it ends with.

Names, help and version are answered without any command; a command imports what it needs itself,
and TensorFlow only where it trains, measures or runs a network.
"""

import os
import sys
import textwrap
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from nasnet.experiments.commands.registry import COMMANDS, load
from nasnet.experiments.errors import (
    FAILURE,
    INTERRUPTED,
    NOT_FOUND,
    OK,
    USAGE,
    FailedError,
    NotFoundError,
)

_ABOUT = {
    "": """Search, stack, train and draw NASNet cells.

  nasnet search                     find cells on small images
  nasnet best RUN                   the best cells of a search
  nasnet train RUN                  train the best cell's network from scratch
  nasnet draw nasnet-a -o cell.svg  draw a cell
  nasnet transfer train CELL        train its ImageNet network

Exit codes: 0 done, 1 failure, 2 wrong input, 3 no such run, trial or cell, 130 stopped.
""",
    "transfer": """From a found cell to an ImageNet network.

  nasnet transfer plan CELL --mult-adds 600M        choose its size
  nasnet transfer train CELL --plan N@P --data DIR  train it
  nasnet export RUN --format onnx                   take it elsewhere
""",
    "store": """The record of a search, elsewhere.

  nasnet store copy RUN postgresql://HOST/DATABASE#SEARCH  into a database
  nasnet store copy postgresql://HOST/DATABASE#SEARCH F.db  and back into a file
""",
}


def main(arguments: list[str] | None = None) -> None:
    """Runs one command and exits with its code."""
    if not sys.warnoptions:  # `python -W` and PYTHONWARNINGS ask for those of libraries
        warnings.simplefilter("ignore")
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(run(lambda: parse(given).run()))


def script(kind: Any, prog: str) -> None:
    """Runs a command that `nasnet` does not know, and exits with its code.

    Args:
        kind: its class.
        prog: what a person types for it.
    """
    sys.exit(run(lambda: kind.parse(sys.argv[1:], prog).run()))


def parse(arguments: Sequence[str]) -> Any:
    """The command that `arguments` ask for: it has a `run` method.

    Raises:
        ValueError: there is no such command.
    """
    group = arguments[0] if arguments and arguments[0] in _ABOUT else ""
    rest = arguments[1:] if group else arguments
    if not group and rest == ["--version"]:
        return _Answer(_version)
    if rest and rest[0] in ("-h", "--help"):
        return _Answer(lambda: _help(group))
    name = f"{group} {rest[0] if rest else ''}".strip()
    if name not in COMMANDS:
        found = f"command is {' '.join(arguments[: 1 + bool(group)])!r}"
        known = [word.removeprefix(f"{group} ") for word in _names(group)]
        more = f"nasnet {group}".strip()
        raise ValueError(f"{found}, expected one of: {', '.join(known)}; see {more} --help")
    return load(name).parse(rest[1:], f"nasnet {name}")


def run(work: Callable[[], int]) -> int:
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
    except FailedError as error:
        code, text = FAILURE, str(error)
    except NotFoundError as error:
        code, text = NOT_FOUND, str(error)
    except (ValueError, OSError) as error:
        code, text = USAGE, str(error)
    except KeyboardInterrupt:
        code, text = INTERRUPTED, "stopped"
    print(f"nasnet: error: {' '.join(text.split())}", file=sys.stderr)
    return code


class _Answer:
    """A command that only says something."""

    def __init__(self, text: Callable[[], str]) -> None:
        self._text = text

    def run(self) -> int:
        print(self._text())
        return OK


def _names(group: str) -> list[str]:
    """The commands of a group; without one those of none, and each group's name."""
    if group:
        return [name for name in COMMANDS if name.startswith(f"{group} ")]
    return [*(name for name in COMMANDS if " " not in name), *filter(None, _ABOUT)]


def _help(group: str) -> str:
    prog = f"nasnet {group}".strip()
    lines = [f"usage: {prog} [-h] COMMAND ...", "", _ABOUT[group], "commands:"]
    for name in _names(group):
        about = COMMANDS.get(name) or _ABOUT[name].splitlines()[0]
        column = f"  {name.removeprefix(f'{group} '):15}"
        lines += textwrap.wrap(about, 98, initial_indent=column, subsequent_indent=" " * 17)
    return "\n".join([*lines, "", f"What a command takes: {prog} COMMAND --help"])


def _version() -> str:
    from nasnet import __version__

    return __version__


if __name__ == "__main__":
    main()
