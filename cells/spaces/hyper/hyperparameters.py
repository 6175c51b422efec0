"""What a model-building function is given: it asks for hyper-parameters by name.

The interface is that of KerasTuner, so that `build_model(hp)` written for it runs unchanged.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from nasnet.cells.spaces.hyper.parameters import Options, Parameter, Range, Sampling, Value, plain


class HyperParameters:
    """Hyper-parameters with their values.

    One that is asked for again by its name has the value that it had. Within a `conditional_scope`
    whose parent has another value the answer is None.

    Args:
        values: by name.
        choose: gives the value of one that `values` lacks; by default its default.

    Attributes:
        values: all that have one, by name.
    """

    def __init__(
        self,
        values: Mapping[str, Value] | None = None,
        choose: Callable[[Parameter], Value] = lambda parameter: parameter.first,
    ) -> None:
        self.values: dict[str, Any] = dict(values or {})
        self._choose = choose
        self._scopes: list[str] = []
        self._active = [True]
        self._inactive: set[str] = set()

    def Int(
        self,
        name: str,
        min_value: int,
        max_value: int,
        step: int | None = None,
        sampling: Sampling | None = "linear",
        default: int | None = None,
        **parent: Any,
    ) -> Any:
        """A whole number from `min_value` to `max_value`, which counts."""
        low, high, step, default = plain((min_value, max_value, step, default))
        sampling = sampling or "linear"
        return self._ask(
            Range(self._full(name), low, high, step, sampling, default, True), **parent
        )

    def Float(
        self,
        name: str,
        min_value: float,
        max_value: float,
        step: float | None = None,
        sampling: Sampling | None = "linear",
        default: float | None = None,
        **parent: Any,
    ) -> Any:
        """A number from `min_value` to `max_value`."""
        low, high, step, default = plain((min_value, max_value, step, default))
        sampling = sampling or "linear"
        return self._ask(Range(self._full(name), low, high, step, sampling, default), **parent)

    def Choice(
        self,
        name: str,
        values: Sequence[Any],
        ordered: bool | None = None,
        default: Any = None,
        **parent: Any,
    ) -> Any:
        """One of `values`, which are of one type; `ordered` changes nothing here."""
        options = plain(values)
        if ordered and any(isinstance(option, str) for option in options):
            raise ValueError(f"ordered is True of {name}, whose values are text, expected False")
        return self._ask(Options(self._full(name), options, *plain((default,))), **parent)

    def Boolean(self, name: str, default: bool = False, **parent: Any) -> Any:
        """True or False."""
        return self._ask(Options(self._full(name), (False, True), bool(default)), **parent)

    def Fixed(self, name: str, value: Any, **parent: Any) -> Any:
        """A value that is not searched."""
        full = self._full(name)
        with self._beneath(**parent):
            return self.values.setdefault(full, value) if self._noted(full) else None

    @contextlib.contextmanager
    def conditional_scope(self, parent_name: str, parent_values: Any) -> Iterator[None]:
        """What is asked for within is there only where the parent has one of these values.

        Raises:
            ValueError: the parent has not been asked for.
        """
        name = self._full(parent_name)
        if name not in self.values and name not in self._inactive:
            raise ValueError(f"parent is {name!r}, expected a hyper-parameter asked for before")
        wanted = parent_values if isinstance(parent_values, list | tuple) else [parent_values]
        holds = name in self.values and self.values[name] in plain(wanted)
        self._active.append(self._active[-1] and holds)
        try:
            yield
        finally:
            self._active.pop()

    @contextlib.contextmanager
    def name_scope(self, name: str) -> Iterator[None]:
        """Names within begin with `name` and a slash."""
        self._scopes.append(name)
        try:
            yield
        finally:
            self._scopes.pop()

    def get(self, name: str) -> Any:
        """The value of a hyper-parameter.

        Raises:
            ValueError: it is not active.
            KeyError: it is unknown.
        """
        name = self._full(name)
        if name in self.values:
            return self.values[name]
        if name in self._inactive:
            raise ValueError(f"{name} is not active, expected one whose parents have its values")
        raise KeyError(f"{name} is unknown, expected one of: {', '.join(self.values) or 'none'}")

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def __contains__(self, name: object) -> bool:
        return self._full(str(name)) in self.values

    def is_active(self, name: str) -> bool:
        """Whether a hyper-parameter has a value."""
        return name in self

    def __repr__(self) -> str:
        return f"HyperParameters({self.values})"

    def _ask(self, parameter: Parameter, **parent: Any) -> Any:
        with self._beneath(**parent):
            if not self._noted(parameter.name):
                return None
            if parameter.name not in self.values:
                self.values[parameter.name] = self._choose(parameter)
            return self.values[parameter.name]

    @contextlib.contextmanager
    def _beneath(self, parent_name: str | None = None, parent_values: Any = None) -> Iterator[None]:
        if parent_name is None:
            yield
        else:
            with self.conditional_scope(parent_name, parent_values):
                yield

    def _noted(self, name: str) -> bool:
        """Whether what is asked for here has a value; where it has none, that is remembered."""
        if not self._active[-1]:
            self._inactive.add(name)
        return self._active[-1]

    def _full(self, name: str) -> str:
        return "/".join((*self._scopes, str(name)))
