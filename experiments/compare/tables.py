"""The runs of a comparison on a table: seconds each, in a process a core."""

import concurrent.futures
import contextlib
import operator
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.experiments.compare.comparison import PlannedRun, planned, record, recorded
from nasnet.experiments.compare.settings import CompareSettings, Comparison
from nasnet.experiments.compare.table_spaces import TABLE_SPACES, MeasuredSpace
from nasnet.experiments.console.bar import Bar
from nasnet.experiments.console.lines import say
from nasnet.experiments.runs.stopping import stoppable
from nasnet.runtime import processes
from nasnet.runtime.processes import serve_parent
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.budgets import Asha
from nasnet.search.evaluators import Evaluator
from nasnet.search.executors import InlineExecutor
from nasnet.search.loop import Search
from nasnet.search.settings import LoopSettings
from nasnet.search.stores import MemoryStore
from nasnet.search.tables import StagedLookup, Table, TableLookup, read_space, read_table

_ETA = 3  # the best 1 / eta go on to the next budget
_WORKER: dict[str, Any] = {}  # what a worker process reads once


def load_table(settings: CompareSettings) -> tuple[MeasuredSpace, Table]:
    """The space and the table of a comparison, checked to hold all of the space.

    Raises:
        ValueError: it is missing or cannot be read, or a row or column is missing.
    """
    if settings.table is None:
        raise ValueError("table is None, expected a file of measured accuracies")
    path = Path(settings.table)
    if settings.decisions:
        space = read_space(path, settings.decisions)
        measured = MeasuredSpace(space, operator.attrgetter("key"), {})
    else:
        measured = TABLE_SPACES[settings.space]
    table = read_table(path, settings.columns)
    table.check_covers(measured.names())
    return measured, table


def run_on_table(
    measured: MeasuredSpace, table: Table, settings: CompareSettings, run: PlannedRun
) -> dict[str, Any]:
    """One search on the table.

    A network that comes again counts as an evaluation like any other. Where the table has several
    budgets, the best third of the children so far goes on to the next one (ASHA).

    Returns:
        `incumbents`, a list of [evaluations, validation accuracy, test accuracy, architecture] with
        an entry for each time that the best by validation accuracy changed; and `seconds`.
    """
    started, space, budgets = time.perf_counter(), measured.space, len(table.search)
    controller = settings.chosen[run.controller].make(space, run.seed)
    kind = StagedLookup if budgets > 1 else TableLookup
    lookup: Evaluator[Any] = kind(table, measured.name)
    loop = LoopSettings(settings.evaluations, seed=run.seed, reuse=False)
    rule = Asha(range(1, budgets + 1), _ETA) if budgets > 1 else None
    rules = lookup.rules(budgets=rule)
    search = Search(space, controller, MemoryStore(), InlineExecutor(lookup), loop, rules)
    search.run()
    incumbents: list[list[Any]] = []
    best = -np.inf
    for trial in search.trials:
        if trial.state == "complete" and trial.reward is not None and trial.reward > best:
            best = trial.reward
            name = measured.name(space.decode(trial.proposal.choices))
            test = float(table.report[table.row(name)])
            incumbents.append([trial.number + 1, best, test, name])
    return {"incumbents": incumbents, "seconds": round(time.perf_counter() - started, 3)}


def run_all(comparison: Comparison) -> bool:
    """Makes the runs that are missing; True where none is left, False where Ctrl-C came first.

    Raises:
        ValueError: the table cannot be used, or a run that was recorded is another's.
    """
    settings = comparison.settings
    load_table(settings)
    runs = list(planned(settings))
    missing = [run for run in runs if recorded(comparison, run) is None]
    if len(missing) < len(runs):
        say(f"resuming: {len(runs) - len(missing):,} of {len(runs):,} runs are done")
    workers = min(settings.workers or os.cpu_count() or 1, len(missing))
    if not missing:
        return True
    with contextlib.ExitStack() as stack:
        stack.enter_context(_one_thread_each())
        pool = concurrent.futures.ProcessPoolExecutor(
            workers,
            processes.START,
            initializer=_prepare,
            initargs=(settings,),
        )
        stack.callback(pool.shutdown, cancel_futures=True)
        futures = {pool.submit(_work, run): run for run in missing}
        stack.enter_context(
            stoppable(lambda: [f.cancel() for f in futures], lambda: "runs that have begun")
        )
        done = len(runs) - len(missing)
        bar = stack.enter_context(Bar("compare", len(runs), done, every=10.0))
        for future in concurrent.futures.as_completed(futures):
            if not future.cancelled():
                record(comparison, futures[future], future.result())
                done += 1
                bar.update(done, line=f"last {futures[future].controller}")
    return not any(future.cancelled() for future in futures)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Where processes that are started here do linear algebra on one thread: each has a core."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _prepare(settings: CompareSettings) -> None:
    """Runs once in each worker process."""
    serve_parent()
    _WORKER.update(settings=settings, loaded=load_table(settings))


def _work(run: PlannedRun) -> dict[str, Any]:
    settings: CompareSettings = _WORKER["settings"]
    if settings.chosen[run.controller].kind.tensorflow:
        import_tensorflow(threads=1)
    measured, table = _WORKER["loaded"]
    return run_on_table(measured, table, settings, run)
