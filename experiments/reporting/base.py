"""What the pages of all runs have: data, settings, versions, commands."""

import abc
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from nasnet.experiments.console.lines import command
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.runs.run import Run
from nasnet.viz.page import Commands, Page, Part, Row, Section, Table, Text

Pairs = tuple[tuple[str, str], ...]


class Report(abc.ABC):
    """A run, read again for each page. What users wrote in files of their own is not run.

    Args:
        run: what is reported.
        top: how many of the best are shown.
    """

    def __init__(self, run: Run[Any], top: int) -> None:
        self.run, self.top = run, top

    @abc.abstractmethod
    def facts(self) -> Pairs:
        """Names and values that are seen first."""

    @abc.abstractmethod
    def sections(self) -> Iterator[Section]:
        """What the page says, without what all pages say."""

    @abc.abstractmethod
    def commands(self) -> Pairs:
        """What can be done now and how; the first is what a person will mostly want."""

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as JSON values; nothing that they name is run."""
        return self.run.read_config()["settings"]

    def not_over(self, go_on: str) -> Pairs:
        """How a run that has not ended goes on, and how it is watched: first while it runs."""
        pairs = (("go on", go_on), ("watch it", command("report", self.run.called, "--watch")))
        return pairs[::-1] if self.run.working else pairs

    def page(self, reload: float | None = None) -> Page:
        """The page; `reload` are the seconds after which a browser reads it again."""
        config = self.run.read_config()
        made = config["environment"].get("created", "")
        return Page(
            self.run.path.resolve().name,
            f"a {self.run.kind.what}, begun {made.replace('T', ' ')}: {self.run.called}",
            self.facts(),
            (
                *self.sections(),
                Section("What to do next", (Commands(self.commands()),)),
                *_settings_sections(self.settings, self._defaults(), config["environment"]),
            ),
            reload,
        )

    def data_text(self) -> list[Part]:
        """What is known of the data, a line each."""
        name = str(self.settings.get("data") or "")
        return [Text(line) for line in DataFacts.read(self.run.read_config(), name).text()]

    def asked(self) -> Table:
        """The settings that differ from the defaults."""
        defaults = flat(self._defaults())
        rows = [
            Row((name, value, defaults.get(name, "")))
            for name, value in flat(self.settings).items()
            if value != defaults.get(name)
        ]
        return Table(("setting", "value", "default"), tuple(rows), "settings that are no defaults")

    def _defaults(self) -> dict[str, Any]:
        return dataclasses.asdict(self.run.kind.settings())


def _settings_sections(
    settings: Mapping[str, Any], defaults: Mapping[str, Any], versions: Mapping[str, str]
) -> Iterator[Section]:
    values = flat({**defaults, **settings})
    rows = tuple(Row((name, value)) for name, value in values.items())
    yield Section("All settings", (Table(("setting", "value"), rows),), folded=True)
    rows = tuple(Row((name, str(value))) for name, value in versions.items())
    yield Section("Versions and machine", (Table(("what", "which"), rows),), folded=True)


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested settings as the flags that they are: `stack.filters` and its value as text."""
    found: dict[str, str] = {}
    for key, value in settings.items():
        name = f"{prefix}{key.replace('_', '-')}"
        if isinstance(value, Mapping):
            found |= flat(value, f"{name}.")
        else:
            several = isinstance(value, list | tuple)
            found[name] = " ".join(map(str, value)) if several else str(value)
    return found
