"""Spaces that are found by running a function: all of it is found, and its size is the true one."""

import contextlib
import itertools

import numpy as np
import pytest

from nasnet.cells.spaces.hyper import Configuration, HyperParameters, HyperSpace, explore, exploring


def layers(hp):
    for i in range(hp.Int("layers", 1, 3)):
        hp.Int(f"units_{i}", 32, 512, step=32)
    hp.Choice("activation", ["relu", "tanh"])
    hp.Boolean("dropout")


def joint(hp):
    """What no change of one value shows."""
    a, b, c = hp.Boolean("a"), hp.Boolean("b"), hp.Int("c", 0, 9)
    if a and b:
        hp.Int("d", 1, 3)
    if c == 4:
        hp.Int("e", 1, 3)
    if a != b and c > 6:
        hp.Choice("f", ["x", "y"])


def ranges(hp):
    """A range that is another value's, and one name with two of them."""
    hp.Int("second", 1, hp.Int("first", 1, 4))
    if hp.Choice("kind", ["a", "b"]) == "a":
        hp.Int("size", 1, 2)
    else:
        hp.Int("size", 5, 9)


def scopes(hp):
    hp.Choice("kind", ["mlp", "cnn"])
    with hp.conditional_scope("kind", ["cnn"]):
        hp.Choice("kernel", [3, 5, 7])
        with hp.conditional_scope("kernel", [5, 7]):
            hp.Boolean("separable")
    hp.Int("size", 1, 2, parent_name="kind", parent_values=["mlp"])


def failing(hp):
    """Fails for most values, the defaults among them."""
    kernel, pool = hp.Choice("kernel", [7, 5, 3]), hp.Choice("pool", [4, 2])
    if kernel > 3 and pool == 4:
        raise ValueError("negative size")
    if hp.Boolean("norm"):
        hp.Int("groups", 1, 2)


def flags(hp):
    """Twelve of them, each with a value of its own: 2^12 forms."""
    for i in range(12):
        if hp.Boolean(f"flag_{i}"):
            hp.Int(f"value_{i}", 1, 3)


FUNCTIONS = {f.__name__: f for f in (layers, joint, ranges, scopes, failing, flags)}


def brute_force(function):
    """All configurations, by answering each question with each of its values in turn."""
    found, open_paths = set(), [()]
    while open_paths:
        path = open_paths.pop()
        answers, asked = iter(path), []

        def choose(parameter, answers=answers, asked=asked):
            values = parameter.values(10)
            asked.append((parameter.name, values))
            return values[next(answers, 0)]

        with contextlib.suppress(ValueError):
            function(HyperParameters(choose=choose))
        if len(asked) > len(path):
            count = len(asked[len(path)][1])
            open_paths += [(*path, choice) for choice in range(count)]
        else:
            pairs = zip(path, asked, strict=True)
            found.add(Configuration(tuple((name, values[i]) for i, (name, values) in pairs)))
    return found


@pytest.mark.parametrize("name", sorted({*FUNCTIONS} - {"flags", "failing", "layers"}))
def test_a_space_is_what_asking_for_everything_finds(name):
    space = explore(FUNCTIONS[name])
    listed = [dict(space.decode(choices).values) for choices in space]
    expected = [dict(configuration.values) for configuration in brute_force(FUNCTIONS[name])]
    assert len(listed) == len(expected) == space.size()
    assert all(values in expected for values in listed)


def test_sizes_are_counted_and_not_listed():
    assert explore(layers).size() == 17_472
    assert explore(flags).size() == 4**12


def test_a_learning_rate_multiplies():
    def with_rate(hp):
        layers(hp)
        hp.Float("rate", 1e-4, 1e-2, sampling="log")

    assert explore(with_rate, points=7).size() == 17_472 * 7


def test_what_fails_with_some_values_is_no_reason_to_stop():
    space = explore(failing)
    assert [item.parameter.name for item in space.items] == ["kernel", "pool", "norm", "groups"]
    assert [space.condition(i) for i in (0, 1, 3)] == ["", "", "norm is True"]


def test_conditions_are_said():
    space = explore(layers)
    conditions = {d.name: space.condition(i) for i, d in enumerate(space.decisions)}
    assert conditions == {
        "layers": "",
        "units_0": "",
        "units_1": "layers is 2 or 3",
        "units_2": "layers is 3",
        "activation": "",
        "dropout": "",
    }
    space = explore(joint)
    assert {space.condition(i) for i in range(6)} >= {"a is True and b is True", "c is 4"}
    assert [d.name for d in explore(ranges).decisions if d.name.startswith("second")] == [
        "second",
        "second #2",
        "second #3",
        "second #4",
    ]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_space_foretells_what_is_asked_for(name):
    space, rng = explore(FUNCTIONS[name]), np.random.default_rng(1)
    for _ in range(100):
        configuration = space.decode(space.sample(rng))
        assert space.decode(space.encode(configuration)) == configuration
        asked = HyperParameters(dict(configuration.values), choose=lambda p: pytest.fail(p.name))
        try:
            FUNCTIONS[name](asked)
        except ValueError:
            assert name == "failing"


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_space_can_be_written(name):
    space = explore(FUNCTIONS[name])
    again = HyperSpace.from_json(space.to_json())
    assert again.to_json() == space.to_json()
    assert (again.size(), again.decisions) == (space.size(), space.decisions)


def test_entropy_is_that_of_the_sampled_configurations():
    space = explore(scopes)
    listed = list(space)
    live = space.live(listed)
    counts = np.array(space.counts, float)
    chances = np.prod(np.where(live, 1 / counts, 1), axis=1)
    assert chances.sum() == pytest.approx(1)
    assert space.entropy() == pytest.approx(-(chances * np.log(chances)).sum())


def unsteady():
    turns = itertools.count()
    return lambda hp: hp.Int(f"x_{next(turns)}", 1, 2)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda hp: None, "the function asks for 0 hyper-parameters, expected at least 1"),
        (lambda hp: hp.Int("a", 1, 2) / 0, "fails with all of .* ZeroDivisionError: division by"),
        (unsteady(), "the function asks for other hyper-parameters from run to run, expected"),
    ],
)
def test_functions_without_a_space_are_refused(function, text):
    with pytest.raises(ValueError, match=text):
        explore(function)


def test_there_is_an_end_to_looking(monkeypatch):
    monkeypatch.setattr(exploring, "_MOST_RUNS", 50)
    with pytest.raises(ValueError, match="too many different hyper-parameters: 50 runs did not"):
        explore(flags)


def test_what_is_no_space_or_configuration_is_named():
    with pytest.raises(ValueError, match="points is 1, expected at least 2"):
        explore(layers, points=1)
    for text in ("{}", "[1]", "x", '{"format": "other", "version": 1}'):
        with pytest.raises(ValueError, match="expected one of nasnet-hyperparameter-space"):
            HyperSpace.from_json(text)
        with pytest.raises(ValueError, match=r"hyper-parameters are .*, expected"):
            Configuration.from_json(text)
    space = explore(scopes)
    for values in ({"kind": "mlp"}, {"kind": "mlp", "size": 3}, {"kind": "mlp", "size": 1, "k": 1}):
        with pytest.raises(ValueError, match="expected"):
            space.encode(Configuration(tuple(values.items())))


def test_configurations_are_values():
    one = Configuration((("a", 1), ("b", "x"), ("c", 0.5), ("d", True)))
    assert Configuration.from_json(one.to_json()) == one
    assert len(one.key) == 16
    assert one.key != Configuration((("a", 2), *one.values[1:])).key
