"""A comparison by real searches."""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nasnet.experiments.compare.comparison import PlannedRun, planned, runs_folder
from nasnet.experiments.compare.report import Report, make_report
from nasnet.experiments.compare.settings import CompareSettings, Comparison
from nasnet.experiments.console.lines import duration, say
from nasnet.experiments.runs.run import clear_unmade
from nasnet.experiments.searching import driver
from nasnet.experiments.searching.cell_argument import read_trials
from nasnet.experiments.searching.report import read_seconds, reward_name
from nasnet.experiments.searching.settings import SEARCH, SearchSettings
from nasnet.search.trial import Trial


def run_all(comparison: Comparison) -> bool:
    """Makes or ends the searches that are missing; False where Ctrl-C came first.

    Raises:
        ValueError: the settings or the data cannot be used, or a search had other settings.
    """
    settings = comparison.settings
    runs = list(planned(settings))
    if settings.seconds is not None:
        each, all_of_it = duration(settings.seconds), duration(len(runs) * settings.seconds)
        say(f"{len(runs)} searches of {each} each, {all_of_it} in all")
    for i, run in enumerate(runs):
        wanted, path = search_settings(settings, run), runs_folder(comparison) / run.name
        clear_unmade(path)
        if finished(path, settings.evaluations, settings.seconds):
            continue
        say(f"search {i + 1} of {len(runs)}: {run.name}")
        search = SEARCH.reopen(path, wanted) if path.is_dir() else driver.begin(wanted, path)
        if not driver.run_search(search):
            return False
    return True


def search_settings(settings: CompareSettings, run: PlannedRun) -> SearchSettings:
    """The settings of one search of the comparison."""
    return dataclasses.replace(
        settings.search,
        data=settings.data,
        trials=settings.evaluations,
        minutes=settings.minutes,
        hours=settings.hours,
        controller=settings.chosen[run.controller].text,
        seed=run.seed,
    )


def finished(path: Path, trials: int | None, seconds: float | None = None) -> bool:
    """Whether a search is there and has ended, by its trials or its time."""
    done = sum(not trial.imported for trial in ended(path))
    enough = trials is not None and done >= trials
    return enough or (
        seconds is not None and done > 0 and read_seconds(SEARCH.open(path)) >= seconds
    )


def ended(path: Path) -> list[Trial]:
    """The trials of a search that have ended; none where there is no such search."""
    if not (path / "config.json").is_file():
        return []
    return [trial for trial in read_trials(SEARCH.open(path)) if trial.done]


def search_report(comparison: Comparison) -> Report:
    """The report on the searches that have ended: the reward of the best so far."""
    settings = comparison.settings
    found: dict[str, list[np.ndarray]] = {}
    seconds: dict[str, list[float]] = {}
    for run in planned(settings):
        path = runs_folder(comparison) / run.name
        if finished(path, settings.evaluations, settings.seconds):
            trials = [trial for trial in ended(path) if not trial.imported][: settings.evaluations]
            rewards = [trial.reward if trial.state == "complete" else -math.inf for trial in trials]
            known = [trial.reward or 0.0 for trial in ended(path) if trial.imported]
            curve = np.maximum(_running_best(rewards), max(known, default=-math.inf))
            if settings.seconds is not None:
                curve = by_time(curve, [trial.seconds for trial in trials], settings.length)
            found.setdefault(run.controller, []).append(curve)
            seconds.setdefault(run.controller, []).append(sum(trial.seconds for trial in trials))
    return make_report(reward_name(dataclasses.asdict(settings.search)), found, seconds, comparison)


def by_time(curve: np.ndarray, seconds: Sequence[float], points: int) -> np.ndarray:
    """A curve of values behind each trial, [T], as one of equal parts of the time, [points].

    Args:
        curve: the values.
        seconds: that each trial took, [T].
        points: behind which the value is wanted.
    """
    ends = np.cumsum(seconds)
    shares = ends[-1] * np.arange(1, points + 1) / points
    ended = np.searchsorted(ends, shares * (1 + 1e-9), side="right")
    return curve[np.maximum(ended, 1) - 1]


def _running_best(rewards: Sequence[float | None]) -> np.ndarray:
    """The best so far; before the first child that did not fail, the worst of those that did not.

    Args:
        rewards: of any size and sign, [T]; minus infinity for a child that failed.
    """
    values = np.array(rewards, np.float64)
    worst = values[np.isfinite(values)].min(initial=np.inf)
    return np.maximum.accumulate(np.maximum(values, worst if np.isfinite(worst) else 0.0))
