"""A space of hyper-parameters, some of which are there only for some values of others."""

import dataclasses
import functools
import json
import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from nasnet.cells.spaces.base import Choices, Decision, SearchSpace
from nasnet.cells.spaces.hyper.configuration import Configuration
from nasnet.cells.spaces.hyper.parameters import (
    Parameter,
    Value,
    parameter_from_json,
    parameter_json,
)

FORMAT = "nasnet-hyperparameter-space"
VERSION = 1
_NOT_MADE = -1


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """A hyper-parameter of a space, and when it is there.

    Attributes:
        parameter: its values.
        parents: numbers of the earlier items that decide whether it is there.
        made: the choices of these with which it is, one number a parent, -1 for a parent that is
            not there itself; () alone where there are no parents.
    """

    parameter: Parameter
    parents: tuple[int, ...] = ()
    made: frozenset[tuple[int, ...]] = frozenset({()})


class HyperSpace(SearchSpace[Configuration]):
    """Hyper-parameters in order, each behind those that decide whether it is there.

    Args:
        items: the hyper-parameters. One name may stand for several of them, of which one at most
            is there at a time.
        points: how many values of a range are taken that has no step, or too many.

    Raises:
        ValueError: a parent does not come before its child.
    """

    def __init__(self, items: Iterable[Item], points: int) -> None:
        self.items, self.points = tuple(items), points
        self.values = tuple(item.parameter.values(points) for item in self.items)
        for i, item in enumerate(self.items):
            if any(not 0 <= parent < i for parent in item.parents):
                name = item.parameter.name
                raise ValueError(f"parents of {name} are {item.parents}, expected 0 to {i - 1}")
        self.decisions = tuple(
            Decision(name, tuple(map(json.dumps, values)), weights=item.parameter.weights(points))
            for name, item, values in zip(self._names(), self.items, self.values, strict=True)
        )

    def architecture(self, choices: Choices) -> Configuration:
        """The values of the hyper-parameters that are there."""
        found: list[tuple[str, Value]] = []

        def choose(i: int) -> int:
            found.append((self.items[i].parameter.name, self.values[i][choices[i]]))
            return choices[i]

        self.walk(choose)
        return Configuration(tuple(found))

    def encode(self, configuration: Configuration) -> Choices:
        """The choices of a configuration.

        Raises:
            ValueError: it is not in this space.
        """
        given = dict(configuration.values)

        def choose(i: int) -> int:
            name = self.items[i].parameter.name
            if name not in given or given[name] not in self.values[i]:
                raise ValueError(f"{name} is {given.get(name)}, expected one of {self.values[i]}")
            return self.values[i].index(given[name])

        choices = self.walk(choose)
        if self.architecture(choices) != configuration:
            found = configuration.to_json()
            raise ValueError(
                f"hyper-parameters are {found}, expected a configuration of this space"
            )
        return choices

    def next_decision(self, prefix: Sequence[int]) -> Decision | None:
        """The next hyper-parameter that is there."""
        known = self._known(prefix)
        while len(known) < len(self.items):
            if self._is_made(known):
                return self.decisions[len(known)]
            known.append(_NOT_MADE)
        return None

    def walk(self, choose: Callable[[int], int]) -> Choices:
        """The same as the base's, in one pass."""
        known: list[int] = []
        while (i := len(known)) < len(self.items):
            known.append(choose(i) if self._is_made(known) else _NOT_MADE)
        return tuple(max(choice, 0) for choice in known)

    def future(self, prefix: Sequence[int]) -> Hashable:
        """The choices that decide whether later hyper-parameters are there."""
        known = self._known(prefix)
        return len(prefix), tuple(known[parent] for parent in self._needed[len(prefix)])

    @functools.cached_property
    def conditional(self) -> bool:
        """Whether there are hyper-parameters that are not always there."""
        return any(item.parents for item in self.items)

    def condition(self, i: int) -> str:
        """When item `i` is there, for a person; empty for always."""
        item = self.items[i]
        columns = [sorted(set(column)) for column in zip(*item.made, strict=True)]
        if len(item.made) < math.prod(map(len, columns)) or any(c[0] < 0 for c in columns):
            names = (self.items[parent].parameter.name for parent in item.parents)
            return f"some values of {' and '.join(names)}"
        parts = []
        for parent, column in zip(item.parents, columns, strict=True):
            if len(column) < len(self.values[parent]):
                values = " or ".join(f"{self.values[parent][choice]}" for choice in column)
                parts.append(f"{self.items[parent].parameter.name} is {values}")
        return " and ".join(parts)

    def to_json(self) -> str:
        """The space as text."""
        items = [
            {
                "parameter": parameter_json(item.parameter),
                "parents": item.parents,
                "made": sorted(item.made),
            }
            for item in self.items
        ]
        head = {"format": FORMAT, "version": VERSION, "points": self.points}
        return json.dumps({**head, "items": items}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "HyperSpace":
        """The space of `to_json`.

        Raises:
            ValueError: the text is not one.
        """
        try:
            data: Any = json.loads(text)
            if (data["format"], data["version"]) != (FORMAT, VERSION):
                raise ValueError(f"it is {data['format']!r} version {data['version']!r}")
            items = [
                Item(
                    parameter_from_json(item["parameter"]),
                    tuple(item["parents"]),
                    frozenset(map(tuple, item["made"])),
                )
                for item in data["items"]
            ]
            return cls(items, data["points"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"space is {text!r:.60}, expected one of {FORMAT}: {error}") from None

    def _names(self) -> list[str]:
        """A name for each decision: that of its hyper-parameter, numbered where it comes again."""
        names: list[str] = []
        for item in self.items:
            name, number = item.parameter.name, 2
            while name in names:
                name, number = f"{item.parameter.name} #{number}", number + 1
            names.append(name)
        return names

    @functools.cached_property
    def _needed(self) -> list[list[int]]:
        """By the number of choices made, those that decide about anything behind them."""
        count = len(self.items)
        last = {parent: i for i, item in enumerate(self.items) for parent in item.parents}
        return [[p for p in range(i) if last.get(p, 0) >= i] for i in range(count + 1)]

    def _known(self, prefix: Sequence[int]) -> list[int]:
        """The choices so far, -1 for what is not there."""
        known: list[int] = []
        for choice in prefix:
            known.append(choice if self._is_made(known) else _NOT_MADE)
        return known

    def _is_made(self, known: Sequence[int]) -> bool:
        """Whether the item behind those whose choices are known is there."""
        item = self.items[len(known)]
        return tuple(known[parent] for parent in item.parents) in item.made
