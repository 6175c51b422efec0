"""Settings as they are written behind a name: `ppo,learning_rate=1e-3`, `chain,filters=8/16`."""

import dataclasses
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any


def read_settings(kind: type[Any], pairs: Iterable[str], name: str) -> dict[str, Any]:
    """The values of `setting=value` for fields of a dataclass.

    Args:
        kind: the dataclass.
        pairs: what is written; values of a tuple stand between slashes, as in 8/16, and those of a
            tuple in a tuple between x, as in 5x3/3x2.
        name: of what has these settings.

    Raises:
        ValueError: a setting is unknown, or a value not of its type.
    """
    hints, values = typing.get_type_hints(kind), {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"setting of {name} is {pair!r}, expected name=value")
        check_settings(kind, {key: value}, name)
        values[key] = _value(hints[key], value, f"{key} of {name}")
    return values


def settings_of(kind: type[Any]) -> list[str]:
    """The names of the fields that can be set."""
    return [field.name for field in dataclasses.fields(kind) if field.init]


def check_settings(kind: type[Any], values: Mapping[str, Any], name: str) -> None:
    """Raises ValueError unless all of these are settings."""
    for key in values:
        if key not in settings_of(kind):
            known = ", ".join(settings_of(kind)) or "none"
            raise ValueError(f"setting of {name} is {key!r}, expected one of: {known}")


def _value(hint: Any, text: str, what: str, separators: str = "/x") -> Any:
    """`text` as a value of the type that `hint` names."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if text == "None":
            return None
        hint = next(kind for kind in arguments if kind is not type(None))
    if origin is tuple:
        parts = text.split(separators[0])
        several = tuple(_value(arguments[0], part, what, separators[1:]) for part in parts)
        if ... in arguments or len(several) == len(arguments):
            return several
    elif hint is bool:
        if text in ("True", "False"):
            return text == "True"
    elif hint in (int, float, str):
        try:
            return hint(text)
        except ValueError:
            pass
    raise ValueError(f"{what} is {text!r}, expected {getattr(hint, '__name__', hint)}")
