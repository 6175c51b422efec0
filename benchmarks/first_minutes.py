"""The first ten minutes with the toolkit, recorded: writes docs/first-minutes.md.

    pip install "pyte>=0.8"
    python -m benchmarks.first_minutes [--minutes 2] [--epochs 2] [--environment .venv]

Types each command into a shell in a terminal of its own, in a fresh clone of the last commit, and
writes down what a person then sees: bars as they stood last, and no colours. All is left out of
the page that tells of the machine but its processor. The images are shapes10; only the
installation needs a network.
"""

import datetime
import getpass
import os
import platform
import pty
import re
import tempfile
import termios
import textwrap
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import tyro
from PIL import Image

from benchmarks.measuring import processor
from nasnet.data.shapes import CLASS_NAMES, shapes10
from nasnet.runtime.files import write_atomically

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "first-minutes.md"
ROWS, COLUMNS = 1000, 100  # so many rows that nothing leaves the screen
MOST_LINES = 32
PHOTOS = ("heart", "ring", "star")
_PROMPT = re.compile(rb"\x1b\]7;(\d+)\x07")  # no terminal shows it; holds the last exit status


@dataclass(frozen=True)
class Step:
    """What is typed, and what the page says of it.

    Args:
        title: of its section.
        command: may name `{repository}`, `{minutes}`, `{epochs}`, and the run directories
            `{search}` and `{training}`.
        says: a paragraph before it.
    """

    title: str
    command: str
    says: str


STEPS = (
    Step("Get it", "git clone {repository} nasnet && cd nasnet", "All of it is in one folder."),
    Step(
        "Search",
        'make search MINUTES={minutes} ARGS="--data shapes10"',
        "Each child is a small network of proposed cells. Its validation accuracy is the reward.",
    ),
    Step(
        "Look at the best cells",
        "source .venv/bin/activate && nasnet best {search} --top 3",
        "After `source .venv/bin/activate`, `nasnet` can be typed without its folder.",
    ),
    Step("Make a report", "nasnet report {search}", "Open the file in a browser."),
    Step(
        "Train the best cell",
        "nasnet train {search} --stack.repeats 1 --recipe.epochs {epochs}",
        "Its network is trained from scratch on all 10,000 images. Without these two flags it has "
        "twice as many normal cells and trains for 20 epochs.",
    ),
    Step(
        "Ask it",
        "nasnet predict {training} photos/*.png --top 3",
        "Any image files will do. These three are new images of shapes10, named by what they show.",
    ),
)


