"""A network as functions and the lines that call them: what is written in any language."""

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Union

from nasnet.stacking.source.trace import Part, Step


@dataclasses.dataclass(eq=False, slots=True)
class Function:
    """A part of the network, written once.

    Attributes:
        hint: what it would be called if there were no other of that name.
        uses: how many parts it is.
        inputs: number of values that it reads, 0 and up.
        parameters: the others.
        lines: what it does; the last one gives its output.
        name: unique.
    """

    hint: str
    uses: int
    inputs: int
    parameters: tuple[str, ...] = ()
    lines: "tuple[Line, ...]" = ()
    name: str = ""


Text = Union[str, Function]  # noqa: UP007  (a string cannot be joined to a class by |)


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """A step, or the call of a function.

    Attributes:
        kind: the step's; "call" for a call.
        suffix: what its name has behind that of the function that it is in.
        inputs: numbers of what it reads: the inputs of the function, then its lines' outputs.
        output: the number of what it gives.
        settings: source text, or a function, by name.
        callee: what is called, or the parameter that says so.
    """

    kind: str
    suffix: str
    inputs: tuple[int, ...]
    output: int
    settings: Mapping[str, Text]
    callee: Text = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Loop:
    """Lines that differ by a number in their names alone; each reads what the ones before gave.

    Attributes:
        first: the first of them.
        outputs: of all.
        prefix: of their names.
        start: the first number.
        read: whether each output is read by later lines.
    """

    first: Line
    outputs: tuple[int, ...]
    prefix: str
    start: int
    read: tuple[bool, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Program:
    """A network as functions, inner ones first, and what is left: its main lines."""

    functions: tuple[Function, ...]
    lines: tuple[Line | Loop, ...]
    calls: Mapping[Part, Function]


def last_value(lines: Sequence[Line | Loop]) -> int:
    """The number of what the last line gives."""
    last = lines[-1]
    return last.outputs[-1] if isinstance(last, Loop) else last.output


def items(part: Part, calls: Collection[Part]) -> Iterator[Step | Part]:
    """The steps of a part, and the parts in it that are functions."""
    for item in part.items:
        if isinstance(item, Step) or item in calls:
            yield item
        else:
            yield from items(item, calls)


def suffix_of(item: Step | Part, part: Part) -> str:
    """What the name of an item has behind that of the part that it is in."""
    return item.name.removeprefix(f"{part.name}_") if part.name else item.name
