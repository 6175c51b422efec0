"""What is known of the data of a run, recorded with it and said in its first lines."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol, Self

from nasnet.experiments.console.lines import prose, stderr


class Described(Protocol):
    """Data as commands meet them: a `Dataset`, or an `ImageSet`."""

    @property
    def name(self) -> str:
        """A short one."""

    @property
    def source(self) -> str:
        """In one line, which data, and why these."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names."""

    @property
    def content(self) -> str:
        """A digest of the images, wherever they lie."""

    def describe(self) -> list[str]:
        """Lines for a person."""


@dataclasses.dataclass(frozen=True)
class DataFacts:
    """Data in a few lines.

    Attributes:
        name: a short one, which takes the place of "auto" in the settings.
        source: in one line, which data, and why these.
        classes: their names.
        content: a digest of the images; empty where there is none, as of version 0.1.
        lines: for a person, the first of them with all that is in `source`.
    """

    name: str
    source: str
    classes: tuple[str, ...] = ()
    content: str = ""
    lines: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: Described, *more: str) -> Self:
        """Those of data that are open, and what else there is to say."""
        lines = (*data.describe(), *more)
        return cls(data.name, data.source, data.classes, data.content, lines)

    @classmethod
    def read(cls, config: Mapping[str, Any], name: str) -> Self:
        """Those that `written` put into a run's config."""
        content, lines = config.get("content", ""), tuple(config.get("lines", ()))
        return cls(name, config["source"], tuple(config["classes"]), content, lines)

    def written(self) -> dict[str, Any]:
        """As JSON values."""
        values = dataclasses.asdict(self)
        del values["name"]  # the settings have it
        return values

    def text(self) -> list[str]:
        """What was understood, as all commands say it."""
        first, *notes = self.lines or (self.source,)
        return [f"data: {first}", *(f"  {note}" for note in notes)]

    def say(self) -> None:
        """Says it to a person."""
        for line in self.text():
            prose(stderr(), line)

    def check_same(self, found: Self, where: str) -> None:
        """Refuses data with other content, where it is known.

        Args:
            found: what there is now.
            where: what these facts are of, in words.

        Raises:
            ValueError: it has.
        """
        if self.content and found.content != self.content:
            raise ValueError(
                f"data is {found.source}, expected the images of {where}, {self.source}: its "
                "images, labels or classes are others"
            )