class Terminal:
    """A shell in a terminal of its own.

    Args:
        folder: where it starts.
        environment: variables of its commands, beside those of this process.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        ours = re.compile("PYTHONPATH|VIRTUAL_ENV|NO_COLOR|(TF|KERAS|NASNET)_.*")
        variables = {name: text for name, text in os.environ.items() if not ours.fullmatch(name)}
        variables |= {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PS1": "", **environment}
        variables["VIRTUAL_ENV_DISABLE_PROMPT"] = "1"
        variables["PROMPT_COMMAND"] = r'printf "\033]7;%d\007" $?'
        self._process, self._screen = pty.fork()
        if self._process == 0:
            os.chdir(folder)
            shell = ("bash", "--norc", "--noprofile", "--noediting", "-i")
            os.execvpe(shell[0], shell, variables)
        termios.tcsetwinsize(self._screen, (40, COLUMNS))
        modes = termios.tcgetattr(self._screen)
        modes[3] &= ~termios.ECHO
        termios.tcsetattr(self._screen, termios.TCSANOW, modes)
        self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._screen)  # hangs up
        os.waitpid(self._process, 0)

    def type(self, command: str) -> str:
        """What a command writes, escape sequences and all.

        Raises:
            SystemExit: it fails.
        """
        os.write(self._screen, f"{command}\n".encode())
        text, status = self._read()
        if status:
            raise SystemExit(f"{command} ended with {status}:\n{text}")
        return text

    def _read(self) -> tuple[str, int]:
        """What comes until the shell waits for a command, and the exit status of the last one."""
        found = b""
        while not (end := _PROMPT.search(found)):
            found += os.read(self._screen, 1 << 16)
        return found[: end.start()].decode(), int(end[1])


def seen(text: str) -> list[str]:
    """The lines that stand on a screen when `text` has been written to it."""
    import pyte

    screen = pyte.Screen(COLUMNS, ROWS)
    pyte.Stream(screen).feed(text)
    return "\n".join(line.rstrip() for line in screen.display).rstrip().splitlines()


def shortened(lines: Sequence[str], most: int = MOST_LINES) -> list[str]:
    """At most so many lines: the first and the last ones, and how many were between them."""
    if len(lines) <= most:
        return [*lines]
    head = (most - 1) // 2
    tail = most - 1 - head
    return [*lines[:head], f"[... {len(lines) - most + 1} lines ...]", *lines[-tail:]]


def anonymous(text: str, paths: Mapping[Path, str]) -> str:
    """`text` with other names for `paths`, and without the names of this machine and its user."""
    for path, name in paths.items():
        text = text.replace(str(path), name)
    for word, name in ((platform.node(), "laptop"), (getpass.getuser(), "you")):
        text = re.sub(rf"\b{re.escape(word)}\b", name, text)
    return text


def lend(environment: Path, clone: Path) -> None:
    """Makes an environment that is there that of a clone, for which `make` then installs nothing.

    Args:
        environment: stays as it is; its `nasnet` must find the clone by PYTHONPATH.
        clone: of the repository.
    """
    (clone / ".venv").mkdir()
    for entry in environment.resolve().iterdir():
        if not entry.name.startswith("ready"):
            (clone / ".venv" / entry.name).symlink_to(entry)
    (clone / ".venv" / "ready").touch()


def draw_photos(folder: Path) -> None:
    """Saves an image of each of `PHOTOS`, which no network has been trained on."""
    images, labels = shapes10(len(CLASS_NAMES), seed=20_261_128)
    folder.mkdir()
    for name in PHOTOS:
        (image,) = images[labels == CLASS_NAMES.index(name)]
        Image.fromarray(image).save(folder / f"{name}.png")


def newest(clone: Path, kind: str) -> str:
    """The run directory that a command has made last, as a person in the clone types it."""
    found = sorted((clone / "runs").glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime)
    return str(found[-1].relative_to(clone)) if found else ""


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def record(folder: Path, values: Mapping[str, object], environment: Path | None) -> str:
    """Types all commands; the page's sections."""
    clone, sections = folder / "nasnet", []
    paths = {clone: "~/nasnet", folder: "~", ROOT: "<this repository>"}
    variables = {}
    if environment is not None:
        paths[environment.resolve()] = "~/nasnet/.venv"
        variables["PYTHONPATH"] = str(clone / "src")
    with Terminal(folder, variables) as terminal:
        began = time.monotonic()
        for number, step in enumerate(STEPS):
            runs = {"search": newest(clone, "search"), "training": newest(clone, "train")}
            command = step.command.format(repository=ROOT, **values, **runs)
            typed = time.monotonic() - began
            lines = seen(anonymous(terminal.type(command), paths))
            took = time.monotonic() - began - typed
            shown = "\n".join([f"$ {anonymous(command, paths)}", *shortened(lines)])
            sections.append(
                f"## {clock(typed)} {step.title}\n\n{textwrap.fill(step.says, COLUMNS)}\n\n"
                f"```console\n{shown}\n```\n\nIt took {clock(took)}.\n"
            )
            if number == 0:
                draw_photos(clone / "photos")
                if environment is not None:
                    lend(environment, clone)
    return "\n".join(sections)


def main(*, minutes: int = 2, epochs: int = 2, environment: Path | None = None) -> None:
    """Records the page.

    Args:
        minutes: of the search.
        epochs: of the training.
        environment: a ready one, such as .venv, instead of an installation.
    """
    load = os.getloadavg()[0]
    ready = "" if environment is None else " --environment .venv"
    installed = "The first `make` also installs everything: " + (
        "that is part of its time." if environment is None else "here that was left out."
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        sections = record(folder, {"minutes": minutes, "epochs": epochs}, environment)
    page = f"""# The first ten minutes

What a new user types and sees, in a terminal of {COLUMNS} columns, with minutes and seconds since
the start. {installed} The images are
shapes10, which the toolkit draws itself: nothing is downloaded.

Recorded on {datetime.date.today()} by

    python -m benchmarks.first_minutes --minutes {minutes} --epochs {epochs}{ready}

on {os.cpu_count()} cores ({processor()}) that had a load of {load:.1f} of other work.

{sections}"""
    write_atomically(PAGE, page)


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
