"""Figures of searches and trainings have the numbers that they were given."""

import math

import numpy as np
import pytest

from nasnet import viz
from nasnet.viz.figures.curves import moving_mean, running_best


def line(figure, label):
    (found,) = [x for x in figure.axes[0].get_lines() if x.get_label() == label]
    return found.get_xydata()


def test_running_best_and_mean_skip_failed_trials():
    rewards = [None, 0.2, math.nan, 0.5, 0.4, math.inf]
    np.testing.assert_array_equal(running_best(rewards), [math.nan, 0.2, 0.2, 0.5, 0.5, 0.5])
    means = [math.nan, 0.2, 0.2, 0.5, 0.45, 0.4]
    np.testing.assert_allclose(moving_mean(rewards, 2), means, rtol=1e-12)


def test_search_figure_draws_best_mean_and_failures():
    figure = viz.search_figure([0.2, None, 0.6, 0.4], window=2, title="t")
    np.testing.assert_array_equal(line(figure, "best so far")[:, 1], [0.2, 0.2, 0.6, 0.6])
    np.testing.assert_allclose(line(figure, "mean of last 2")[:, 1], [0.2, 0.2, 0.6, 0.5])
    axes = figure.axes[0]
    (failed,) = [c for c in axes.collections if c.get_label() == "failed (1)"]
    assert failed.get_offsets()[:, 0].tolist() == [1]
    assert [text.get_text() for text in axes.texts] == ["0.6000 at trial 2"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("trial", "validation accuracy")


def test_the_first_of_equal_trials_is_the_best():
    figure = viz.search_figure([0.1, 0.7, 0.7])
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.7000 at trial 1"]


@pytest.mark.parametrize("baseline", [0.3, np.float32(0.3), [0.1, None, 0.3], np.array([0.1, 0.3])])
def test_a_baseline_is_a_number_or_another_search(baseline):
    figure = viz.search_figure([0.2, 0.4, 0.1], baseline=baseline)
    assert line(figure, "baseline")[-1, 1] == pytest.approx(0.3)


@pytest.mark.parametrize("rewards", [[0.5], [None], [None, math.nan], np.array([0.1, 0.2])])
def test_short_and_failed_searches_are_drawn(rewards, tmp_path):
    path = viz.save_figure(viz.search_figure(rewards), tmp_path / "search.png")
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_search_figure_names_what_is_wrong():
    with pytest.raises(ValueError, match="rewards is empty, expected at least one trial"):
        viz.search_figure([])
    with pytest.raises(ValueError, match="window is 0, expected at least 1"):
        viz.search_figure([0.5], window=0)


def test_training_figure_draws_loss_beside_accuracy(tmp_path):
    history = {"loss": [2.0, 1.0], "accuracy": [0.1, 0.4], "val_accuracy": [None, 0.3], "lr": [1]}
    figure = viz.training_figure(history, title="t")
    loss, accuracy = figure.axes
    assert [x.get_label() for x in loss.get_lines()] == ["loss"]
    assert [x.get_label() for x in accuracy.get_lines()] == ["accuracy", "val accuracy"]
    assert loss.get_lines()[0].get_xydata().tolist() == [[1, 2.0], [2, 1.0]]
    for suffix in (".svg", ".pdf", ".png"):
        assert viz.save_figure(figure, tmp_path / f"training{suffix}").stat().st_size > 1000


@pytest.mark.parametrize("history", [{}, {"lr": [0.1]}, {"loss": []}])
def test_training_figure_needs_something_to_draw(history):
    with pytest.raises(ValueError, match="expected epochs of a loss or an accuracy"):
        viz.training_figure(history)
