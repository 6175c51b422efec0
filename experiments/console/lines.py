"""Lines for people on standard error, documents for programs on standard output.

Rich is imported by what says something: most wrong commands are answered without it.
"""

import contextlib
import functools
import json
import logging
import shlex
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


# Text of users, such as paths and class names, may look like markup or `:star:`.
_PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "emoji": False}


@functools.cache
def stderr() -> "Console":
    """The console of progress."""
    from rich.console import Console

    return Console(stderr=True, **_PLAIN)


def say(text: str) -> None:
    """One line on standard error; it is not broken, so that programs can read it too."""
    stderr().print(text, soft_wrap=True)


def prose(console: "Console", text: str) -> None:
    """Sentences, in a terminal's lines where there is one; what is to be copied is said whole."""
    if console.is_terminal:
        wrap = textwrap.TextWrapper(
            console.width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
        )
        text = "\n".join(map(wrap.fill, text.splitlines()))
    console.print(text, soft_wrap=True)


def stdout() -> "Console":
    """The console of results."""
    from rich.console import Console

    return Console(**_PLAIN)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(value, indent=2, allow_nan=False))


def command(*words: object) -> str:
    """A command to type, in which paths with spaces are quoted."""
    return shlex.join(["nasnet", *map(str, words)])


def duration(seconds: float) -> str:
    """Seconds as people say them: `45 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def spent(seconds: float, left: float | None) -> str:
    """Time so far and until the end, if that isn't now: `20 s, ETA 45 s`; `?` where it is None."""
    if left is not None and round(left) == 0:
        return duration(seconds)
    return f"{duration(seconds)}, ETA {'?' if left is None else duration(left)}"


def millions(value: float) -> str:
    """A count in millions."""
    return f"{value / 1e6:,.1f}M"


@contextlib.contextmanager
def logged() -> Iterator[None]:
    """Says the library's log, so that it does not break a live bar."""
    from rich.logging import RichHandler

    handler = RichHandler(console=stderr(), show_path=False, show_level=False, markup=False)
    root = logging.getLogger("nasnet")
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
