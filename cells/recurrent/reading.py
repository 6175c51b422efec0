"""Recurrent cells of every kind, read from JSON."""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

from nasnet.cells.recurrent.architecture import FORMAT as GRAPH_FORMAT
from nasnet.cells.recurrent.architecture import Recurrent
from nasnet.cells.recurrent.tree import FORMAT as TREE_FORMAT
from nasnet.cells.recurrent.tree import Tree

RecurrentCell = Recurrent | Tree
READERS: Mapping[str, Callable[[str], RecurrentCell]] = MappingProxyType(
    {GRAPH_FORMAT: Recurrent.from_json, TREE_FORMAT: Tree.from_json}
)


def read_recurrent(text: str) -> RecurrentCell | None:
    """The cell of a `to_json`; None where the text is JSON of another kind, or none at all.

    Raises:
        ValueError: it is to be a recurrent cell, and is none.
    """
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return None
    found = data.get("format") if isinstance(data, dict) else None
    reader = READERS.get(found) if isinstance(found, str) else None
    return None if reader is None else reader(text)
