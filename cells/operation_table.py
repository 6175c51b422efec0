"""The table of operations: ours, and those that users add from files of their own.

A name that is not ours is looked for where the environment variable `NASNET_OPERATIONS` says:
`file.py:NAME`, a mapping of operations; several are separated by commas.
"""

import itertools
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from nasnet.runtime.loading import absolute, is_spec, load_object

if TYPE_CHECKING:
    from nasnet.cells.operations import Operation

VARIABLE = "NASNET_OPERATIONS"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class OperationTable(Mapping[str, "Operation"]):
    """Operations by name; none that is there changes.

    Args:
        operations: the first ones.

    Attributes:
        sources: where others were added from, so that another process can add them, too.
    """

    def __init__(self, operations: Mapping[str, "Operation"]) -> None:
        self._operations = dict(operations)
        self.sources: list[str] = []

    def add(self, operations: Mapping[str, "Operation"], called: str = "operations") -> None:
        """Adds operations.

        Args:
            operations: by name.
            called: what errors call them.

        Raises:
            ValueError: a name is none or is taken, or a value is no operation.
        """
        if not isinstance(operations, Mapping):
            raise ValueError(f"{called} are {operations!r:.60}, expected a mapping by name")
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

    def add_from(self, spec: str) -> tuple[str, ...]:
        """Adds a user's operations, `file.py:NAME` or `module:NAME`; their names.

        Raises:
            ValueError: the file or what it holds cannot be used.
        """
        spec = absolute(spec)
        found = load_object(spec)
        if spec not in self.sources:
            self.add(found, f"operations of {spec}")
            self.sources.append(spec)
        return tuple(found)

    def expand(self, items: Iterable[str]) -> tuple[str, ...]:
        """Names, and in place of each file of operations the names that it holds.

        Raises:
            ValueError: a file or what it holds cannot be used.
        """
        parts = (self.add_from(item) if is_spec(item) else (item,) for item in items)
        return tuple(itertools.chain.from_iterable(parts))

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
        """Adds what the environment names."""
        for spec in filter(None, os.environ.get(VARIABLE, "").split(",")):
            if absolute(spec) not in self.sources:
                self.add_from(spec)
