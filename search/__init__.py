"""The search: the loop, the trial store, evaluators and executors."""

from search.evaluators import Evaluation, Evaluator, TrainChild
from search.executors import Executor, InlineExecutor, Outcome, ProcessPool
from search.loop import Policy, Search, best_trial, child_seed
from search.store import StoreError, TrialStore
from search.trial import Trial

__all__ = (
    "Evaluation",
    "Evaluator",
    "Executor",
    "InlineExecutor",
    "Outcome",
    "Policy",
    "ProcessPool",
    "Search",
    "StoreError",
    "TrainChild",
    "Trial",
    "TrialStore",
    "best_trial",
    "child_seed",
)
