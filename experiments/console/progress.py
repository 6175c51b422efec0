"""What a person sees while something long runs; all of it on standard error."""

import contextlib
import logging
import time
from collections.abc import Iterator

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, Progress, TextColumn

from nasnet.search.loop import Search

console = Console(stderr=True)


def say(text: str) -> None:
    """One line on standard error; it is not broken, so that programs can read it too."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def duration(seconds: float) -> str:
    """Seconds as people say them: `45 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


@contextlib.contextmanager
def logging_to(target: Console) -> Iterator[None]:
    """Sends the library's log to `target`, so that it does not break a live bar."""
    handler = RichHandler(console=target, show_path=False, show_level=False, markup=False)
    roots = [logging.getLogger(name) for name in ("search", "controller")]
    levels = [root.level for root in roots]
    for root in roots:
        root.addHandler(handler)
        root.setLevel(logging.INFO)
    try:
        yield
    finally:
        for root, level in zip(roots, levels, strict=True):
            root.removeHandler(handler)
            root.setLevel(level)


class SearchProgress:
    """A live bar in a terminal; elsewhere a line for each child that ends.

    Args:
        total: trials in all.
        done: trials that an earlier session ended.
    """

    def __init__(self, total: int, done: int) -> None:
        self._total, self._start_done, self._shown = total, done, done
        self._started = time.monotonic()
        columns = (
            TextColumn("[bold]search[/]"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed}/{task.total} done · {task.fields[line]}"),
        )
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("search", total=total, completed=done, line="starting")

    def __enter__(self) -> "SearchProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, search: Search) -> None:
        """Shows where the search stands."""
        line = self._line(search)
        self._bar.update(self._task, completed=search.finished, line=line)
        if not console.is_terminal and search.finished > self._shown:
            self._shown = search.finished
            say(f"{search.finished}/{self._total} done · {line}")

    def _line(self, search: Search) -> str:
        failed = search.failed
        best = "none yet"
        if search.best is not None and search.best.reward is not None:
            best = f"{search.best.reward:.4f} (trial {search.best.number})"
        elapsed = time.monotonic() - self._started
        ended = search.finished - self._start_done
        left = self._total - search.finished
        eta = duration(elapsed / ended * left) if ended else "?"
        running = len(search.running)
        return f"{running} running · {failed} failed · best {best} · {duration(elapsed)}, ETA {eta}"
