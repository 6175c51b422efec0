"""`nasnet transfer curve`: accuracy against cost."""

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from nasnet.experiments.commands.base import RunCommand
from nasnet.experiments.curve.settings import CURVE, CurveRun, CurveSettings
from nasnet.experiments.errors import OK


@dataclasses.dataclass(frozen=True)
class TransferCurveCommand(RunCommand):
    """Train networks of several sizes of cells by one recipe; draw accuracy against cost.

    Args:
        cells: zoo names, genotypes' JSON files or run directories (their best cells).
        settings: the ladder.
        published: draw the published ImageNet networks of NASNet-A, too.
        out: the run directory; a new one below runs/ where it is left out.
        resume: the run directory of a curve to go on with. Only --data, --seeds and --mult-adds may
            change.
        json: print the result as one JSON document.
    """

    cells: tyro.conf.Positional[tuple[str, ...]] = ()
    settings: Annotated[CurveSettings, tyro.conf.arg(name="")] = CurveSettings()
    published: bool = False
    out: Path | None = None
    resume: Path | None = None
    json: bool = False

    kind = CURVE
    prog = "nasnet transfer curve"

    def run(self) -> int:
        if self.cells and self.resume is not None:
            found = ", ".join(self.cells)
            raise ValueError(f"cells are {found} beside --resume, expected one of the two")
        return super().run()

    def begin(self) -> CurveRun:
        from nasnet.experiments.curve import ladder

        return ladder.begin(self.settings, self.cells, self.out)

    def go_on(self, path: Path) -> CurveRun:
        from nasnet.experiments.curve import ladder

        return ladder.reopen(path, self.settings)

    def work(self, run: CurveRun) -> bool:
        from nasnet.experiments.curve import ladder

        return ladder.train_all(run)

    def report(self, run: CurveRun, result: bool | None) -> int:
        from nasnet.experiments.console.lines import print_json, stdout
        from nasnet.experiments.curve import ladder, report

        rows = ladder.measured(run)
        if rows:
            ladder.write_document(run, rows)
            title = Path(run.settings.data).name
            figure = run.path / "curve.png"
            report.draw_curve(rows, figure, published=self.published, title=title)
        if self.json:
            print_json(ladder.document(run, rows))
        elif rows:
            out = stdout()
            out.print(report.curve_table(rows))
            out.print(f"results are in {run.path}: curve.png, curve.json", soft_wrap=True)
        return OK
