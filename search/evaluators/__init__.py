"""What an architecture is worth: one file an evaluator, one line of `EVALUATORS` a name."""

from nasnet.search.evaluators.base import Conditions, Evaluator, read_split
from nasnet.search.evaluators.registry import EVALUATORS, find_evaluator
from nasnet.search.evaluators.stages import TrainInStages
from nasnet.search.evaluators.train import TrainChild

__all__ = (
    "EVALUATORS",
    "Conditions",
    "Evaluator",
    "TrainChild",
    "TrainInStages",
    "find_evaluator",
    "read_split",
)
