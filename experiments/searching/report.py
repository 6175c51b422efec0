"""What a search has found: tables for people, one JSON document for programs."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nasnet.cells import Genotype, Macro
from nasnet.cells.spaces.nasbench201 import EDGES, NASBench201Cell
from nasnet.experiments.console.lines import command, duration, millions, print_json, prose, stdout
from nasnet.experiments.runs.run import Run
from nasnet.experiments.searching.settings import TRIALS, SearchSettings
from nasnet.experiments.searching.stored import record_place
from nasnet.runtime.checks import seconds_of
from nasnet.runtime.loading import is_spec, loaded_object
from nasnet.search.evaluators import EVALUATORS, TrainChild
from nasnet.search.reliability import lead_by_luck
from nasnet.search.stores import TrialStore
from nasnet.search.trial import Trial, best_trial
from nasnet.stacking.architectures import ImageArchitecture

if TYPE_CHECKING:
    from rich.table import Table

TOP = 5
ACCURACY = TrainChild.reward_name


def trial_json(trial: Trial) -> dict[str, Any]:
    """A trial as JSON values, the genotype as an object."""
    return {
        "trial": trial.number,
        "state": trial.state,
        "origin": trial.origin,
        "reward": trial.reward,
        "parameters": trial.metrics.get("parameters"),
        "mult_adds": trial.metrics.get("mult_adds"),
        "seconds": round(trial.seconds, 3),
        "attempt": trial.attempt,
        "reused_from": trial.reused_from,
        "error": trial.error,
        "key": trial.key,
        "genotype": json.loads(trial.genotype),
    }


def search_summary(run: Run[Any], trials: list[Trial]) -> dict[str, Any]:
    """Where a search stands, as JSON values."""
    settings = run.recorded
    done = sum(trial.done and not trial.imported for trial in trials)
    bound, limit = _limits(settings)
    seconds = read_seconds(run)
    counts = Counter(trial.state for trial in trials)
    best = best_trial(trials)
    return {
        "run": run.called,
        "source": run.source,
        "controller": settings["controller"],
        "seed": settings["seed"],
        "trials": bound,
        "time_limit": limit,
        "done": done,
        "seconds": round(seconds, 3),
        "seconds_left": None if limit is None else max(0.0, limit - seconds),
        "running": run.working,
        "over": (bound is not None and done >= bound) or (limit is not None and seconds >= limit),
        "states": dict(sorted(counts.items())),
        "imported": sum(trial.imported for trial in trials),
        "reused": sum(trial.reused_from is not None for trial in trials),
        "child_seconds": round(sum(trial.seconds for trial in trials), 1),
        "best": None if best is None else trial_json(best),
    }


def _limits(settings: Mapping[str, Any]) -> tuple[int | None, float | None]:
    """What ends a search: how many children there are in all, and how many seconds."""
    limit = seconds_of(settings.get("minutes"), settings.get("hours"))
    trials = settings.get("trials")
    return (TRIALS if trials is None and limit is None else trials), limit


def read_seconds(run: Run[Any]) -> float:
    """The wall time that a search has run, in all its sessions."""
    with TrialStore(record_place(run), create=False) as store:
        return store.seconds()


def top(trials: list[Trial], count: int) -> list[Trial]:
    """The best trials, one for each network, best first."""
    complete = [t for t in trials if t.state == "complete" and t.reused_from is None]
    return sorted(complete, key=lambda t: (-(t.reward or 0.0), t.number))[:count]


def reward_name(settings: Mapping[str, Any]) -> str:
    """What the rewards of a search are, for tables and figures.

    Args:
        settings: as JSON values. No file is run for an evaluator that stands in one.
    """
    if settings.get("limits", {}).get("latency_ms") is not None:
        return "reward"
    name = settings.get("evaluator", "child")
    evaluator = loaded_object(name) if is_spec(name) else EVALUATORS[name]
    return "reward" if evaluator is None else evaluator.reward_name


def top_table(run: Run[SearchSettings], trials: list[Trial], count: int = TOP) -> "Table":
    """The best trials as a table."""
    from rich.table import Table

    reward = reward_name(run.recorded)
    accuracy = ("validation accuracy",) if reward == "reward" else ()
    best = top(trials, count)
    table = Table(title="best cell" if len(best) == 1 else f"best {len(best)} cells")
    for name in ("trial", reward, *accuracy, "parameters", "mult-adds", "seconds"):
        table.add_column(name, justify="right")
    for trial in best:
        table.add_row(
            f"{trial.number}{trial.origin and f' ({trial.origin})'}",
            f"{trial.reward:.4f}",
            *(f"{trial.metrics['val_accuracy']:.4f}" for _ in accuracy),
            f"{trial.metrics.get('parameters', 0):,}",
            millions(trial.metrics.get("mult_adds", 0)),
            f"{trial.seconds:.1f}",
        )
    return table


def lead(run: Run[SearchSettings], trials: list[Trial]) -> str:
    """A sentence on how far the best cell's lead over the second is luck; empty without both."""
    best = top(trials, 2)
    labels = run.data / "y_val.npy"
    if len(best) < 2 or reward_name(run.recorded) != ACCURACY or not labels.is_file():
        return ""
    count = len(np.load(labels, mmap_mode="r", allow_pickle=False))
    first, second = (trial.reward or 0.0 for trial in best)
    reach = lead_by_luck(count, first, second)
    says = "may be luck" if first - second <= reach else "is more than that"
    return (
        f"the best leads the second by {first - second:.4f}; two equal cells differ by up to "
        f"{reach:.4f} by their {count:,} validation images alone (95 %), so this {says}"
    )


