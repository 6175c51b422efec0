"""A search's executor on a cluster: one that is there, or one of this machine's own."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nasnet.experiments.console.lines import say
from nasnet.experiments.errors import FailedError
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.search.cluster.place import scheduler_place
from nasnet.search.evaluators import Evaluator
from nasnet.search.executors import Executor


@contextlib.contextmanager
def needs_dask() -> Iterator[None]:
    """Says what to install where Dask is missing.

    Raises:
        ValueError: it is.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in ("dask", "distributed"):
            raise
        raise ValueError(
            f"{error.name} is missing, expected it for a cluster: pip install distributed"
        ) from None


@contextlib.contextmanager
def on_cluster(
    evaluator: Evaluator[Any], settings: SearchSettings, slots: int
) -> Iterator[Executor[Any, Any]]:
    """The executor of a cluster.

    Args:
        evaluator: does the tasks.
        settings: say where the scheduler is; else it is one of this machine's own, with one node.
        slots: of that node.

    Raises:
        FailedError: no scheduler or no node was found.
        ValueError: Dask is missing.
    """
    file = None if settings.scheduler_file is None else Path(settings.scheduler_file)
    place = scheduler_place(settings.address, file)
    with needs_dask():
        from nasnet.search.cluster.executor import ClusterExecutor, NoNodes
        from nasnet.search.cluster.local import local_cluster
    with contextlib.ExitStack() as stack:
        if place is None:
            place = stack.enter_context(local_cluster(slots))
        try:
            executor: Any = ClusterExecutor(
                evaluator, place, timeout=settings.timeout, recycle=evaluator.lifetime
            )
        except NoNodes as error:
            raise FailedError(str(error)) from None
        stack.callback(executor.close)
        nodes = executor.nodes
        say(f"{len(nodes)} nodes with {sum(nodes.values())} slots at {place}")
        if executor.dashboard:
            say(f"Dask's own dashboard: {executor.dashboard}")
        try:
            yield executor
        except NoNodes as error:
            raise FailedError(str(error)) from None
