"""The search: the loop, stores of trials, executors and evaluators.

Where a search by gradients (DARTS, https://arxiv.org/abs/1806.09055) belongs: it has no proposals
and no rewards, so it is no `Controller` but stands beside `Search`. It would own a network in which
each edge is the mixture of all operations, built by `nasnet.cells.build_cell` over a backend of its
own as the shared weights are, and alternate between the steps of two optimisers. All that it shares
with the rest is its outcome: behind each epoch, the genotype of the strongest edges goes as one
`Trial` (proposal `space.encode(genotype)`, reward its validation accuracy under the mixture) into a
`Store` with its weights as the state. Then resuming, `nasnet status`, `best`, `train` and `compare`
work on it as they are.
"""

from nasnet.search.budgets import BudgetSettings
from nasnet.search.evaluators import EVALUATORS, Conditions, Evaluator, TrainChild
from nasnet.search.executors import Executor, InlineExecutor, Outcome, ProcessPool, Worker
from nasnet.search.limits import CostCheck, SearchLimits, pareto_front
from nasnet.search.loop import Search
from nasnet.search.rules import Rules
from nasnet.search.settings import LoopSettings, child_seed
from nasnet.search.stores import MemoryStore, Store, StoreError, TrialStore
from nasnet.search.tables import (
    Columns,
    StagedLookup,
    Table,
    TableLookup,
    read_space,
    read_table,
)
from nasnet.search.tasks import Evaluation, Stage, Train
from nasnet.search.trial import Trial, best_trial

__all__ = (
    "EVALUATORS",
    "BudgetSettings",
    "Columns",
    "Conditions",
    "CostCheck",
    "Evaluation",
    "Evaluator",
    "Executor",
    "InlineExecutor",
    "LoopSettings",
    "MemoryStore",
    "Outcome",
    "ProcessPool",
    "Rules",
    "Search",
    "SearchLimits",
    "Stage",
    "StagedLookup",
    "Store",
    "StoreError",
    "Table",
    "TableLookup",
    "Train",
    "TrainChild",
    "Trial",
    "TrialStore",
    "Worker",
    "best_trial",
    "child_seed",
    "pareto_front",
    "read_space",
    "read_table",
)
