"""How far a comparison is, on standard error."""

import time

from rich.progress import BarColumn, Progress, TextColumn

from nasnet.experiments.console.progress import console, duration, say

_QUIET_SECONDS = 10.0  # between two lines where there is no terminal


class RunsProgress:
    """A live bar in a terminal; elsewhere a line now and then.

    Args:
        what: the first word of the bar.
        total: runs in all.
        done: runs that an earlier session ended.
    """

    def __init__(self, what: str, total: int, done: int) -> None:
        self._total, self._done, self._start_done = total, done, done
        self._started = self._said = time.monotonic()
        columns = (
            TextColumn(f"[bold]{what}[/]"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[line]}"),
        )
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task(what, total=total, completed=done, line="starting")

    def __enter__(self) -> "RunsProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def ended(self, name: str) -> None:
        """One run more has ended."""
        self._done += 1
        now = time.monotonic()
        elapsed = now - self._started
        left = elapsed / (self._done - self._start_done) * (self._total - self._done)
        line = f"{self._done}/{self._total} done · last {name} · {duration(elapsed)}, "
        line += f"ETA {duration(left)}"
        self._bar.update(self._task, completed=self._done, line=line)
        last = self._done == self._total
        if not console.is_terminal and (last or now - self._said >= _QUIET_SECONDS):
            self._said = now
            say(line)
