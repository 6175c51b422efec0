"""The data in pickles such as CIFAR's, by an interpreter that imports, calls and makes nothing.

`pickle` runs what a file says. Here the few opcodes of dictionaries, lists, text, numbers and NumPy
arrays of bytes are read as data, and a file with any other is refused.
"""

import pickletools
from typing import Any

import numpy as np

from nasnet.data.dataset import DataError
from nasnet.runtime.errors import one_line

_ARRAY = ("numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct")
_DTYPE = "numpy dtype"
_NAMES = (*_ARRAY, _DTYPE, "numpy ndarray")
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_VALUES = ("BININT", "BININT1", "BININT2", "SHORT_BINSTRING", "BINSTRING", "BINUNICODE")
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class _Array:
    """An array that is not filled in yet."""

    values: np.ndarray


class _Name(str):
    """What a file wants imported; it is only compared."""


def read_pickle(data: bytes) -> dict[str, Any]:
    """The dictionary in a pickle; text of Python 2 is read as Latin-1.

    Raises:
        DataError: it is damaged, or holds anything but plain data and arrays of bytes.
    """
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "STOP":
                break
            _step(opcode.name, argument, stack, marks, memo)
        (found,) = stack
        return {
            key: value.values if isinstance(value, _Array) else value
            for key, value in found.items()
        }
    except DataError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"the pickle is damaged: {one_line(error)}") from None


def _step(name: str, argument: Any, stack: list, marks: list[int], memo: dict[int, Any]) -> None:
    """Does what one opcode says."""
    if name in _VALUES:
        stack.append(argument)
    elif name in _CONSTANTS:
        stack.append(_CONSTANTS[name])
    elif name in ("EMPTY_DICT", "EMPTY_LIST"):
        stack.append({} if name == "EMPTY_DICT" else [])
    elif name == "MARK":
        marks.append(len(stack))
    elif name in _TUPLES or name == "TUPLE":
        start = marks.pop() if name == "TUPLE" else len(stack) - _TUPLES[name]
        stack[start:] = [tuple(stack[start:])]
    elif name in ("APPEND", "APPENDS"):
        start = marks.pop() if name == "APPENDS" else len(stack) - 1
        items = stack[start:]
        del stack[start:]
        stack[-1] += items
    elif name in ("SETITEM", "SETITEMS"):
        start = marks.pop() if name == "SETITEMS" else len(stack) - 2
        items = stack[start:]
        del stack[start:]
        stack[-1].update(zip(items[::2], items[1::2], strict=True))
    elif name in ("BINPUT", "LONG_BINPUT"):
        memo[argument] = stack[-1]
    elif name in ("BINGET", "LONG_BINGET"):
        stack.append(memo[argument])
    elif name == "GLOBAL" and argument in _NAMES:
        stack.append(_Name(argument))
    elif name in ("REDUCE", "BUILD"):
        last = stack.pop()
        stack[-1] = _made(stack[-1], last) if name == "REDUCE" else _filled(stack[-1], last)
    elif name != "PROTO":
        what = f"{name} {argument}" if name == "GLOBAL" else name
        raise DataError(f"the pickle holds {what!r}, expected data and arrays of bytes alone")


def _made(name: Any, arguments: tuple) -> Any:
    """What stands for an empty array or for a type: its text."""
    if isinstance(name, _Name) and name in _ARRAY:
        return _Array()
    if isinstance(name, _Name) and name == _DTYPE and arguments[0] == "u1":
        return arguments[0]
    raise DataError(f"the pickle makes {name!s:.40} of {arguments!r:.40}, expected arrays of bytes")


def _filled(thing: Any, state: tuple) -> Any:
    """Gives an array its values; a type has nothing more to know."""
    if isinstance(thing, _Array):
        _, shape, _, is_fortran, content = state
        values = np.frombuffer(content.encode("latin-1"), np.uint8)
        thing.values = values.reshape(shape, order="F" if is_fortran else "C")
    elif thing != "u1":
        raise DataError(f"the pickle fills in {type(thing).__name__}, expected arrays of bytes")
    return thing
