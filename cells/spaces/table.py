"""A space that is its decisions and nothing else: what a row of a table was measured with."""

import dataclasses
import json
from collections.abc import Iterable

import numpy as np

from nasnet.cells.spaces.base import Choices, SearchSpace
from nasnet.cells.spaces.decision import Decision


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """The option of each decision, by the decision's name."""

    values: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """The options in order; of rows of one table no two have the same."""
        return ",".join(value for _, value in self.values)

    def to_json(self) -> str:
        """The row as one line of JSON."""
        return json.dumps({"format": "nasnet-row", "version": 1, "values": dict(self.values)})


class TableSpace(SearchSpace[Row]):
    """Decisions of which every combination is an architecture.

    Args:
        decisions: in their order.
    """

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self.decisions = tuple(decisions)

    def architecture(self, choices: Choices) -> Row:
        """The options of the decisions that are made."""
        made = np.flatnonzero(self.live([choices])[0])
        chosen = ((self.decisions[i], choices[i]) for i in made)
        return Row(tuple((decision.name, decision.options[choice]) for decision, choice in chosen))

    def encode(self, row: Row) -> Choices:
        """The choices of a row.

        Raises:
            ValueError: it is not in this space.
        """
        values = dict(row.values)
        options = [
            decision.options.index(values[decision.name])
            if values.get(decision.name) in decision.options
            else 0
            for decision in self.decisions
        ]
        choices = self.canonical(options)
        if self.architecture(choices) != row:
            raise ValueError(f"row is {row.to_json()}, expected one of this space")
        return choices
