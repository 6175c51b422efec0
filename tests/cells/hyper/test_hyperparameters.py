"""`hp` behaves as KerasTuner's own, which is the oracle where it is installed."""

import numpy as np
import pytest

from nasnet.cells.spaces.hyper import HyperParameters, explore


def everything(hp, seen):
    """Asks in every way, and notes each answer."""
    for i in range(seen("layers", hp.Int("layers", 1, 3))):
        seen(f"units_{i}", hp.Int(f"units_{i}", 32, 128, step=32))
        seen("same", hp.Int("same", 1, 2))  # one name, one value
    kind = seen("kind", hp.Choice("kind", ["mlp", "cnn"], ordered=False))
    with hp.conditional_scope("kind", ["cnn"]):
        seen("filters", hp.Int("filters", 8, 32, sampling="log", step=2))
        with hp.conditional_scope("filters", [8, 16]):
            seen("kernel", hp.Choice("kernel", [3, 5, 7]))
    seen("momentum", hp.Float("momentum", 0, 1, 0.5, parent_name="kind", parent_values=["mlp"]))
    with hp.name_scope("head"):
        if seen("dropout", hp.Boolean("dropout", default=True)):
            seen("rate", hp.Float("rate", 0.1, 0.3, step=0.1))
    seen("fixed", hp.Fixed("fixed", 7))
    seen("get", hp.get("kind"))
    seen("in", ("layers" in hp, "kernel" in hp, "nothing" in hp, hp["layers"]))
    return kind


def answers(hp):
    found = []

    def seen(name, value):
        found.append((name, value))
        return value

    everything(hp, seen)
    return found


def test_every_answer_is_that_of_keras_tuner():
    kt = pytest.importorskip("keras_tuner")
    space = explore(lambda hp: everything(hp, lambda name, value: value))
    rng = np.random.default_rng(0)
    for _ in range(40):
        values = dict(space.decode(space.sample(rng)).values)
        theirs = kt.HyperParameters()
        theirs.values = dict(values)
        ours = HyperParameters(values)
        assert answers(ours) == answers(theirs)
        assert ours.values == theirs.values


def test_defaults_are_those_of_keras_tuner():
    kt = pytest.importorskip("keras_tuner")
    assert answers(HyperParameters()) == answers(kt.HyperParameters())


def test_what_is_not_active_has_no_value():
    hp = HyperParameters({"kind": "mlp"})
    hp.Choice("kind", ["mlp", "cnn"])
    with hp.conditional_scope("kind", "cnn"):
        assert hp.Int("filters", 1, 2) is None
        assert hp.Fixed("four", 4) is None
    assert not hp.is_active("filters")
    with pytest.raises(ValueError, match="filters is not active, expected one whose parents"):
        hp.get("filters")
    with pytest.raises(KeyError, match="nothing is unknown, expected one of: kind"):
        hp.get("nothing")
    with (
        pytest.raises(ValueError, match="parent is 'nothing', expected a hyper-parameter asked"),
        hp.conditional_scope("nothing", [1]),
    ):
        pass
    with pytest.raises(ValueError, match="ordered is True of a, whose values are text"):
        hp.Choice("a", ["x"], ordered=True)


def test_numbers_of_numpy_will_do():
    hp = HyperParameters()
    assert type(hp.Int("a", np.int64(1), np.int64(3))) is int
    assert type(hp.Choice("b", list(np.array([0.5, 1.0])))) is float
