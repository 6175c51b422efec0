"""KerasTuner's three steps in Python: a function, a search, the best of it."""

import dataclasses
import functools
import hashlib
import multiprocessing
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.cells.spaces.hyper import Configuration, HyperParameters
from nasnet.experiments.console.lines import stdout
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.searching.cell_argument import read_trials
from nasnet.experiments.searching.report import top
from nasnet.experiments.tuning import driver, exploring, models, report
from nasnet.experiments.tuning.settings import TUNING, TuneRun, TuneSettings
from nasnet.search.evaluators.keras_training import FitSettings, Splits, scaled
from nasnet.search.trial import Trial

Build = Callable[[HyperParameters], Any]
Arrays = tuple[Any, Any]


class Tuning:
    """A tuning that has run, or still runs elsewhere.

    Args:
        run: its run directory.

    Attributes:
        path: of the run directory.
    """

    def __init__(self, run: TuneRun) -> None:
        self._run, self.path = run, run.path

    @property
    def trials(self) -> list[Trial]:
        """All models so far, by number."""
        return read_trials(self._run)

    def search_space_summary(self) -> None:
        """Prints every hyper-parameter, when it is there, and how many configurations there are."""
        stdout().print(report.space_table(exploring.read_space(self._run)))

    def results_summary(self, count: int = 10) -> None:
        """Prints the best trials with their values."""
        stdout().print(report.tuned_table(self._run, self.trials, count))

    def best_hyperparameters(self, count: int = 1) -> list[HyperParameters]:
        """The values of the best trials, best first, as the function is given them."""
        return [
            HyperParameters(dict(Configuration.from_json(trial.genotype).values))
            for trial in top(self.trials, count)
        ]

    def best_models(self, count: int = 1) -> list[Any]:
        """The models of the best trials, best first: those that have the scores of these.

        Raises:
            NotFoundError: the weights of so many were not kept.
        """
        return [models.load_model(self._run, trial) for trial in top(self.trials, count)]

    def retrain(self, trial: int | None = None, epochs: int | None = None) -> Any:
        """A model trained anew on training and validation data together; `retrained.keras`.

        Args:
            trial: its number; the best one where it is None.
            epochs: of the training; where it is None as many as the trial took to its best.
        """
        return models.retrain(self._run, trial, epochs)[0]


def tune(
    build_model: Build | str,
    data: str | Arrays = "auto",
    validation_data: Arrays | None = None,
    *,
    out: str | Path | None = None,
    resume: str | Path | None = None,
    **settings: Any,
) -> Tuning:
    """Searches the hyper-parameters of a model.

    Models are trained in worker processes where these can load the function: it stands in a file,
    and in a script the call of `tune` stands below `if __name__ == "__main__"`. Else, as in a
    notebook, they are trained in this process, one at a time.

    Args:
        build_model: takes hyper-parameters and returns a compiled model, as for KerasTuner; or its
            name as file.py:NAME.
        data: as of `nasnet search`, or inputs and targets, [N, ...] each.
        validation_data: with inputs and targets, those to validate by.
        out: the run directory; a new one below runs/ where it is left out.
        resume: the run directory of a tuning to go on with, in place of `out`.
        **settings: fields of `TuneSettings` and `FitSettings`; `budget` may be its kind alone.

    Raises:
        ValueError: a setting, the function or the data cannot be used.
        RuntimeError: a worker process called it.
    """
    if multiprocessing.parent_process() is not None:
        raise RuntimeError(
            "tune was called by a worker process that loads its script, expected the call below "
            'if __name__ == "__main__"'
        )
    spec = build_model if isinstance(build_model, str) else function_name(build_model)
    if resume is not None:
        if out is not None:
            raise ValueError(f"out is {out} beside resume, expected one of the two")
        before = TUNING.open(Path(resume)).settings
        run = driver.reopen(Path(resume), changed(before, {"model": spec, **settings}))
    else:
        whole = changed(TuneSettings(), {"model": spec, **settings})
        examples = None
        if isinstance(data, str):
            whole = dataclasses.replace(whole, data=data)
        else:
            examples = of_arrays(data, validation_data, whole)
            whole = dataclasses.replace(whole, data="auto")
        run = driver.begin(whole, None if out is None else Path(out), examples)
    driver.run_tuning(run)
    return Tuning(run)


def open_tuning(path: str | Path) -> Tuning:
    """A tuning that has run before.

    Raises:
        NotFoundError: there is none.
    """
    return Tuning(TUNING.open(Path(path)))


def changed(settings: TuneSettings, values: dict[str, Any]) -> TuneSettings:
    """Settings with other values, those of the training among them.

    Raises:
        ValueError: there is no such setting, or a value is out of range.
    """
    own = {field.name for field in dataclasses.fields(TuneSettings)}
    fit = {field.name for field in dataclasses.fields(FitSettings)}
    for name in values:
        if name not in own | fit:
            known = ", ".join(sorted((own | fit) - {"fit", "model"}))
            raise ValueError(f"setting is {name!r}, expected one of: {known}")
    budget: Any = values.get("budget")
    if isinstance(budget, str):
        kind: Any = budget
        values = {**values, "budget": dataclasses.replace(settings.budget, kind=kind)}
    training = {name: value for name, value in values.items() if name in fit}
    return dataclasses.replace(
        settings,
        fit=dataclasses.replace(settings.fit, **training),
        **{name: value for name, value in values.items() if name in own},
    )


def function_name(build: Build) -> str:
    """The name under which processes load a function: that of its file, or its module's.

    Raises:
        ValueError: it has none: it stands in another function.
    """
    name, module = getattr(build, "__qualname__", ""), sys.modules.get(build.__module__)
    if not name.isidentifier() or getattr(module, name, None) is not build:
        raise ValueError(f"build_model is {build!r:.80}, expected a function of a module")
    path = getattr(module, "__file__", None)
    if build.__module__ != "__main__":
        return f"{build.__module__}:{name}" if "." in build.__module__ else f"{path}:{name}"
    # A script that is guarded can be loaded again; one that is not would call `tune` again.
    guarded = path is not None and "__name__" in Path(path).read_text()
    return f"{path}:{name}" if guarded else f"__main__:{name}"


def of_arrays(data: Arrays, validation: Arrays | None, settings: TuneSettings) -> driver.Examples:
    """Inputs and targets that were given in Python.

    Raises:
        ValueError: there is nothing to validate by, or inputs are not as many as targets.
    """
    if validation is None:
        raise ValueError("validation_data is None beside arrays, expected inputs and targets")
    arrays: dict[str, np.ndarray] = {}
    for split, pair in (("train", data), ("val", validation)):
        x, y = (np.asarray(array) for array in pair)
        if len(x) != len(y) or not len(x):
            raise ValueError(f"{split} has {len(x)} inputs and {len(y)} targets, expected as many")
        arrays |= {f"x_{split}": x, f"y_{split}": y}
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name}{array.shape}{array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).data)
    shape = " x ".join(map(str, arrays["x_train"].shape[1:]))
    counts = f"{len(arrays['x_train']):,} train + {len(arrays['x_val']):,} val examples"
    source = f"arrays given in Python: {shape}, {counts}"
    few, pixels = settings.fit.batch_size, settings.fit.pixels
    splits = Splits(
        *(
            (scaled(arrays[f"x_{split}"][:few], pixels), arrays[f"y_{split}"][:few])
            for split in ("train", "val")
        )
    )
    facts = DataFacts("arrays", source, (), digest.hexdigest(), (source,))
    return driver.Examples(splits, facts, functools.partial(_write, arrays))


def _write(arrays: dict[str, np.ndarray], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
