"""Cells in a row that become a loop."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from nasnet.stacking.source.program import Line, Loop

_ROW = 3  # cells that are worth a loop


def loops(lines: Sequence[Line]) -> Iterator[Line | Loop]:
    """The lines, with loops in place of cells in a row."""
    readers = Counter(i for line in lines for i in line.inputs)
    i = 0
    while i < len(lines):
        row = _row(lines[i:], readers)
        if row is None:
            yield lines[i]
            i += 1
        else:
            yield row
            i += len(row.outputs)


def _row(lines: Sequence[Line], readers: Mapping[int, int]) -> Loop | None:
    """The longest loop that begins with the first of `lines`."""
    first, state = lines[0], lines[0].inputs
    prefix, _, start = first.suffix.rpartition("_")
    if first.kind != "call" or not start.isdecimal() or not 1 <= len(state) <= 2:
        return None
    row: list[Line] = []
    for line in lines:
        name = f"{prefix}_{int(start) + len(row)}"
        same = line.callee is first.callee and line.settings == first.settings
        if not same or line.suffix != name or line.inputs != state:
            break
        row.append(line)
        state = (*state[1:], line.output)
    read = [readers[line.output] > sum(line.output in o.inputs for o in row) for line in row]
    if len(row) < _ROW or any(read[: -len(state)]):
        return None
    return Loop(first, tuple(line.output for line in row), prefix, int(start), tuple(read))
