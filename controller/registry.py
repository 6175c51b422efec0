"""Controllers by name, and with settings as they are written: `ppo,learning_rate=1e-3`."""

import dataclasses
import importlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from nasnet.cells import SearchSpace
from nasnet.controller.base import BaseController
from nasnet.runtime.checks import check_known
from nasnet.runtime.loading import absolute, is_spec, load_subclass
from nasnet.runtime.written import check_settings, read_settings, settings_of

# Where each is, below this package.
CONTROLLERS: Mapping[str, str] = MappingProxyType(
    {
        "random": "random_search:RandomSearch",
        "grid": "grid:Grid",
        "reinforce": "policy.reinforce:Reinforce",
        "ppo": "policy.ppo:PPO",
        "evolution": "evolution:Evolution",
        "local_search": "local_search:LocalSearch",
        "q_learning": "q_learning:QLearning",
        "surrogate": "surrogate:Surrogate",
        "progressive": "progressive:Progressive",
        "tpe": "optuna.tpe:TPE",
        "nsga2": "optuna.nsga2:NSGA2",
    }
)


def controller_class(name: str) -> type[BaseController[Any]]:
    """The controller of a name in `CONTROLLERS`, or of a user's own, `mine.py:Mine`.

    Raises:
        ValueError: there is none.
    """
    if is_spec(name):
        return load_subclass(name, BaseController, "BaseController")
    check_known("controller", name, CONTROLLERS, "; or file.py:NAME")
    module, _, kind = CONTROLLERS[name].partition(":")
    return getattr(importlib.import_module(f"{__package__}.{module}"), kind)


def make_controller(
    name: str, space: SearchSpace[Any], *, seed: int = 0, **settings: Any
) -> BaseController[Any]:
    """A controller by its name.

    Args:
        name: a name in `CONTROLLERS`, or `file.py:NAME`.
        space: what may be proposed.
        seed: of every random choice, 0 or more.
        **settings: fields of the controller's `Settings`; the others keep their defaults.

    Raises:
        ValueError: the name or a setting is unknown, or a setting is out of range.
    """
    kind = controller_class(name)
    return kind(space, _settings(name, kind, settings), seed=seed)


@dataclasses.dataclass(frozen=True)
class Chosen:
    """A controller with the settings that were given for it.

    Args:
        name: a name in `CONTROLLERS`, or `file.py:NAME`.
        settings: by name; the others keep their defaults.
    """

    name: str
    settings: Mapping[str, Any]

    @property
    def kind(self) -> type[BaseController[Any]]:
        """The controller's class."""
        return controller_class(self.name)

    @property
    def text(self) -> str:
        """What `parse_controller` reads."""
        return ",".join([self.name, *(f"{key}={value}" for key, value in self.settings.items())])

    def made_with(self, presets: Mapping[str, Any]) -> "Chosen":
        """The same with other defaults, as far as it has such settings.

        Raises:
            ValueError: a setting is out of range.
        """
        fields = settings_of(self.kind.Settings)
        known = {key: value for key, value in presets.items() if key in fields}
        found = Chosen(self.name, {**known, **self.settings})
        _settings(self.name, self.kind, found.settings)
        return found

    def make(self, space: SearchSpace[Any], seed: int) -> BaseController[Any]:
        """The controller."""
        return make_controller(self.name, space, seed=seed, **self.settings)


def parse_controller(text: str) -> Chosen:
    """The controller that `name,setting=value,...` stands for.

    Raises:
        ValueError: the controller or a setting is unknown, or a value not of its type or range.
    """
    name, *pairs = text.split(",")
    name = absolute(name)
    kind = controller_class(name)
    values = read_settings(kind.Settings, pairs, name)
    _settings(name, kind, values)
    return Chosen(name, values)


def split_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Controllers with their settings, each once, of texts that may hold several: `a,b,x=1,c`."""
    found: list[str] = []
    for text in texts:
        for i, part in enumerate(text.split(",")):
            if i and "=" in part:
                found[-1] += f",{part}"
            elif part:
                found.append(part)
    return tuple(dict.fromkeys(found))


def _settings(name: str, kind: type[BaseController[Any]], values: Mapping[str, Any]) -> Any:
    check_settings(kind.Settings, values, name)
    return kind.Settings(**values)
