"""A search seen in Optuna's dashboards: its trials, written into a study of that name."""

import datetime
import logging
import time
from collections.abc import Sequence
from typing import Any

from nasnet.cells import SearchSpace
from nasnet.runtime.errors import one_line
from nasnet.search.trial import Trial

_BATCH_SECONDS = 2.0
_log = logging.getLogger(__name__)
_SHOWN = 200  # characters of an error


class OptunaMirror:
    """Writes trials that have ended into a study; what is there already is not written again.

    Args:
        url: of an Optuna storage, such as sqlite:///optuna.db or postgresql://host/database.
        name: of the study, which is made where it is missing.
        space: what the trials' choices stand for.

    Raises:
        ValueError: the storage cannot be opened.
    """

    def __init__(self, url: str, name: str, space: SearchSpace[Any]) -> None:
        import optuna

        logging.getLogger("optuna").setLevel(logging.WARNING)
        self._optuna, self._space = optuna, space
        self._wrote = -_BATCH_SECONDS
        try:
            self._study = optuna.create_study(
                storage=url, study_name=name, direction="maximize", load_if_exists=True
            )
        except Exception as error:  # whatever the storage's library raises
            raise ValueError(
                f"mirror_optuna is {url!r} ({one_line(error)[:_SHOWN]}), expected the URL of an "
                "Optuna storage, such as sqlite:///optuna.db"
            ) from None
        self._written = {
            trial.user_attrs["number"]
            for trial in self._study.get_trials(deepcopy=False)
            if "number" in trial.user_attrs
        }

    def write(self, trials: Sequence[Trial], *, now: bool = False) -> None:
        """Writes those of a search's trials that have ended since; several together, unless `now`.

        A storage that cannot be written to is warned of, and stops no search.
        """
        if not now and time.monotonic() - self._wrote < _BATCH_SECONDS:
            return
        self._wrote = time.monotonic()
        fresh = [t for t in trials if t.done and t.number not in self._written]
        if not fresh:
            return
        try:
            self._study.add_trials([self._frozen(trial) for trial in fresh])
        except Exception as error:  # whatever the storage's library raises
            _log.warning("the mirror cannot be written (%s)", one_line(error)[:_SHOWN])
        else:
            self._written |= {trial.number for trial in fresh}

    def _frozen(self, trial: Trial) -> Any:
        states = self._optuna.trial.TrialState
        state = {"complete": states.COMPLETE, "stopped": states.PRUNED}.get(
            trial.state, states.FAIL
        )
        categorical = self._optuna.distributions.CategoricalDistribution
        live = self._space.live([trial.proposal.choices])[0]
        chosen = [
            (decision, choice)
            for decision, choice, made in zip(
                self._space.decisions, trial.proposal.choices, live, strict=True
            )
            if made
        ]
        steps = dict(enumerate(trial.stages)) if trial.stages else {}
        found: Any = self._optuna.trial.create_trial(
            state=state,
            value=None if state is states.FAIL else trial.reward,
            params={d.name: d.options[choice] for d, choice in chosen},
            distributions={d.name: categorical(d.options) for d, _ in chosen},
            user_attrs=_attributes(trial),
            intermediate_values=steps,
        )
        # When it ended is not recorded; how long it took is.
        found.datetime_start = found.datetime_complete - datetime.timedelta(seconds=trial.seconds)
        return found


def _attributes(trial: Trial) -> dict[str, Any]:
    """What a dashboard shows of a trial besides."""
    names = ("val_accuracy", "val_loss", "parameters", "mult_adds")
    found = {name: trial.metrics[name] for name in names if name in trial.metrics}
    return found | {
        "number": trial.number,
        "key": trial.key,
        "state": trial.state,
        "attempt": trial.attempt,
        "error": trial.error,
    }
