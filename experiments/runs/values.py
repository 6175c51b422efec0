"""Settings as JSON values: read back with every type checked, compared, their data pinned."""

import dataclasses
import types
import typing
from pathlib import Path
from typing import Any, Literal, TypeVar

from nasnet.runtime.loading import absolute

T = TypeVar("T")
AUTO = "auto"  # data that are found out when a run begins


def from_json(kind: type[T], data: Any, where: str = "settings") -> T:
    """The dataclass `kind` from the JSON values of `dataclasses.asdict`.

    What an earlier version wrote in another form the `upgraded` of `kind` brings into today's.

    Raises:
        ValueError: a key is unknown, or a value is not of its type or out of range.
    """
    hints = typing.get_type_hints(kind)
    data = values_of(kind, data, where)
    return kind(**{key: _value(hints[key], value, f"{where}.{key}") for key, value in data.items()})


def values_of(kind: type, data: Any, where: str = "settings") -> dict[str, Any]:
    """The JSON values of today's form, their keys checked.

    Raises:
        ValueError: they are no object, or a key is unknown.
    """
    if not isinstance(data, dict):
        raise ValueError(f"{where} is {data!r:.60}, expected an object")
    if upgraded := getattr(kind, "upgraded", None):
        data = upgraded(data)
    known = [field.name for field in dataclasses.fields(kind)]
    for key in data:
        if key not in known:
            raise ValueError(f"{where} has an unknown key {key!r}, expected: {', '.join(known)}")
    return data


def pinned(settings: T, data: str) -> T:
    """The settings with data that mean the same tomorrow and in another folder.

    What was found when a run began holds for all of it: another network connection is no reason to
    go on with other images. A path is made absolute.

    Args:
        settings: with `data`, which may be "auto" or None.
        data: what was found where they leave that open.
    """
    given: Any = settings
    found = data if given.data in (AUTO, None) else given.data
    found = absolute(found)
    if Path(found).exists():
        found = str(Path(found).absolute())
    return settings if found == given.data else dataclasses.replace(given, data=found)


def differences(old: Any, new: Any, prefix: str = "") -> list[str]:
    """One line for each setting that differs between two values of one dataclass."""
    lines = []
    for field in dataclasses.fields(old):
        a, b = getattr(old, field.name), getattr(new, field.name)
        if dataclasses.is_dataclass(a):
            lines += differences(a, b, f"{prefix}{field.name}.")
        elif a != b:
            lines.append(f"{prefix}{field.name}: {a} in the run, {b} now")
    return lines


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return from_json(typing.cast(type, hint), value, where)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in arguments:
            return None
        return _value(next(a for a in arguments if a is not type(None)), value, where)
    if origin is Literal:
        fits = value in arguments
    elif origin is tuple:
        if isinstance(value, list):
            return tuple(_value(arguments[0], item, where) for item in value)
        fits = False
    elif hint is float:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    else:
        fits = type(value) is hint
    if not fits:
        expected = f"one of {arguments}" if origin is Literal else getattr(hint, "__name__", hint)
        raise ValueError(f"{where} is {value!r}, expected {expected}")
    return value
