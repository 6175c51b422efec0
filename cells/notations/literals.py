"""Names, numbers and lists in Python text; nothing of it is run."""

import ast
import textwrap
from typing import Any

_MOST = 1000  # numbers in a range


def parse(text: str) -> ast.Module:
    """The syntax of Python text that may be indented as a whole.

    Raises:
        ValueError: it is not Python.
    """
    try:
        return ast.parse(textwrap.dedent(text).strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f" in line {error.lineno}" if isinstance(error, SyntaxError) else ""
        reason = error.msg if isinstance(error, SyntaxError) else "nested too deeply or damaged"
        raise ValueError(f"it is not Python that can be read{line}: {reason}") from None


def value(node: ast.expr) -> Any:
    """What is written: a name in quotes, a whole number, a list or tuple of these, `range(a, b)`.

    Raises:
        ValueError: it is something else.
    """
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [value(item) for item in items]
        case ast.Constant(value=found) if type(found) in (int, str):
            return found
        case ast.Call(
            func=ast.Name(id="range"),
            args=[ast.Constant(value=int(first)), ast.Constant(value=int(end))],
            keywords=[],
        ) if 0 <= first <= end <= _MOST:
            return list(range(first, end))
    found = ast.unparse(node)
    raise ValueError(f"it holds {found!r:.60}, expected names, numbers and lists of these")
