"""The values that are taken of a hyper-parameter; KerasTuner is the oracle where it is there."""

import json

import numpy as np
import pytest

from nasnet.cells.spaces.hyper.parameters import (
    MOST,
    Options,
    Range,
    first_choice,
    parameter_from_json,
    parameter_json,
)


@pytest.mark.parametrize(
    ("given", "values"),
    [
        (Range("a", 6, 12, whole=True), (6, 7, 8, 9, 10, 11, 12)),
        (Range("a", 6, 13, 3, whole=True), (6, 9, 12)),
        (Range("a", 2, 32, 2, "log", whole=True), (2, 4, 8, 16, 32)),
        (Range("a", 1, 9, 2, "reverse_log", whole=True), (2, 6, 8, 9)),
        (Range("a", 0, 1, 0.2), (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        (Range("a", 0.001, 10, 10, "log"), (0.001, 0.01, 0.1, 1.0, 10.0)),
        (Range("a", 0.0, 1.0), (0.0, 0.25, 0.5, 0.75, 1.0)),
        (Range("a", 1e-4, 1.0, sampling="log"), (1e-4, 1e-3, 1e-2, 1e-1, 1.0)),
        (Range("a", 1.0, 16.0, sampling="reverse_log"), (1.0, 9.0, 13.0, 15.0, 16.0)),
        (Range("a", 0.0, 1.0, default=0.3), (0.0, 0.25, 0.3, 0.5, 0.75, 1.0)),
        (Range("a", 3, 3, whole=True), (3,)),
        (Range("a", 0, 4 * MOST, 2, whole=True), (0, MOST, 2 * MOST, 3 * MOST, 4 * MOST)),
        (Options("a", ("x", "y", "x")), ("x", "y")),
        (Options("a", (False, True)), (False, True)),
    ],
)
def test_values_of_five_points(given, values):
    found = given.values(5)
    assert found == pytest.approx(values) if isinstance(values[0], float) else found == values
    assert all(type(value) is type(values[0]) for value in found)
    again = parameter_from_json(json.loads(json.dumps(parameter_json(given))))
    assert again == given
    assert again.values(5) == found


@pytest.mark.parametrize("sampling", ["log", "reverse_log"])
def test_whole_numbers_are_as_likely_as_keras_tuner_draws_them(sampling):
    kt = pytest.importorskip("keras_tuner")
    hp = kt.engine.hyperparameters.Int("a", 2, 9, sampling=sampling)
    drawn = [hp.prob_to_value(p) for p in (np.arange(50_000) + 0.5) / 50_000]
    counts = np.bincount(drawn, minlength=10)[2:] / len(drawn)
    weights = Range("a", 2, 9, sampling=sampling, whole=True).weights(10)
    np.testing.assert_allclose(np.array(weights) / sum(weights), counts, atol=1e-4)


@pytest.mark.parametrize(
    ("low", "high", "step", "sampling"),
    [(6, 13, 3, "linear"), (2, 32, 2, "log"), (1, 9, 2, "reverse_log"), (1, 7, None, "linear")],
)
def test_steps_are_those_of_keras_tuner(low, high, step, sampling):
    kt = pytest.importorskip("keras_tuner")
    theirs = kt.engine.hyperparameters.Int("a", low, high, step=step, sampling=sampling)
    ours = Range("a", low, high, step, sampling, whole=True)
    assert ours.values(10) == tuple(sorted(map(int, theirs.values)))
    assert ours.first == theirs.default


def test_the_default_is_where_a_search_starts():
    assert first_choice(Range("a", 1, 9, default=4, whole=True), 10) == 3
    assert first_choice(Options("a", (True, False)), 10) == 0
    assert Options("a", ("x", "y"), "y").first == "y"
    assert first_choice(Range("a", 1, 9, 2, "reverse_log", whole=True), 10) == 0  # 1 is no value


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Range("a", 3, 2), "a is 3 to 2, expected a rising range"),
        (lambda: Range("a", 0, 2, sampling="log"), "low of a is 0, expected above 0 as it is log"),
        (lambda: Range("a", 1, 2, 1, "log"), "step of a is 1, expected above 1"),
        (lambda: Range("a", 1, 2, 0), "step of a is 0, expected above 0"),
        (lambda: Range("a", 1, 2, sampling="cubic"), "sampling of a is 'cubic', expected linear, "),
        (lambda: Range("a", 1, 2.5, whole=True), "high of a is 2.5, expected a whole number"),
        (lambda: Range("a", 1, 2, default=3), "default of a is 3, expected 1 to 2"),
        (lambda: Options("a", ()), r"values of a are \[\], expected one or more, all int"),
        (lambda: Options("a", (1, "x")), r"values of a are \[1, 'x'\], expected one or more, all"),
        (lambda: Options("a", (1, 2), 3), "default of a is 3, expected one of 1, 2"),
        (lambda: parameter_from_json({"low": 1}), "parameter is {'low': 1}, expected a range or"),
    ],
)
def test_what_is_no_hyper_parameter_is_named(make, text):
    with pytest.raises(ValueError, match=text):
        make()
