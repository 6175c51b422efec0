"""Lines of Python: names for values, and calls that fit the page."""

import re
from collections.abc import Collection, Iterator, Sequence

from nasnet.stacking.source.program import Line, Loop

WIDTH = 99
_LAYER = re.compile(
    r"_?(relu|sep_conv|conv|bn|max_pool|avg_pool|pad|crop|reshape|zeros|add|concat|global_pool|"
    r"dense)(_\d+)?$"
)


def statement(
    start: str,
    call: str,
    arguments: Sequence[str],
    tail: Sequence[str] | None = None,
    width: int = WIDTH,
) -> Iterator[str]:
    """`start call(arguments)`, and behind it `(tail)`, on as many lines as it needs."""
    head = f"{start} {call}({', '.join(arguments)})"
    if tail is None:
        tail, head = arguments, f"{start} {call}"
    inside = ", ".join(tail)
    if len(head) + len(inside) + 6 <= width:
        yield f"    {head}({inside})"
        return
    yield f"    {head}("
    if len(inside) + 8 <= width:
        yield f"        {inside}"
    else:
        yield from (f"        {argument}," for argument in tail)
    yield "    )"


def variables(
    lines: Sequence[Line | Loop], inputs: Sequence[str], taken: Collection[str] = ()
) -> dict[int, str]:
    """A name for each value: of the part that gives it, or `x`; free again behind its last use.

    Args:
        lines: of a function.
        inputs: names of what it reads.
        taken: names that are others'.
    """
    last: dict[int, int] = {}
    for place, line in enumerate(lines):
        reads = line.first.inputs if isinstance(line, Loop) else line.inputs
        last |= dict.fromkeys(reads, place)
    names = dict(enumerate(inputs))
    for place, line in enumerate(lines):
        if isinstance(line, Loop):
            suffixes = {
                output: f"{line.prefix}_{line.start + i}" for i, output in enumerate(line.outputs)
            }
        else:
            suffixes = {line.output: line.suffix}
            if line.kind != "call":
                suffixes = {line.output: _LAYER.sub("", line.suffix)}
        for output, base in suffixes.items():
            live = {name for value, name in names.items() if last.get(value, -1) > place}
            name, count = base or "x", 1
            while name in live or name in taken:
                count += 1
                name = f"{base or 'x'}_{count}"
            names[output] = name
    return names


def input_names(count: int, lines: Sequence[Line]) -> list[str]:
    """Names for what a function reads."""
    if count == 1:
        return ["x"]
    if count == 2 and lines[0].suffix == "input_0":
        return ["previous", "current"]
    return [f"x{i}" for i in range(count)]


def loop(row: Loop, names: dict[int, str], call: str) -> Iterator[str]:
    """A loop over cells in a row.

    Args:
        row: the cells.
        names: of the values outside.
        call: of one cell, in which `{inputs}` is what it reads and `{number}` its number.
    """
    state = ["older", "newer"][-len(row.first.inputs) :]
    before = [names[value] for value in row.first.inputs]
    rolled = ", ".join(state)
    yield f"    {rolled} = {', '.join(before)}"
    yield f"    for i in range({row.start}, {row.start + len(row.outputs)}):"
    value = ", ".join([*state[1:], call.format(inputs=rolled, number="{i}")])
    yield f"        {rolled} = {value}"
    after = [
        (names[output], inner)
        for output, inner in zip(row.outputs[-len(state) :], state, strict=True)
        if row.read[row.outputs.index(output)]
    ]
    yield f"    {', '.join(name for name, _ in after)} = {', '.join(inner for _, inner in after)}"
