"""What is alike in a network becomes one function; what differs, its parameters.

Parts with the same steps in the same wiring are one function. A number that differs between them is
a parameter, or follows from one, such as half the filters; so is the function that they call for an
input.
"""

import dataclasses
import functools
import itertools
import keyword
import operator
import re
import string
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from nasnet.stacking.source.loops import loops
from nasnet.stacking.source.program import Function, Line, Program, Text, items, suffix_of
from nasnet.stacking.source.trace import Part, Step, Trace, Value

_WIDTHS = ("filters", "channels")
# What may differ; all else makes another function.
_NUMBERS = (*_WIDTHS, "strides", "pads", "sides")
_LONG = 4  # steps up to which a function is named by them
_INPUT = re.compile(r"_(input|output)_\d+$")  # where a value is brought to other sizes
_FOLLOWS: Mapping[str, Callable[[int], int]] = {
    "{} // 2": lambda n: n // 2,
    "{0} - {0} // 2": lambda n: n - n // 2,
    "{} // 4": lambda n: n // 4,
    **{f"{{}} * {k}": functools.partial(operator.mul, k) for k in range(2, 10)},
}


def program(trace: Trace, keys: Mapping[str, Sequence[str]], reserved: Collection[str]) -> Program:
    """The functions of a network.

    Args:
        trace: the network.
        keys: which settings of a step are written, by the step's kind.
        reserved: names that no function may have.
    """
    writer = _Writer(trace, keys)
    _name(writer.functions, reserved)
    return Program(tuple(writer.functions), tuple(loops(writer.main)), writer.calls)


class _Writer:
    """Makes the functions of a network, inner ones first, and then its main lines."""

    def __init__(self, trace: Trace, keys: Mapping[str, Sequence[str]]) -> None:
        self._keys = keys
        self._readers: dict[Value, set[Step]] = defaultdict(set)
        for step in trace.whole.steps:
            for value in step.inputs:
                self._readers[value].add(step)
        self.functions: list[Function] = []
        self.calls: dict[Part, Function] = {}
        self._arguments: dict[Part, dict[str, Any]] = {}
        parts = [part for part in _parts(trace.whole) if self._is_function(part)]
        outer = [part for part in parts if any(inner in parts for inner in _parts(part))]
        self._inner = [part for part in parts if part not in outer]
        self._define(self._inner)
        self._define(outer)
        self.main = [
            dataclasses.replace(line, settings={k: _text(v) for k, v in line.settings.items()})
            for line in self._lines(trace.whole)
        ]

    def _is_function(self, part: Part) -> bool:
        steps = set(part.steps)
        outside = {v for v in (s.output for s in steps) if self._readers[v] - steps}
        if part.depth == 0 or outside - {part.output}:
            return False
        if part.operation or (_INPUT.search(part.name) and len(steps) > 1):
            return True
        return part.depth == 1 and len(steps) > _LONG

    def _define(self, parts: list[Part]) -> None:
        """Makes functions of parts whose own calls are known."""
        alike: dict[Any, list[Part]] = defaultdict(list)
        for part in parts:
            lines = self._lines(part)
            alike[_hint(part), len(part.inputs), tuple(map(_signature, lines))].append(part)
        for (hint, inputs, _), group in alike.items():
            function = Function(hint, len(group), inputs)
            self._generalise(function, group)
            self.functions.append(function)
            self.calls |= dict.fromkeys(group, function)

    def _generalise(self, function: Function, group: list[Part]) -> None:
        """Finds the parameters of a function, and what each of its parts gives for them."""
        rows = [self._lines(part) for part in group]
        inner = group[0] in self._inner
        known = _Parameters(group if inner else [])
        lines = []
        for column in zip(*rows, strict=True):
            settings = {
                key: known.text(key, [line.settings[key] for line in column])
                for key in column[0].settings
            }
            callee = column[0].callee
            if column[0].kind == "call":
                callee = known.text("adjust", [line.callee for line in column])
            lines.append(dataclasses.replace(column[0], settings=settings, callee=callee))
        function.lines, function.parameters = tuple(lines), known.names
        for i, part in enumerate(group):
            self._arguments[part] = known.arguments(i)

    def _lines(self, part: Part) -> list[Line]:
        """The steps and calls of a part, with values in place of texts."""
        number = {value: i for i, value in enumerate(part.inputs)}
        lines = []
        for item in items(part, self.calls):
            callee: Text = ""
            if isinstance(item, Part):
                kind, settings, callee = "call", self._arguments[item], self.calls[item]
            else:
                wanted = self._keys.get(item.kind, ())
                kind, settings = item.kind, {key: item.settings[key] for key in wanted}
            suffix = suffix_of(item, part)
            inputs = tuple(number[value] for value in item.inputs)
            output = number[item.output] = len(number)
            lines.append(Line(kind, suffix, inputs, output, settings, callee))
        return lines


