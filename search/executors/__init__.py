"""Where tasks are done: in this process, or in a pool of one process a slot.

An executor knows nothing of what its tasks are: a worker turns each of them into a result.
"""

from nasnet.search.executors.base import Executor, Outcome, Worker
from nasnet.search.executors.inline import InlineExecutor
from nasnet.search.executors.pool import ProcessPool

__all__ = ("Executor", "InlineExecutor", "Outcome", "ProcessPool", "Worker")
