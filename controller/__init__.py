"""What to try next: controllers see decisions and rewards, never a network.

Importing this package loads no TensorFlow; `make_controller` does, where a controller needs it.
"""

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from nasnet.controller.checks import Decisions
from nasnet.controller.protocol import Controller, MultiObjective, Proposal
from nasnet.controller.random_search import RandomSearch
from nasnet.controller.settings import PPOSettings, RandomSettings, ReinforceSettings
from nasnet.controller.settings_search import (
    EvolutionSettings,
    LocalSearchSettings,
    NSGA2Settings,
    ProgressiveSettings,
    QLearningSettings,
    SurrogateSettings,
    TPESettings,
)

__all__ = (
    "CONTROLLERS",
    "Controller",
    "ControllerEntry",
    "EvolutionSettings",
    "LocalSearchSettings",
    "MultiObjective",
    "NSGA2Settings",
    "PPOSettings",
    "ProgressiveSettings",
    "Proposal",
    "QLearningSettings",
    "RandomSearch",
    "RandomSettings",
    "ReinforceSettings",
    "SurrogateSettings",
    "TPESettings",
    "make_controller",
)


@dataclasses.dataclass(frozen=True, slots=True)
class ControllerEntry:
    """A controller by name.

    Args:
        settings: the frozen dataclass of its settings; the defaults are the paper's.
        make: (space, settings, seed) -> controller; imports what the controller needs.
        grows: whether it works only in spaces of sequences that may `TERMINATE`.
    """

    settings: type
    make: Callable[[Decisions, Any, int], Controller]
    grows: bool = False


def _random(space: Decisions, settings: RandomSettings, seed: int) -> Controller:
    return RandomSearch(space, seed=seed)


def _reinforce(space: Decisions, settings: ReinforceSettings, seed: int) -> Controller:
    from nasnet.controller.policy.reinforce import Reinforce

    return Reinforce(space, settings, seed=seed)


def _ppo(space: Decisions, settings: PPOSettings, seed: int) -> Controller:
    from nasnet.controller.policy.ppo import PPO

    return PPO(space, settings, seed=seed)


def _evolution(space: Decisions, settings: EvolutionSettings, seed: int) -> Controller:
    from nasnet.controller.evolution import Evolution

    return Evolution(space, settings, seed=seed)


def _surrogate(space: Decisions, settings: SurrogateSettings, seed: int) -> Controller:
    from nasnet.controller.surrogate import Surrogate

    return Surrogate(space, settings, seed=seed)


def _progressive(space: Decisions, settings: ProgressiveSettings, seed: int) -> Controller:
    from nasnet.controller.progressive import Progressive

    return Progressive(space, settings, seed=seed)


def _local_search(space: Decisions, settings: LocalSearchSettings, seed: int) -> Controller:
    from nasnet.controller.local_search import LocalSearch

    return LocalSearch(space, settings, seed=seed)


def _q_learning(space: Decisions, settings: QLearningSettings, seed: int) -> Controller:
    from nasnet.controller.q_learning import QLearning

    return QLearning(space, settings, seed=seed)


def _tpe(space: Decisions, settings: TPESettings, seed: int) -> Controller:
    from nasnet.controller.optuna.tpe import TPE

    return TPE(space, settings, seed=seed)


def _nsga2(space: Decisions, settings: NSGA2Settings, seed: int) -> Controller:
    from nasnet.controller.optuna.nsga2 import NSGA2

    return NSGA2(space, settings, seed=seed)


CONTROLLERS: Mapping[str, ControllerEntry] = MappingProxyType(
    {
        "random": ControllerEntry(RandomSettings, _random),
        "reinforce": ControllerEntry(ReinforceSettings, _reinforce),
        "ppo": ControllerEntry(PPOSettings, _ppo),
        "evolution": ControllerEntry(EvolutionSettings, _evolution),
        "local_search": ControllerEntry(LocalSearchSettings, _local_search),
        "q_learning": ControllerEntry(QLearningSettings, _q_learning),
        "surrogate": ControllerEntry(SurrogateSettings, _surrogate),
        "progressive": ControllerEntry(ProgressiveSettings, _progressive, grows=True),
        "tpe": ControllerEntry(TPESettings, _tpe),
        "nsga2": ControllerEntry(NSGA2Settings, _nsga2),
    }
)


def make_controller(name: str, space: Decisions, *, seed: int = 0, **settings: Any) -> Controller:
    """A controller by its name.

    Args:
        name: a name in `CONTROLLERS`.
        space: what may be proposed; only its `decisions` are read.
        seed: of every random choice, 0 or more.
        **settings: fields of `CONTROLLERS[name].settings`; the others keep their defaults.

    Raises:
        ValueError: the name is unknown, or a setting is out of range.
        TypeError: the controller has no such setting.
    """
    if name not in CONTROLLERS:
        raise ValueError(f"controller is {name!r}, expected one of: {', '.join(CONTROLLERS)}")
    entry = CONTROLLERS[name]
    fields = [field.name for field in dataclasses.fields(entry.settings)]
    for setting in settings:
        if setting not in fields:
            known = ", ".join(fields) or "none"
            raise TypeError(f"setting of {name} is {setting!r}, expected one of: {known}")
    return entry.make(space, entry.settings(**settings), seed)
