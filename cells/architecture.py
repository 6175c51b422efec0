"""What a search needs of an architecture, whatever it is made of."""

from typing import Protocol


class Architecture(Protocol):
    """What a search space decodes to: a hashable value that can name and write itself.

    `Genotype` is one, `NASBench201Cell` another. Evaluators know which one they are given.
    """

    @property
    def key(self) -> str:
        """A short name that equal networks share."""

    def to_json(self) -> str:
        """The architecture as one line of JSON, for the record."""
