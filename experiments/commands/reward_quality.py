"""`nasnet reward-quality`: how far a reward is the cell's, and how well it ranks."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from nasnet.experiments.commands.base import RunCommand
from nasnet.experiments.errors import OK
from nasnet.experiments.rewards.settings import REWARD, RewardRun, RewardSettings

if TYPE_CHECKING:
    from nasnet.experiments.rewards.report import Quality


@dataclasses.dataclass(frozen=True)
class RewardQualityCommand(RunCommand):
    """Measure how far a search's reward is luck, and how well it ranks cells for its price.

    Several cells are evaluated from several seeds each, with the flags of a search. With a truth,
    such as the same cells' accuracies after a long training, its rank correlation is given, too.

    Args:
        runs: earlier measurements, to be compared with each other; nothing is measured then.
        settings: what is measured.
        figure: a picture of rank correlations against seconds, where there is a truth.
        out: the folder of the results; a new one below runs/ where it is left out.
        resume: the folder of an earlier measurement to go on with. Only --seeds, --workers and
            --timeout may change.
        json: print the result as one JSON document.
    """

    runs: tyro.conf.Positional[tuple[Path, ...]] = ()
    settings: Annotated[RewardSettings, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=RewardSettings
    )
    figure: Path | None = None
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    resume: Path | None = None
    json: bool = False

    kind = REWARD
    prog = "nasnet reward-quality"

    def run(self) -> int:
        if not self.runs:
            return super().run()
        if self.resume is not None or self.out is not None:
            name = "out" if self.resume is None else "resume"
            text = f"{name} is {getattr(self, name)} beside runs to compare, expected one of both"
            raise ValueError(text)
        return self._compare([REWARD.open(path) for path in self.runs])

    def begin(self) -> RewardRun:
        from nasnet.experiments.rewards import measuring

        return measuring.begin(self.settings, self.out)

    def work(self, run: RewardRun) -> bool:
        from nasnet.experiments.rewards import measuring

        return measuring.measure(run)

    def report(self, run: RewardRun, result: bool | None) -> int:
        from nasnet.experiments.console.lines import stdout
        from nasnet.experiments.rewards import measuring, report

        measured, evaluator = measuring.read(run), run.settings.evaluator
        rows = self._rows(run)
        report.write(run.path, measured, rows, evaluator)
        self._say(rows)
        if not self.json:
            written = "reward.json, cells.csv"
            stdout().print(f"results are in {run.path}: {written}", soft_wrap=True)
        return OK

    def _compare(self, runs: list[RewardRun]) -> int:
        self._say([row for run in runs for row in self._rows(run)])
        return OK

    def _rows(self, run: RewardRun) -> "list[Quality]":
        from nasnet.experiments.rewards import measuring, report
        from nasnet.experiments.rewards.cells import read_truth

        text = self.settings.truth or run.settings.truth
        truth = None if text is None else read_truth(text)
        name = run.path.resolve().name
        return report.qualities(name, measuring.read(run), run.settings.evaluator, truth)

    def _say(self, rows: "list[Quality]") -> None:
        from nasnet.experiments.console.lines import print_json, stdout
        from nasnet.experiments.rewards import report

        if self.json:
            print_json(report.document(rows))
        elif rows:
            out = stdout()
            for table in report.summary_tables(rows):
                out.print(table)
            if len({row.reward for row in rows}) == 1:
                out.print(report.luck(rows), soft_wrap=True)
        if self.figure is not None:
            report.draw(rows, self.figure, f"{len(rows)} scores of {rows[0].cells} cells")
