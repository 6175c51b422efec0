"""What a search has found: tables for people, one JSON document for programs."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nasnet.cells import Genotype
from nasnet.experiments.console.lines import command, duration, millions, print_json, stdout
from nasnet.experiments.runs.run import Run
from nasnet.experiments.searching.settings import TRIALS, SearchSettings
from nasnet.runtime.checks import seconds_of
from nasnet.runtime.loading import is_spec, loaded_object
from nasnet.search.evaluators import EVALUATORS
from nasnet.search.stores import TrialStore
from nasnet.search.trial import Trial, best_trial

if TYPE_CHECKING:
    from rich.table import Table

TOP = 5


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
        "run": str(run.path),
        "source": run.source,
        "controller": settings["controller"],
        "seed": settings["seed"],
        "trials": bound,
        "time_limit": limit,
        "done": done,
        "seconds": round(seconds, 3),
        "seconds_left": None if limit is None else max(0.0, limit - seconds),
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
    with TrialStore(run.store, create=False) as store:
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
    table = Table(title=f"best {min(count, len(top(trials, count)))} cells")
    for name in ("trial", reward, *accuracy, "parameters", "mult-adds", "seconds"):
        table.add_column(name, justify="right")
    for trial in top(trials, count):
        table.add_row(
            f"{trial.number}{trial.origin and f' ({trial.origin})'}",
            f"{trial.reward:.4f}",
            *(f"{trial.metrics['val_accuracy']:.4f}" for _ in accuracy),
            f"{trial.metrics.get('parameters', 0):,}",
            millions(trial.metrics.get("mult_adds", 0)),
            f"{trial.seconds:.1f}",
        )
    return table


def describe(genotype: Genotype) -> "Table":
    """A genotype's blocks as a table."""
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
    out.print(f"{states}; {summary['reused']} reused; {duration(summary['child_seconds'])} of work")
    if summary["best"] is None:
        out.print(f"results are in {run.path}; no child has finished with a result yet")
        return
    out.print(top_table(run, trials))
    out.print(
        f"results are in {run.path}: best.json, best.svg, best.png, search.png\n"
        f"next: {command('train', run.path)}",
        soft_wrap=True,
    )