def describe(architecture: ImageArchitecture) -> "Table":
    """An architecture's blocks or layers as a table."""
    if isinstance(architecture, Genotype):
        return _describe_cells(architecture)
    from rich.table import Table

    table = Table()
    for name in ("layer", "what", "reads"):
        table.add_column(name)
    if isinstance(architecture, Macro):
        for i, (what, skips) in enumerate(
            zip(architecture.operations, architecture.skips, strict=True)
        ):
            table.add_row(str(i), what, ", ".join(map(str, (i, *reversed(skips)))))
        table.caption = "output 0 is the stem's, 1 + i that of layer i"
        return table
    if isinstance(architecture, NASBench201Cell):
        for (tail, head), what in zip(EDGES, architecture.operations, strict=True):
            table.add_row(str(head), what, str(tail))
        table.caption = "node 0 is the input, node 3 the output; a node is the sum of its rows"
        return table
    pairs = zip(architecture.layers, architecture.inputs, strict=True)
    for i, (layer, read) in enumerate(pairs):
        reads = ", ".join(map(str, read)) or "image"
        table.add_row(str(i), f"{layer.name.lower()} {layer.detail}", reads)
    ends = ", ".join(map(str, architecture.loose_ends)) or "image"
    table.caption = f"the classifier reads {ends} ({architecture.head})"
    return table


def _describe_cells(genotype: Genotype) -> "Table":
    from rich.table import Table

    table = Table()
    for name in ("cell", "state", "first", "second", "combine"):
        table.add_column(name)
    for name, cell in (("normal", genotype.normal), ("reduction", genotype.reduction)):
        for i, block in enumerate(cell.blocks):
            (a, op_a), (b, op_b) = block.edges
            operands = (f"{op_a} of {a}", f"{op_b} of {b}")
            emitted = " *" if 2 + i in cell.concat else ""
            table.add_row(name if i == 0 else "", f"{2 + i}{emitted}", *operands, block.combine)
        table.add_section()
    table.caption = "0: cell before last, 1: last cell, *: emitted"
    return table


def print_search(run: Run[SearchSettings], trials: list[Trial], *, as_json: bool) -> None:
    """The end of a search: its best cells, where everything is, and what to type next."""
    if as_json:
        print_json(search_summary(run, trials))
        return
    out = stdout()
    summary = search_summary(run, trials)
    states = ", ".join(f"{count} {state}" for state, count in summary["states"].items())
    work = duration(summary["child_seconds"])
    prose(out, f"children: {states}; {summary['reused']} reused; {work} of work")
    if summary["best"] is None:
        prose(out, f"results are in {run.path}; no child has finished with a result yet")
        return
    out.print(top_table(run, trials))
    if found := lead(run, trials):
        prose(out, found)
    prose(out, f"results are in {run.path}: best.json, best.svg, best.png, search.png")
    out.print(f"next: {command('train', run.path)}", soft_wrap=True)
