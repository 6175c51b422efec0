"""`nasnet proxy-quality`: which cheap measure ranks cells as their training does."""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import tyro

from nasnet.experiments.errors import INTERRUPTED, OK
from nasnet.experiments.proxies.quality import ProxySettings
from nasnet.experiments.runs.directory import RunDirectory
from nasnet.search.evaluators import EVALUATORS as SEARCHABLE


@dataclasses.dataclass(frozen=True)
class ProxyQualityCommand:
    """Compare cheap proxies with the accuracy of cells that are trained alone.

    Args:
        settings: what is trained and measured.
        out: the folder of the results; a new one below runs/ where it is left out.
        resume: the folder of an earlier comparison to go on with. Only --cells, --workers and
            --timeout may change.
        json: print the result as one JSON document.
    """

    settings: Annotated[ProxySettings, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=ProxySettings
    )
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    resume: Path | None = None
    json: bool = False

    def run(self) -> int:
        from nasnet.experiments.proxies import quality

        if self.resume is not None and self.out is not None:
            raise ValueError(f"out is {self.out} beside --resume, expected one of the two")
        if self.resume is None:
            run = quality.begin(self.settings, self.out)
        else:
            run = quality.reopen(self.resume, self.settings)
        try:
            complete = quality.measure(run, self.settings)
        except KeyboardInterrupt:
            complete = False
        self._report(run)
        if complete:
            return OK
        print(
            "stopped; what has ended is saved, go on with: "
            f"nasnet proxy-quality --resume {run.path}",
            file=sys.stderr,
        )
        return INTERRUPTED

    def _report(self, run: RunDirectory) -> None:
        from nasnet.experiments.console.reporting import print_json, stdout
        from nasnet.experiments.proxies import quality, report

        cells = report.join(*quality.read(run))
        rows = report.qualities(cells)
        if rows:
            source = run.read_config()["source"].split(",")[0]
            title = f"{len(cells)} random cells, {source}"
            report.write(cells, rows, run.path, title)
        if self.json:
            print_json(report.document(cells, rows))
        elif rows:
            baseline = max([0.0, *(r.tau for r in rows if r.proxy == "parameters")])
            good = (r.proxy for r in rows if r.proxy in SEARCHABLE and r.tau_low > baseline)
            best = next(good, "child")  # one is worth it if it surely beats counting parameters
            out = stdout()
            out.print(report.summary_table(rows))
            out.print(
                f"results are in {run.path}: proxies.json, proxies.csv, proxies.png\n"
                f"next: nasnet search --evaluator {best}",
                soft_wrap=True,
            )
