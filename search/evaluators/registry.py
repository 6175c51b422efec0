"""Evaluators by name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from nasnet.runtime.checks import check_known
from nasnet.runtime.loading import is_spec, load_subclass
from nasnet.search.evaluators.base import Evaluator
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.evaluators.sizes import MultAdds, Parameters
from nasnet.search.evaluators.train import TrainChild
from nasnet.search.evaluators.zero_cost import GradNorm, JacobCov, Naswot, Synflow

EVALUATORS: Mapping[str, type[Evaluator[Any]]] = MappingProxyType(
    {
        "child": TrainChild,
        "shared": SharedWeights,
        "synflow": Synflow,
        "naswot": Naswot,
        "jacob_cov": JacobCov,
        "grad_norm": GradNorm,
        "parameters": Parameters,
        "mult_adds": MultAdds,
    }
)


def find_evaluator(name: str) -> type[Evaluator[Any]]:
    """One of ours by its name, or a user's as `mine.py:NAME`.

    Raises:
        ValueError: there is none.
    """
    if is_spec(name):
        return load_subclass(name, Evaluator, "search.Evaluator")
    check_known("evaluator", name, EVALUATORS, "; or your own as FILE.py:NAME")
    return EVALUATORS[name]
