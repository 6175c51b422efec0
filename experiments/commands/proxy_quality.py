"""`nasnet proxy-quality`: which cheap measure ranks cells as their training does."""

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from nasnet.experiments.commands.base import RunCommand
from nasnet.experiments.errors import OK
from nasnet.experiments.proxies.settings import PROXIES, ProxyRun, ProxySettings


@dataclasses.dataclass(frozen=True)
class ProxyQualityCommand(RunCommand):
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

    kind = PROXIES
    prog = "nasnet proxy-quality"

    def begin(self) -> ProxyRun:
        from nasnet.experiments.proxies import quality

        return quality.begin(self.settings, self.out)

    def work(self, run: ProxyRun) -> bool:
        from nasnet.experiments.proxies import quality

        return quality.measure(run)

    def report(self, run: ProxyRun, result: bool | None) -> int:
        from nasnet.experiments.console.lines import command, print_json, stdout
        from nasnet.experiments.proxies import quality, report
        from nasnet.search.evaluators import EVALUATORS

        cells = report.join(*quality.read(run))
        rows = report.qualities(cells)
        if rows:
            source = run.source.split(",")[0]
            title = f"{len(cells)} random cells, {source}"
            report.write(cells, rows, run.path, title)
        if self.json:
            print_json(report.document(cells, rows))
        elif rows:
            baseline = max([0.0, *(r.tau for r in rows if r.proxy == "parameters")])
            good = (r.proxy for r in rows if r.proxy in EVALUATORS and r.tau_low > baseline)
            best = next(good, "child")  # one is worth it if it surely beats counting parameters
            out = stdout()
            out.print(report.summary_table(rows))
            out.print(
                f"results are in {run.path}: proxies.json, proxies.csv, proxies.png\n"
                f"next: {command('search', '--evaluator', best)}",
                soft_wrap=True,
            )
        return OK
