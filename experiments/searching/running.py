"""A search under way: its processes, its bar, Ctrl-C."""

from collections.abc import Callable
from typing import Any

from nasnet.experiments.console.bar import Bar
from nasnet.experiments.console.lines import logged, say
from nasnet.experiments.runs.stopping import stoppable
from nasnet.search.evaluators import Evaluator
from nasnet.search.executors import ProcessPool
from nasnet.search.loop import Search


def start_pool(evaluator: Evaluator[Any], workers: int, timeout: float) -> ProcessPool[Any, Any]:
    """The processes that evaluate."""
    return ProcessPool(evaluator, workers, timeout=timeout, recycle=evaluator.lifetime)


def carry_out(
    make: Callable[..., Search],
    what: str,
    total: int | None,
    *,
    on_change: Callable[[Search], None] = lambda search: None,
) -> Search:
    """Searches until all trials have ended or the time is up, or until Ctrl-C.

    Args:
        make: the search, but for its `on_change`.
        what: the first word of its bar.
        total: trials in all; None where their number has no bound.
        on_change: called with the search whenever something has changed, and twice a second.
    """
    bar: Bar | None = None

    def show(search: Search) -> None:
        if bar is not None:
            bar.update(search.finished, line=_standing(search, bar.rate), left=search.left)
        on_change(search)

    search = make(on_change=show)
    if search.finished:
        of = "" if total is None else f" of {total}"
        say(f"resuming: {search.finished}{of} trials are done")
    bar = Bar(what, total, search.finished)
    stopping = stoppable(search.stop, lambda: f"{len(search.running)} running children")
    with bar, stopping, logged():
        search.run()
        if search.over:  # though there may be seconds in which no child would have ended
            bar.update(search.finished, left=0.0)
    return search


def _standing(search: Search, rate: float | None) -> str:
    best = "none yet"
    if search.best is not None and search.best.reward is not None:
        best = f"{search.best.reward:.4f} (trial {search.best.number})"
    pace = "" if rate is None else f"{3600 * rate:,.0f} an hour · "
    return f"{pace}{len(search.running)} running · {search.failed} failed · best {best}"
