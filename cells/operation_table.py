"""The table of operations: ours, and those that users add from files of their own.

A name that is not ours is looked for where the environment variable `NASNET_OPERATIONS` says, which
worker processes inherit: `file.py:NAME`, a mapping of operations; several are separated by commas.
"""

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from nasnet.runtime.loading import absolute, is_spec, load_object

if TYPE_CHECKING:
    from nasnet.cells.operations import Operation

VARIABLE = "NASNET_OPERATIONS"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class OperationTable(Mapping[str, "Operation"]):
    """Operations by name; it grows by `add` alone.

    Args:
        operations: the first ones.
    """

    def __init__(self, operations: Mapping[str, "Operation"]) -> None:
        self._operations = dict(operations)
        self._read: set[str] = set()

    def add(self, operations: Mapping[str, "Operation"]) -> None:
        """Adds operations; none that is there may change.

        Raises:
            ValueError: a name is none or is taken, or a value is no operation.
        """
        if not isinstance(operations, Mapping):
            raise ValueError(f"operations are {operations!r:.60}, expected a mapping by name")
        for name, operation in operations.items():
            if not _NAME.fullmatch(name):
                raise ValueError(f"operation is {name!r}, expected a name of a-z, 0-9 and _")
            if self._operations.get(name, operation) != operation:
                raise ValueError(f"operation {name!r} is known already, expected a new name")
            kind, drops = (getattr(operation, field, None) for field in ("kind", "drops"))
            if not (callable(operation) and isinstance(kind, str) and isinstance(drops, bool)):
                raise ValueError(
                    f"operation {name!r} is {operation!r:.60}, expected a callable with kind and "
                    "drops"
                )
        self._operations |= operations

    def __getitem__(self, name: str) -> "Operation":
        if name not in self._operations:
            self._add_named()
        return self._operations[name]

    def __iter__(self) -> Iterator[str]:
        self._add_named()
        return iter(list(self._operations))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _add_named(self) -> None:
        """Adds what the environment names and was not read yet."""
        for spec in _named():
            if spec not in self._read:
                self.add(load_object(spec))
                self._read.add(spec)


def expand_operations(items: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a person asked for: names, and files of operations, whose names all count.

    The files are named in the environment from now on, so that worker processes find them.

    Args:
        items: names, `file.py:NAME` or `module:NAME`.

    Returns:
        The items, good in every working directory; and all names.

    Raises:
        ValueError: a file or what it holds cannot be used.
    """
    from nasnet.cells.operations import OPERATIONS

    kept, names = [], []
    for item in items:
        if not is_spec(item):
            kept.append(item)
            names.append(item)
            continue
        spec = absolute(item)
        found = load_object(spec)
        OPERATIONS.add(found)
        if spec not in _named():
            os.environ[VARIABLE] = ",".join([*_named(), spec])
        kept.append(spec)
        names += found
    return tuple(kept), tuple(names)


def _named() -> list[str]:
    return [spec for spec in os.environ.get(VARIABLE, "").split(",") if spec]
