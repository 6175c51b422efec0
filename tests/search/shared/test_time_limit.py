"""As many epochs of shared training as time allows."""

import dataclasses

import numpy as np
import pytest

from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.shared import training as training_module
from nasnet.search.shared.training import SharedTraining
from tests.search.shared.networks import FRAME, IMAGES, PLAIN, SPACE, UNIFORM, Watching


class Timed(Watching):
    """A second a child; notes how far the schedule of each was."""

    def __init__(self, evaluator, hands):
        super().__init__(evaluator)
        self.hands, self.progress = hands, []

    def submit(self, number, task):
        self.progress.append(task.progress)
        super().submit(number, task)

    def wait(self, timeout):
        self.hands.now += 1
        return super().wait(timeout)


@pytest.fixture
def timed(data, tmp_path, clock):
    """Trains for so many seconds in all; an epoch takes six."""
    hands = clock(training_module)

    def call(limit, *, stop=None, least=1):
        evaluator = SharedWeights(data, tmp_path, SPACE, FRAME, PLAIN)
        settings = dataclasses.replace(UNIFORM, updates=20, epochs=10, least_updates=least)
        training = SharedTraining(
            tmp_path, evaluator.layout(), settings, PLAIN, images=IMAGES, seed=3
        )
        executor = Timed(evaluator, hands)

        def on_epoch(epoch):
            if epoch.number == stop:
                raise KeyboardInterrupt

        training.run(executor, on_epoch=on_epoch, left=lambda: max(0.0, limit - hands.now))
        return training, executor.progress

    return call


def test_as_many_epochs_as_fit_take_the_schedule_to_its_end(timed):
    """A tenth of it in the first, of which nothing was known; the rest in the two that fit."""
    training, progress = timed(20)
    assert len(training.epochs) == 3
    assert training.progress == 1
    sixths = np.arange(6) / 6
    np.testing.assert_allclose(
        progress, [*(0.1 * sixths), *(0.1 + 0.45 * sixths), *(0.55 + 0.45 * sixths)]
    )


@pytest.mark.parametrize(("limit", "epochs"), [(0, 1), (7, 1), (1000, 10)])
def test_there_is_one_epoch_at_least_and_no_more_than_the_settings_say(timed, limit, epochs):
    training, _ = timed(limit)
    assert (len(training.epochs), training.progress) == (epochs, 1)


def test_a_training_that_ended_by_time_stays_as_it_is(timed):
    """Its rewards are compared with those of later cells."""
    timed(7)
    training, progress = timed(1000)
    assert (len(training.epochs), progress) == (1, [])


def test_a_training_with_a_limit_goes_on_where_it_was(timed):
    with pytest.raises(KeyboardInterrupt):
        timed(20, stop=2)
    training, progress = timed(20)
    assert len(training.epochs) == 3
    np.testing.assert_allclose(progress, 0.55 + 0.45 * np.arange(6) / 6)


def test_too_little_time_is_refused_before_it_is_spent(timed):
    text = "the time allows for some 6 updates an operation, expected at least .*_updates, 20: more"
    with pytest.raises(ValueError, match=text):
        timed(20, least=20)
