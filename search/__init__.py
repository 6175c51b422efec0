"""The search: the loop, the trial store, evaluators and executors.

Where a search by gradients (DARTS, https://arxiv.org/abs/1806.09055) belongs: it has no proposals
and no rewards, so it is no `Controller` but stands beside `Search`. It would own a network in which
each edge is the mixture of all operations, built by `nasnet.cells.build_cell` over a backend of its
own as the shared weights are, and alternate between the steps of two optimisers. All that it shares
with the rest is its outcome: behind each epoch, the genotype of the strongest edges goes as one
`Trial` (proposal `space.encode(genotype)`, reward its validation accuracy under the mixture) into a
`Store` with its weights as the state. Then resuming, `nasnet status`, `best`, `train` and `compare`
work on it as they are.
"""

from nasnet.search.budgets import BudgetSettings, Stage
from nasnet.search.evaluators import Evaluation, Evaluator, TrainChild
from nasnet.search.executors import Executor, InlineExecutor, Outcome, ProcessPool
from nasnet.search.limits import CostCheck, Limits, pareto_front
from nasnet.search.loop import Search
from nasnet.search.memory_store import MemoryStore, Store
from nasnet.search.policy import Policy, best_trial, child_seed
from nasnet.search.store import StoreError, TrialStore
from nasnet.search.tables import Columns, Table, TableLookup, read_table
from nasnet.search.trial import Trial

__all__ = (
    "BudgetSettings",
    "Columns",
    "CostCheck",
    "Evaluation",
    "Evaluator",
    "Executor",
    "InlineExecutor",
    "Limits",
    "MemoryStore",
    "Outcome",
    "Policy",
    "ProcessPool",
    "Search",
    "Stage",
    "Store",
    "StoreError",
    "Table",
    "TableLookup",
    "TrainChild",
    "Trial",
    "TrialStore",
    "best_trial",
    "child_seed",
    "pareto_front",
    "read_table",
)
