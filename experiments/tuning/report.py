"""What a tuning has found: tables for people, JSON values for programs."""

from typing import TYPE_CHECKING, Any

from nasnet.cells.spaces.hyper import Configuration, HyperSpace
from nasnet.experiments.console.lines import command, duration, print_json, prose, stdout
from nasnet.experiments.searching.report import TOP, search_summary, top, trial_json
from nasnet.experiments.tuning.settings import TuneRun
from nasnet.search.trial import Trial

if TYPE_CHECKING:
    from rich.table import Table


def space_table(space: HyperSpace) -> "Table":
    """Every hyper-parameter, when it is there, and how many configurations there are."""
    from rich.table import Table

    table = Table(title=size_text(space), title_justify="left")
    for name in ("hyper-parameter", "kind", "values", "tried", "only when"):
        table.add_column(name, justify="right" if name == "tried" else "left")
    for i, (item, values) in enumerate(zip(space.items, space.values, strict=True)):
        parameter = item.parameter
        row = (parameter.name, parameter.kind, parameter.text(), str(len(values)))
        table.add_row(*row, space.condition(i))
    return table


def size_text(space: HyperSpace) -> str:
    """The size of a space in words."""
    items, count = len(space.items), f"{space.size():,}"
    ranges = [i.parameter.name for i in space.items if i.parameter.kind == "Float"]
    sampled = f" (of {', '.join(ranges)} some values)" if ranges else ""
    return f"{items} hyper-parameters, {count} configurations{sampled}"


def objective(run: TuneRun) -> tuple[str, int]:
    """What counts, and 1 where more of it is better, else -1."""
    fit = run.settings.fit
    return fit.metric, fit.sign


def hyperparameters(trial: Trial) -> dict[str, Any]:
    """A trial's values by name."""
    return dict(Configuration.from_json(trial.genotype).values)


def tuned_json(run: TuneRun, trial: Trial) -> dict[str, Any]:
    """A trial as JSON values."""
    name, sign = objective(run)
    values = trial_json(trial)
    del values["genotype"], values["mult_adds"]
    found = {"objective": name, "value": None if trial.reward is None else sign * trial.reward}
    more = {key: trial.metrics.get(key) for key in ("best_epoch", "unknown")}
    return {**values, **found, **more, "hyperparameters": hyperparameters(trial)}


def tuning_summary(run: TuneRun, trials: list[Trial]) -> dict[str, Any]:
    """Where a tuning stands, as JSON values."""
    summary = search_summary(run, trials)
    if summary["best"] is not None:
        summary["best"] = tuned_json(run, trials[summary["best"]["trial"]])
    return summary


def tuned_table(run: TuneRun, trials: list[Trial], count: int = TOP) -> "Table":
    """The best trials with their values; those that failed or were stopped are none of them."""
    from rich.table import Table

    name, sign = objective(run)
    best = top(trials, count)
    table = Table(title="best model" if len(best) == 1 else f"best {len(best)} models")
    for column in ("trial", name, "epoch", "parameters", "seconds"):
        table.add_column(column, justify="right")
    table.add_column("hyper-parameters")
    for trial in best:
        values = ", ".join(f"{key} {short(value)}" for key, value in hyperparameters(trial).items())
        table.add_row(
            str(trial.number),
            f"{sign * (trial.reward or 0.0):.4f}",
            str(trial.metrics["best_epoch"]),
            f"{trial.metrics['parameters']:,}",
            f"{trial.seconds:.1f}",
            values,
        )
    return table


def print_tuning(run: TuneRun, trials: list[Trial], *, as_json: bool) -> None:
    """The end of a tuning: its best models, where everything is, and what to type next."""
    summary = tuning_summary(run, trials)
    if as_json:
        print_json(summary)
        return
    out = stdout()
    states = ", ".join(f"{count} {state}" for state, count in summary["states"].items())
    work = duration(summary["child_seconds"])
    prose(out, f"models: {states}; {summary['reused']} reused; {work} of work")
    for line in unknown_lines(trials):
        prose(out, line)
    if summary["best"] is None:
        prose(out, f"results are in {run.path}; no model has finished with a result yet")
        return
    out.print(tuned_table(run, trials))
    prose(out, f"results are in {run.path}: best.json, best.keras, search.png")
    out.print(f"next: {command('retrain', run.path)}", soft_wrap=True)


def unknown_lines(trials: list[Trial]) -> list[str]:
    """A line for each hyper-parameter that the function asked for and the space does not have."""
    asked: dict[str, list[Trial]] = {}
    for trial in trials:
        for name in trial.metrics.get("unknown", {}):
            asked.setdefault(name, []).append(trial)
    return [
        f"{name} was asked for by trial {found[0].number} and is not in the space: its default, "
        f"{found[0].metrics['unknown'][name]}, was taken {len(found)} times"
        for name, found in asked.items()
    ]


def draw_results(run: TuneRun, trials: list[Trial]) -> None:
    """Draws the curve of the search into the run directory."""
    from nasnet import viz

    name, sign = objective(run)
    ended = [trial for trial in trials if trial.done]
    if ended:
        rewards = [None if trial.failed else trial.reward for trial in ended]
        label = name if sign > 0 else f"-{name}"
        figure = viz.search_figure(rewards, title=run.path.name, label=label)
        viz.save_figure(figure, run.path / "search.png")


def short(value: Any) -> str:
    """A hyper-parameter's value for a table."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
