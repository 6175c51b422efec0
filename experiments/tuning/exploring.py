"""The space of a model-building function, found when a tuning begins, checked when it goes on."""

import itertools

import numpy as np

from nasnet.cells.spaces.hyper import Configuration, HyperParameters, HyperSpace, explore
from nasnet.experiments.console.bar import Bar
from nasnet.experiments.tuning.settings import SPACE, TuneRun, TuneSettings
from nasnet.runtime.errors import one_line
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.evaluators.keras_training import Splits, Training, load_builder
from nasnet.stacking.recipe import Diverged

_CLEAR_EVERY = 50  # builds, after which Keras forgets them
_BUILDS, _TRAININGS = 20, 3  # of random models, until one can be trained


def find_space(settings: TuneSettings) -> HyperSpace:
    """What the function asks for, found by running it.

    Raises:
        ValueError: there is no such function, or it has no space.
    """
    if not settings.model:
        raise ValueError("model is left out, expected file.py:NAME of a function")
    import_tensorflow()
    import keras

    build, numbers = load_builder(settings.model), itertools.count(1)
    with Bar("space", unit="builds", every=10.0) as bar:

        def counted(hp: HyperParameters) -> None:
            if (number := next(numbers)) % _CLEAR_EVERY == 0:
                keras.utils.clear_session()
            build(hp)
            bar.update(number)

        try:
            return explore(counted, settings.points)
        except ValueError as error:
            raise ValueError(f"model {settings.model}: {error}") from None


def check_same_space(run: TuneRun, settings: TuneSettings) -> None:
    """Refuses to go on with a function that asks for something else by now.

    Raises:
        ValueError: it does.
    """
    lines = itertools.zip_longest(_lines(read_space(run)), _lines(find_space(settings)))
    for before, now in lines:
        if before != now:
            raise ValueError(
                f"space of {settings.model} has changed, expected that of {run.path}: "
                f"{before or 'nothing'} in the run, {now or 'nothing'} now"
            )


def read_space(run: TuneRun) -> HyperSpace:
    """The space of a run, which needs no TensorFlow.

    Raises:
        ValueError: the file is not one.
    """
    path = run.path / SPACE
    try:
        return HyperSpace.from_json(path.read_text())
    except (ValueError, OSError) as error:
        raise ValueError(f"{path} cannot be read: {one_line(error)}") from None


def check_first_step(settings: TuneSettings, space: HyperSpace, splits: Splits) -> None:
    """Trains a model on one batch, so that what fits no model is said before anything is written.

    Raises:
        ValueError: some random models cannot be built, or not be trained on these data.
    """
    few = Splits(
        *(
            (x[: settings.fit.batch_size], y[: settings.fit.batch_size])
            for x, y in (splits.train, splits.val)
        )
    )
    rng, last, left = np.random.default_rng(settings.seed), "", _TRAININGS
    for _ in range(_BUILDS):
        configuration = space.decode(space.sample(rng))
        try:
            training = Training(settings.model, settings.fit, configuration, seed=0)
            left -= 1
            training.run(few, 1)
            return
        except Diverged:
            return
        except Exception as error:  # whatever a user's model does
            last = f"{_values(configuration)}: {type(error).__name__}: {one_line(error)}"
        if not left:
            break
    raise ValueError(
        f"random models of {settings.model} cannot be trained on a batch of the data, the last one "
        f"with {last}"
    )


def _values(configuration: Configuration) -> str:
    return ", ".join(f"{name} {value}" for name, value in configuration.values)


def _lines(space: HyperSpace) -> list[str]:
    """A space in words, one line an item."""
    lines = []
    for i, item in enumerate(space.items):
        condition = space.condition(i)
        when = f" when {condition}" if condition else ""
        lines.append(f"{item.parameter.name} ({item.parameter.text()}){when}")
    return lines
