"""One hyper-parameter: a range of numbers, or a list of options.

A range is taken at finitely many places, since controllers choose among options: at all of its
steps, at all whole numbers, or, where it has no step or too many, at a few places that are evenly
spaced in its sampling.
"""

import dataclasses
import itertools
import math
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

Value = int | float | str | bool
Sampling = Literal["linear", "log", "reverse_log"]
MOST = 1000  # values of a range that are all taken


@dataclasses.dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`.

    Args:
        name: of the hyper-parameter.
        low: the least value.
        high: the greatest value, which counts.
        step: the distance of two values, or with a logarithmic sampling their ratio; None for any.
        sampling: how values are spread: "log" is dense near `low`, "reverse_log" near `high`.
        default: where a search of one's own would start; None for `low`.
        whole: whether they are whole numbers.

    Raises:
        ValueError: an argument does not fit the others.
    """

    name: str
    low: float
    high: float
    step: float | None = None
    sampling: Sampling = "linear"
    default: float | None = None
    whole: bool = False

    def __post_init__(self) -> None:
        if self.sampling not in get_args(Sampling):
            expected = ", ".join(get_args(Sampling))
            raise ValueError(f"sampling of {self.name} is {self.sampling!r}, expected {expected}")
        if self.whole:
            for field in ("low", "high", "step", "default"):
                value = getattr(self, field)
                if value is not None and int(value) != value:
                    raise ValueError(f"{field} of {self.name} is {value}, expected a whole number")
        if not -math.inf < self.low <= self.high < math.inf:
            raise ValueError(f"{self.name} is {self.low} to {self.high}, expected a rising range")
        logarithmic = self.sampling != "linear"
        if logarithmic and self.low <= 0:
            raise ValueError(f"low of {self.name} is {self.low}, expected above 0 as it is log")
        if self.step is not None and not self.step > logarithmic:
            raise ValueError(
                f"step of {self.name} is {self.step}, expected above {int(logarithmic)}"
            )
        if self.default is not None and not self.low <= self.default <= self.high:
            raise ValueError(
                f"default of {self.name} is {self.default}, expected {self.low} to {self.high}"
            )

    def values(self, points: int) -> tuple[Value, ...]:
        """The values that are taken, rising; a default that was named is one of them.

        Args:
            points: how many of a range without a step, or with too many.
        """
        count = self._count()
        if self._step is None and (count is None or count > MOST):
            found = [self._at(share) for share in np.linspace(0, 1, points).tolist()]
        else:
            places = range(count or 0)
            if len(places) > MOST:
                places = np.linspace(0, len(places) - 1, points).round().astype(int).tolist()
            found = [self._place(i) for i in places]
        if self.default is not None:
            found.append(self.default)
        if self.whole:
            return tuple(sorted({round(value) for value in found}))
        rounded = {float(f"{value:.12g}") for value in found}  # 0.3, not 0.30000000000000004
        return tuple(sorted(rounded))

    def weights(self, points: int) -> tuple[float, ...]:
        """How likely each value is in random sampling; empty where all are alike."""
        values = self.values(points)
        if not self.whole or self.step is not None or self.sampling == "linear":
            return ()
        if (self._count() or 0) > MOST or len(values) == 1:
            return ()
        edges = [self._share(value) for value in (*map(float, values), self.high + 1.0)]
        return tuple(after - before for before, after in itertools.pairwise(edges))

    @property
    def first(self) -> Value:
        """The default, or the least value."""
        value = self.low if self.default is None else self.default
        return round(value) if self.whole else float(f"{value:.12g}")

    @property
    def kind(self) -> str:
        """What a person calls it."""
        return "Int" if self.whole else "Float"

    def text(self) -> str:
        """Its values for a person."""
        step = "" if self.step is None else f", step {self.step:g}"
        sampling = "" if self.sampling == "linear" else f", {self.sampling}"
        return f"{self.low:g} to {self.high:g}{step}{sampling}"

    @property
    def _step(self) -> float | None:
        return 1 if self.step is None and self.whole and self.sampling == "linear" else self.step

    def _count(self) -> int | None:
        """The number of its values; None where they are continuous."""
        if self._step is None:
            return int(self.high - self.low) + 1 if self.whole else None
        if self.sampling == "linear":
            return int((self.high - self.low) / self._step + 1e-9) + 1
        return int(math.log(self.high / self.low, self._step) + 1e-9) + 1

    def _place(self, i: int) -> float:
        """Its value number `i`, of those that a step or whole numbers leave."""
        if self._step is None:
            return self.low + i
        if self.sampling == "linear":
            return self.low + i * self._step
        value = self.low * self._step**i
        return value if self.sampling == "log" else self.high + self.low - value

    def _at(self, share: float) -> float:
        """The value below which a share of the samples lies."""
        if self.sampling == "linear":
            return self.low + share * (self.high - self.low)
        ratio = self.high / self.low
        if self.sampling == "log":
            return self.low * ratio**share
        return self.high + self.low - self.low * ratio ** (1 - share)

    def _share(self, value: float) -> float:
        """The share of the samples of whole numbers that are below `value`."""
        high = self.high + 1
        if self.sampling == "reverse_log":
            value = high + self.low - value
        share = math.log(value / self.low) / math.log(high / self.low)
        return 1 - share if self.sampling == "reverse_log" else share


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """One of several values of one type.

    Args:
        name: of the hyper-parameter.
        choices: the values.
        default: where a search of one's own would start; None for the first.

    Raises:
        ValueError: there are none, they are of several types, or the default is not among them.
    """

    name: str
    choices: tuple[Value, ...]
    default: Value | None = None

    def __post_init__(self) -> None:
        types = {type(value) for value in self.choices}
        if len(types) != 1 or not types <= {int, float, str, bool}:
            raise ValueError(
                f"values of {self.name} are {list(self.choices)!r:.80}, expected one or more, all "
                "int, float, str or bool"
            )
        if self.default is not None and self.default not in self.choices:
            raise ValueError(
                f"default of {self.name} is {self.default!r}, expected one of "
                f"{', '.join(map(repr, self.choices))}"
            )

    def values(self, points: int) -> tuple[Value, ...]:
        """Its values, each once."""
        return tuple(dict.fromkeys(self.choices))

    def weights(self, points: int) -> tuple[float, ...]:
        """None: all are alike."""
        return ()

    @property
    def first(self) -> Value:
        """The default, or the first value."""
        return self.choices[0] if self.default is None else self.default

    @property
    def kind(self) -> str:
        """What a person calls it."""
        return "Boolean" if set(self.choices) == {False, True} else "Choice"

    def text(self) -> str:
        """Its values for a person."""
        return ", ".join(map(str, self.choices))


Parameter = Range | Options


def first_choice(parameter: Parameter, points: int) -> int:
    """The number of the default among the values that are taken; 0 where it is not among them."""
    values = parameter.values(points)
    return values.index(parameter.first) if parameter.first in values else 0


def plain(values: Sequence[Any]) -> tuple[Any, ...]:
    """Values of NumPy's as Python's."""
    return tuple(value.item() if isinstance(value, np.generic) else value for value in values)


def parameter_json(parameter: Parameter) -> dict[str, Any]:
    """A parameter as JSON values."""
    return dataclasses.asdict(parameter)


def parameter_from_json(data: Any) -> Parameter:
    """The parameter of `parameter_json`.

    Raises:
        ValueError: it is none.
    """
    kind: Any = Options if isinstance(data, dict) and "choices" in data else Range
    try:
        values = dict(data)
        if kind is Options:
            values["choices"] = tuple(values["choices"])
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"parameter is {data!r:.80}, expected a range or options: {error}"
        ) from None
