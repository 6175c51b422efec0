"""What pages say of trials: their course, failures, who worked when, what was proposed."""

import dataclasses
import functools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from nasnet.cells import Genotype, Layers
from nasnet.cells.genotype import NUM_INPUTS
from nasnet.experiments.console.lines import duration, millions
from nasnet.search.trial import Trial
from nasnet.stacking.architectures import read_architecture
from nasnet.viz.page import Part, Row, Section, Table, Text
from nasnet.viz.page.charts import course_chart
from nasnet.viz.page.history import Work, entropy_chart, lanes, shares_chart, timeline_chart
from nasnet.viz.page.traces import Dot

_MOST = 30  # rows of a heat map
_LETTERS = 300  # of a reason
_NUMBERS = re.compile(r"[\d.,]+")
_STATES = ("cell before last", "last cell")


@dataclasses.dataclass(frozen=True, slots=True)
class Worth:
    """What the trials of a run are worth.

    Attributes:
        name: of the value.
        sign: 1 where the value is the reward, -1 where it is minus the reward.
    """

    name: str
    sign: int = 1

    def of(self, trial: Trial) -> float | None:
        """A trial's value; None where it has none."""
        return None if trial.failed or trial.reward is None else self.sign * trial.reward

    def text(self, trial: Trial) -> str:
        """The value for a person."""
        value = self.of(trial)
        return "" if value is None else f"{value:.4f}"


def course(trials: Sequence[Trial], worth: Worth) -> Iterator[Part]:
    """The value of each trial that has ended."""
    dots = [
        Dot(trial.number, worth.of(trial), _group(trial), _lines(trial, worth))
        for trial in trials
        if trial.done
    ]
    if dots:
        yield course_chart(dots, worth.name, larger=worth.sign > 0)


def _group(trial: Trial) -> str:
    if trial.imported:
        return "taken over"
    return "reused" if trial.reused_from is not None else trial.state


def _lines(trial: Trial, worth: Worth) -> tuple[str, ...]:
    """What is said of a trial that is pointed at."""
    value = worth.of(trial)
    said = trial.state if value is None else f"{worth.name} {value:.4f}"
    found = [f"trial {trial.number}: {said}"]
    if trial.error:
        found.append(trial.error[:120])
    if trial.metrics.get("parameters") is not None:
        found.append(f"{trial.metrics['parameters']:,} parameters")
    if trial.metrics.get("mult_adds") is not None:
        found.append(f"{millions(trial.metrics['mult_adds'])} multiply-adds")
    if trial.reused_from is not None:
        found.append(f"the network of trial {trial.reused_from} again")
    return (*found, f"{trial.seconds:.1f} s", *filter(None, [trial.origin]))


def failures(trials: Sequence[Trial]) -> Section:
    """How many trials failed, and why; reasons that differ in numbers alone are one."""
    found: dict[tuple[str, str], list[Trial]] = {}
    for trial in trials:
        if trial.failed:
            found.setdefault((trial.state, _NUMBERS.sub("", trial.error)), []).append(trial)
    rows = []
    for (state, _), same in sorted(found.items(), key=lambda item: -len(item[1])):
        numbers = [str(trial.number) for trial in same]
        which = ", ".join(numbers[:10]) + (" ..." if len(numbers) > 10 else "")
        rows.append(Row((state, same[0].error[:_LETTERS], str(len(same)), which)))
    title = "Failures and their reasons"
    if not rows:
        return Section(title, (Text("No trial failed."),))
    return Section(
        title, (Table(("state", "reason of the first", "trials", "which"), tuple(rows)),)
    )


def timeline(trials: Sequence[Trial]) -> Section:
    """What was evaluated when; empty where that was not recorded."""
    works = []
    for trial in trials:
        for begin, end in trial.spans:
            lines = f"trial {trial.number}: {trial.state}", f"{end - begin:.1f} s"
            works.append(Work(begin, end, trial.state, lines))
    if not works:
        return Section("Workers", ())
    count = max(lanes(works)) + 1
    first, last = min(work.begin for work in works), max(work.end for work in works)
    busy = sum(work.end - work.begin for work in works) / (count * ((last - first) or 1.0))
    share = f"busy {100 * busy:.0f} % of {duration(last - first)}"
    text = (
        f"at most {count} at a time, {share}; pauses between the sessions of a search do not count"
    )
    return Section("Workers", (timeline_chart(works), Text(text)))


def proposed(
    trials: Sequence[Trial], read: Callable[[Trial], dict[str, list[str]]]
) -> Iterator[Part]:
    """A heat map for each group of what the proposals are made of.

    Args:
        trials: known cells among them, which nobody proposed, are left out.
        read: what a trial is made of, by group.
    """
    made = [read(trial) for trial in trials if not trial.origin]
    for group in dict.fromkeys(group for parts in made for group in parts):
        found = [parts.get(group, []) for parts in made]
        counts = Counter(name for names in found for name in names)
        rows = [name for name, _ in counts.most_common(_MOST)]
        if group == "inputs":  # they have an order of their own
            rows = [*_STATES, *sorted({*rows} - {*_STATES}, key=lambda name: int(name.split()[1]))]
        yield shares_chart(found, group, rows)


def parts_of(trial: Trial) -> dict[str, list[str]]:
    """The operations and inputs, or the layers, of a trial's architecture."""
    return _parts_of(trial.genotype)


@functools.lru_cache(maxsize=100_000)  # a page that is written again and again
def _parts_of(text: str) -> dict[str, list[str]]:
    found = read_architecture(text)
    if isinstance(found, Layers):
        return {
            "layers": [f"{layer.name.lower()} {layer.detail}".strip() for layer in found.layers]
        }
    if not isinstance(found, Genotype):
        return {"operations": list(found.operations)}
    edges = [
        edge
        for cell in (found.normal, found.reduction)
        for block in cell.blocks
        for edge in block.edges
    ]
    return {
        "operations": [operation for _, operation in edges],
        "inputs": [_state(state) for state, _ in edges],
    }


def _state(state: int) -> str:
    return _STATES[state] if state < NUM_INPUTS else f"block {state - NUM_INPUTS}"


def entropy(trials: Sequence[Trial], uniform: float | None) -> Iterator[Part]:
    """The entropy of the policy, where there is one."""
    known = [trial for trial in trials if trial.proposal.log_probs]
    if known:
        nats = [-sum(trial.proposal.log_probs) for trial in known]
        yield entropy_chart([trial.number for trial in known], nats, uniform=uniform)
        yield Text(
            "The mean of minus the log-probability estimates the policy's entropy: it falls as "
            "the policy comes to prefer some proposals."
        )
