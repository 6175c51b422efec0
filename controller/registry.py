"""Controllers by name, and with settings as they are written: `ppo,learning_rate=1e-3`."""

import dataclasses
import importlib
import types
import typing
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from nasnet.cells import SearchSpace
from nasnet.controller.base import BaseController
from nasnet.runtime.checks import check_known
from nasnet.runtime.loading import absolute, is_spec, load_subclass

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
        fields = _fields(self.kind)
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
    hints, values = typing.get_type_hints(kind.Settings), {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"setting of {name} is {pair!r}, expected name=value")
        _check_known(name, kind, key)
        values[key] = _value(hints[key], value, f"{key} of {name}")
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


def _fields(kind: type[BaseController[Any]]) -> list[str]:
    return [field.name for field in dataclasses.fields(kind.Settings)]


def _check_known(name: str, kind: type[BaseController[Any]], key: str) -> None:
    if key not in _fields(kind):
        known = ", ".join(_fields(kind)) or "none"
        raise ValueError(f"setting of {name} is {key!r}, expected one of: {known}")


def _settings(name: str, kind: type[BaseController[Any]], values: Mapping[str, Any]) -> Any:
    for key in values:
        _check_known(name, kind, key)
    return kind.Settings(**values)


def _value(hint: Any, text: str, what: str) -> Any:
    """`text` as a value of the type that `hint` names."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        if text == "None":
            return None
        hint = next(kind for kind in typing.get_args(hint) if kind is not type(None))
    if hint is bool:
        if text in ("True", "False"):
            return text == "True"
    elif hint in (int, float, str):
        try:
            return hint(text)
        except ValueError:
            pass
    raise ValueError(f"{what} is {text!r}, expected {getattr(hint, '__name__', hint)}")
