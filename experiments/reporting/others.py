"""The page of a run of any other kind: what was asked, and the figures that its command drew."""

from collections.abc import Iterator

from nasnet.experiments.console.lines import command
from nasnet.experiments.reporting.base import Pairs, Report
from nasnet.viz.page import Section, picture_of_png

_COMMANDS = {
    "nasnet-bench-table": ("bench-table", "--resume"),
    "nasnet-curve": ("transfer", "curve", "--resume"),
    "nasnet-proxies": ("proxy-quality", "--resume"),
    "nasnet-recurrent": ("recurrent", "--resume"),
    "nasnet-reward": ("reward-quality",),
}


class OtherReport(Report):
    """The report of a run whose results its own command shows."""

    def facts(self) -> Pairs:
        return ()

    def sections(self) -> Iterator[Section]:
        figures = sorted(self.run.path.glob("*.png"))
        yield Section("Figures", tuple(picture_of_png(f.read_bytes(), f.stem) for f in figures))
        yield Section("What was asked, on which data", (*self.data_text(), self.asked()))

    def commands(self) -> Pairs:
        words = _COMMANDS[self.run.kind.format]
        return (("go on, and see its results", command(*words, self.run.path)),)
