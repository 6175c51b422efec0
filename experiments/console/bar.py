"""What a person sees while something long runs; all of it on standard error."""

import time

from nasnet.experiments.console.lines import say, spent, stderr


class Bar:
    """A live bar in a terminal; elsewhere a line now and then.

    Args:
        what: its first word.
        total: how many there are in all; None where the first update tells, or where nobody knows.
            That update then ends the start (the first step, with its tracing), which says nothing
            of the speed.
        done: how many an earlier session has ended.
        unit: what is counted.
        every: seconds between two lines where there is no terminal; None for none.
    """

    def __init__(
        self,
        what: str,
        total: int | None = None,
        done: int = 0,
        *,
        unit: str = "done",
        every: float | None = 0.0,
    ) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self._unit, self._every = unit, every
        self._total, self._done, self._line = total, done, ""
        self._began = self._said = time.monotonic()
        self._first = None if total is None else (done, self._began)
        columns = (
            TextColumn(f"[bold]{what}[/]"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[line]}", markup=False),
        )
        console = stderr()
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task(what, total=total, completed=done, line="starting")

    def __enter__(self) -> "Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    @property
    def rate(self) -> float | None:
        """Units a second in this session; None where that isn't known yet."""
        if self._first is None:
            return None
        done, since = self._first
        elapsed = time.monotonic() - since
        return (self._done - done) / elapsed if self._done > done and elapsed > 0 else None

    def update(
        self,
        done: int,
        total: int | None = None,
        line: str | None = None,
        left: float | None = None,
    ) -> None:
        """Shows how far it is.

        Args:
            done: how many have ended.
            total: how many there are, where that is news.
            line: what else there is to say; what was said before where it is None.
            left: seconds until the end; where it is None, as many as the rate of this session says.
        """
        now, before = time.monotonic(), self._done
        self._done, self._total = done, self._total if total is None else total
        self._line = self._line if line is None else line
        if self._first is None:
            self._first = done, now
        text = self._text(now, left)
        part, whole = float(done), self._total and float(self._total)
        if whole is None and left is not None:
            part, whole = now - self._began, now - self._began + left
        self._bar.update(self._task, completed=part, total=whole, line=text)
        if stderr().is_terminal or self._every is None or done <= before:
            return
        if done == self._total or now - self._said >= self._every:
            self._said = now
            say(text)

    def _text(self, now: float, left: float | None) -> str:
        if left is None and self._total is not None and self.rate is not None:
            left = (self._total - self._done) / self.rate
        of = "" if self._total is None else f"/{self._total:,}"
        parts = (
            f"{self._done:,}{of} {self._unit}",
            self._line,
            spent(now - self._began, left),
        )
        return " · ".join(part for part in parts if part)
