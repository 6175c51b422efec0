"""`nasnet report`: a run as one HTML file."""

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import print_json, say, stdout
from nasnet.experiments.errors import OK
from nasnet.runtime.files import write_atomically

if TYPE_CHECKING:
    from nasnet.experiments.reporting.base import Report

_SECONDS = 10.0  # between two writings
_NAME = "report.html"


@dataclasses.dataclass(frozen=True)
class ReportCommand(Command):
    """Write a run as one HTML file: what was asked, what came of it, what to type next.

    The file needs no network and holds all that it shows. Of searches it has the course, the best
    cells (a click on a row draws its cell and network), accuracy against cost, what was proposed,
    failures and their reasons, settings; and it is for tunings, comparisons and trainings, too.

    Args:
        place: the run directory, or postgresql://HOST/DATABASE#SEARCH.
        out: the file; report.html in the run directory where it is left out, or in this one where
            that is on another machine.
        top: how many of the best are shown.
        watch: write it again every ten seconds while the run goes on; an open page follows.
        json: print the file's path as one JSON document.
    """

    place: tyro.conf.Positional[str]
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    top: int = 10
    watch: bool = False
    json: bool = False

    def run(self) -> int:
        if self.top < 1:
            raise ValueError(f"top is {self.top}, expected at least 1")
        if self.out is not None and self.out.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"out is {self.out}, expected a name that ends in .html")
        from nasnet.experiments.reporting.opening import open_report

        report = open_report(self.place, self.top)
        folder = report.run.path
        path = self.out or (folder if folder.is_dir() else Path()) / _NAME
        self._write(report, path)
        following = report.commands()[0][1]
        if self.json:
            print_json({"run": report.run.called, "file": str(path), "next": following})
        else:
            stdout().print(f"the report is {path}\nnext: {following}", soft_wrap=True)
        return OK

    def _write(self, report: "Report", path: Path) -> None:
        """Writes the page: once, or until the run has ended."""
        from nasnet.viz.page import render

        said = False
        while self.watch and report.run.working:
            write_atomically(path, render(report.page(_SECONDS)))
            if not said:
                say(f"{path} is written anew every {_SECONDS:g} seconds; Ctrl-C ends that")
                said = True
            time.sleep(_SECONDS)
        write_atomically(path, render(report.page()))
