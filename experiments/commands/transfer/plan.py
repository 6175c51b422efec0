"""`nasnet transfer plan`: the networks of a cell that use up what they may cost."""

import dataclasses
import shlex
from typing import TYPE_CHECKING, Any

import tyro

from nasnet.cells import Family, Genotype, Limits
from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import millions, print_json, say, stdout
from nasnet.experiments.errors import OK
from nasnet.experiments.searching.cell_argument import resolve_cell
from nasnet.experiments.transfer.settings import preset_settings
from nasnet.stacking.latency import latency, latency_text
from nasnet.stacking.network import CellFrame, CellNetwork
from nasnet.stacking.plan import Stack, StemName
from nasnet.transfer.quantities import parse_count, parse_milliseconds
from nasnet.transfer.scaling import STEP, Candidate, base_plan, parse_plan, plan_text, scale

if TYPE_CHECKING:
    from rich.table import Table


@dataclasses.dataclass(frozen=True)
class TransferPlanCommand(Command):
    """Choose N and F of a cell's ImageNet network for what it may cost.

    Every N gets the widest network within all of the limits; counts are in closed form. What a plan
    has besides N and F is that of the cell's published ImageNet network, where there is one.

    Args:
        cell: a zoo name, a genotype's JSON file, or a run directory (its best cell).
        mult_adds: the most multiply-adds of one image, such as 600M or 23.8G.
        params: the most trainable parameters, such as 5.3M.
        latency: the longest time of one image on this machine, such as 40ms, as the median of the
            calls. Imports TensorFlow and builds some twenty networks: give the others as well, and
            fewer repeats.
        size: height and width of the images in pixels.
        classes: number of classes.
        stem: imagenet strides one convolution and puts two Reduction cells behind it;
            darts-imagenet has three strided convolutions; cifar is one convolution.
        stem_filters: channels of the stem's last convolution.
        skip_reduction_input: the first cell behind a reduction takes the older input that the
            reduction took, as in the paper's large network.
        conventions: the family whose habits the network has.
        repeats: the least and the greatest N; the published networks have 3 to 7.
        step: F is a multiple of it; 4, as in the paper, keeps the stem's F/4 whole.
        top: how many networks are shown, those first that use most of the limits.
        runs: how many calls are measured for a latency.
        trial: which trial of the run directory.
        json: print one JSON document, a list.
    """

    cell: tyro.conf.Positional[str]
    mult_adds: str | None = None
    params: str | None = None
    latency: str | None = None
    size: int = 224
    classes: int = 1000
    stem: StemName | None = None
    stem_filters: int | None = None
    skip_reduction_input: bool = False
    conventions: Family | None = None
    repeats: tuple[int, int] = (3, 8)
    step: int = STEP
    top: int = 6
    runs: int = 20
    trial: int | None = None
    json: bool = False

    def run(self) -> int:
        if self.top < 1:
            raise ValueError(f"top is {self.top}, expected at least 1")
        limits = self._limits()
        name, genotype = resolve_cell(self.cell, self.trial)
        frame = CellFrame(self._base(genotype), (self.size, self.size, 3), self.classes)

        measured: dict[Stack, dict[str, Any]] = {}

        def measure(network: CellNetwork) -> float:
            stack = network.stack
            measured[stack] = latency(network, self.runs)
            say(f"measured {plan_text(stack, genotype)}: {latency_text(measured[stack])}")
            return measured[stack]["median_ms"]

        found = scale(
            genotype, limits, frame, repeats=self.repeats, step=self.step, latency=measure
        )[: self.top]
        if self.json:
            print_json([self._row(c, genotype, measured.get(c.stack)) for c in found])
            return OK
        out = stdout()
        out.print(self._table(name, found, measured))
        out.print(f"next: {self._next(found[0], genotype)}", soft_wrap=True)
        return OK

    def _limits(self) -> Limits:
        if self.mult_adds is None and self.params is None and self.latency is None:
            raise ValueError("limits are empty, expected --mult-adds, --params or --latency")
        return Limits(
            None if self.params is None else parse_count(self.params, "params"),
            None if self.mult_adds is None else parse_count(self.mult_adds, "mult-adds"),
            None if self.latency is None else parse_milliseconds(self.latency, "latency"),
        )

    def _base(self, genotype: Genotype) -> Stack:
        given = {name: getattr(self, name) for name in ("stem", "stem_filters", "conventions")}
        given = {name: value for name, value in given.items() if value is not None}
        if self.skip_reduction_input:
            given["skip_reduction_input"] = True
        return dataclasses.replace(base_plan(genotype), **given)

    def _row(
        self, candidate: Candidate, genotype: Genotype, measured: dict[str, Any] | None
    ) -> dict[str, Any]:
        return {
            **dataclasses.asdict(candidate),
            "latency": measured,
            "input_shape": (self.size, self.size, 3),
            "classes": self.classes,
            "next": self._next(candidate, genotype),
        }

    def _table(
        self, name: str, found: list[Candidate], measured: dict[Stack, dict[str, Any]]
    ) -> "Table":
        from rich.table import Table

        limits = {"mult-adds": self.mult_adds, "parameters": self.params, "latency": self.latency}
        given = ", ".join(f"{text} {what}" for what, text in limits.items() if text is not None)
        table = Table(title=f"{name} within {given}; {self.classes} classes")
        columns = ["N @ P", "F", "parameters", "mult-adds", "of the limit", "size"]
        if self.latency is not None:
            columns.insert(4, "latency\np10-p90")
        for column in columns:
            table.add_column(column, justify="right")
        for candidate in found:
            repeats, penultimate = candidate.plan.split("@")
            cells = [
                f"{repeats} @ {penultimate}",
                str(candidate.stack.filters),
                f"{candidate.parameters / 1e6:,.2f}M",
                millions(candidate.mult_adds),
                f"{candidate.share:.1%}",
                f"{self.size} x {self.size}",
            ]
            if self.latency is not None:
                calls = measured[candidate.stack]
                spread = f"{calls['p10_ms']:.1f}-{calls['p90_ms']:.1f}"
                cells.insert(4, f"{candidate.latency_ms:.1f} ms\n{spread}")
            table.add_row(*cells)
        return table

    def _next(self, candidate: Candidate, genotype: Genotype) -> str:
        """The command that trains the network."""
        words = ["nasnet", "transfer", "train", self.cell, "--plan", candidate.plan]
        words += ["--size", str(self.size)]
        if self.trial is not None:
            words += ["--trial", str(self.trial)]
        return f"{shlex.join(words + _stack_flags(candidate, genotype))} --data DIR"


def _stack_flags(candidate: Candidate, genotype: Genotype) -> list[str]:
    """What `nasnet transfer train` must be told besides --plan; nothing for the cell's own plan."""
    stack = candidate.stack
    if stack == parse_plan(candidate.plan, genotype):
        return []
    start = preset_settings("mobile").stack
    words = []
    for name in ("stem", "conventions"):
        if getattr(stack, name) != getattr(start, name):
            words += [f"--stack.{name}", getattr(stack, name)]
    if stack.stem_width != start.stem_width:
        words += ["--stack.stem-filters", str(stack.stem_width)]
    if stack.skip_reduction_input:
        words.append("--stack.skip-reduction-input")
    if not stack.extra_reductions:
        words.append("--stack.no-extra-reductions")
    return words