class _Parameters:
    """Parameters of a function and what its parts give for them.

    A function without calls has the channels that it gives and reads as parameters, wherever it
    needs them, though they may be the same in all parts.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._columns: dict[str, list[Any]] = {}
        if parts:
            self._columns["filters"] = [part.output.shape.channels for part in parts]
            self._columns["channels"] = [part.inputs[0].shape.channels for part in parts]
        self._used: list[str] = []
        self._inner = bool(parts)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._used)

    def arguments(self, part: int) -> dict[str, Any]:
        return {name: self._columns[name][part] for name in self._used}

    def text(self, key: str, column: list[Any]) -> Text:
        """The source of a value that is `column` in the parts."""
        base = re.sub(r"_\d+$", "", key)
        width = base in _WIDTHS
        same = all(value == column[0] for value in column)
        if same and not (width and self._inner):
            return _text(column[0])
        for name, known in self._columns.items():
            if (width or name.startswith(base)) and known == column:
                return self._use(name)
        if width:
            for name, known in self._columns.items():
                if not name.startswith(_WIDTHS):
                    continue
                for text, follow in _FOLLOWS.items():
                    if [follow(n) for n in known] == column and (not same or "//" in text):
                        return text.format(self._use(name))
        if same:
            return _text(column[0])
        name, count = base, 1
        while name in self._columns:
            count += 1
            name = f"{base}_{count}"
        self._columns[name] = column
        return self._use(name)

    def _use(self, name: str) -> str:
        if name not in self._used:
            self._used.append(name)
        return name


def _text(value: Any) -> Text:
    if isinstance(value, Function):
        return value
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _parts(part: Part) -> Iterator[Part]:
    """All parts in a part, inner ones first."""
    for item in part.items:
        if isinstance(item, Part):
            yield from _parts(item)
            yield item


def _hint(part: Part) -> str:
    kinds = [step.kind for step in part.steps]
    if part.operation:
        return part.operation
    if _INPUT.search(part.name):
        if "crop" in kinds:
            return "factorized_reduction"
        return "_".join(kinds) if len(kinds) <= _LONG else "fit_input"
    return f"{part.cell}_cell" if part.cell else re.sub(r"_?\d+$", "", part.name)


def _signature(line: Line) -> Any:
    """What must be equal in parts that are one function."""
    fixed: tuple[Any, ...] = tuple(
        (k, v) for k, v in line.settings.items() if not k.startswith(_NUMBERS)
    )
    callee: Any = line.callee
    if isinstance(callee, Function) and _INPUT.search(f"_{line.suffix}"):
        callee = callee.inputs, callee.parameters
    if line.kind == "call":  # the numbers are known by their names
        fixed = tuple(line.settings)
    return line.kind, line.suffix, line.inputs, fixed, callee


def _name(functions: Sequence[Function], reserved: Collection[str]) -> None:
    """The most used function of a hint has it as its name; numbers are those of values."""
    taken = {*reserved, *keyword.kwlist}
    for function in sorted(functions, key=lambda function: -function.uses):
        words = (
            itertools.product(string.ascii_lowercase, repeat=size) for size in itertools.count(1)
        )
        others = (
            f"{function.hint}_{''.join(word)}" for word in itertools.chain.from_iterable(words)
        )
        names = itertools.chain([function.hint], itertools.islice(others, 1, None))
        function.name = next(name for name in names if name not in taken)
        taken.add(function.name)
