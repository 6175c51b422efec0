"""What every search space keeps to."""

import itertools
import pickle
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from nasnet.cells import (
    TERMINATE,
    CellSpace,
    ChainSpace,
    ConvPoolSpace,
    Decision,
    GrowingCellSpace,
    LayerSpace,
    MacroSpace,
    SearchSpace,
    TableSpace,
)
from nasnet.cells.spaces.hyper import explore
from nasnet.cells.spaces.nasbench201 import NASBench201Space
from nasnet.cells.spaces.operations import OperationSpace
from nasnet.cells.spaces.recurrent import RecurrentSpace
from nasnet.cells.spaces.tree import TreeSpace

_LISTED = 2000  # a space of more choices is not listed as a whole


class ConditionalSpace(TableSpace):
    """Settings of an optimizer, some of which only one kind of it has."""

    def __init__(self) -> None:
        super().__init__(
            (
                Decision("rate", ("0.1", "0.01", "0.001")),
                Decision("optimizer", ("sgd", "adam", "none")),
                Decision("momentum", ("0", "0.9", "0.99"), weights=(1.0, 2.0, 1.0)),
                Decision("beta", ("0.9", "0.99")),
                Decision("batch", ("8", "16", "32", "64"), role="size"),
                Decision("schedule", ("constant", TERMINATE, "cosine")),
                Decision("warmup", ("0", "1", "2")),
            )
        )

    def next_decision(self, prefix):
        """Goes past the settings that the chosen optimizer does not have."""
        skipped = {2: ((1, 3), (2, 4)), 3: ((0, 4),)}
        for option, goes_on in skipped.get(len(prefix), ()):
            if prefix[1] == option:
                return self.decisions[goes_on]
        return super().next_decision(prefix)


def build(hp):
    """Asks for hyper-parameters as a function that builds a model does."""
    for i in range(hp.Int("layers", 1, 3)):
        hp.Int(f"units_{i}", 1, 3, sampling="log")
    if hp.Choice("optimizer", ["sgd", "adam"]) == "sgd":
        hp.Float("momentum", 0, 0.9)
    hp.Float("rate", 1e-3, 1e-1, sampling="log")


# One of each kind, small.
SPACES: Mapping[str, SearchSpace[Any]] = MappingProxyType(
    {
        "cells": CellSpace(2),
        "growing": GrowingCellSpace(3),
        "operations": OperationSpace(),
        "recurrent": RecurrentSpace(4),
        "trees": TreeSpace(2),
        "chains": ChainSpace(max_layers=4, filters=(64, 128), units=(256, 128)),
        "layers": LayerSpace(3, kernels=(1, 3)),
        "growing layers": LayerSpace(3, "v3", kernels=(1, 3), start=1, step=1, every=4),
        "macro": MacroSpace(4),
        "conv-pool": ConvPoolSpace(dimensions=1, filters=(16, 32)),
        "nasbench201": NASBench201Space(),
        "table": TableSpace(
            (Decision("a", ("x", "y", "z")), Decision("b", ("x",)), Decision("c", ("x", "y")))
        ),
        "conditional": ConditionalSpace(),
        "hyperparameters": explore(build, points=3),
    }
)


def disturbed(
    space: SearchSpace[Any], choices: tuple[int, ...], rng: np.random.Generator
) -> tuple[int, ...]:
    """The same architecture, with any choice for the decisions that are not made."""
    other = rng.integers(space.counts)
    return tuple(np.where(space.live([choices])[0], choices, other).tolist())


class SpaceSuite:
    """Subclass it, and give the fixture `space`."""

    @pytest.fixture
    def rng(self) -> np.random.Generator:
        """Of each test."""
        return np.random.default_rng(0)

    def test_decisions_have_different_names_and_some_options(self, space):
        """Names are what the path through a space is found by."""
        names = [decision.name for decision in space.decisions]
        assert names
        assert len({*names}) == len(names)
        for decision in space.decisions:
            assert decision.options
            assert sum(decision.shares) == pytest.approx(1)

    def test_samples_are_canonical_and_the_seed_decides(self, space):
        """And every one of them stands for an architecture."""
        for seed in range(30):
            choices = space.sample(np.random.default_rng(seed))
            assert choices == space.sample(np.random.default_rng(seed))
            assert choices == space.canonical(choices)
            assert all(type(choice) is int for choice in choices)
            space.decode(choices)

    def test_decode_is_undone_by_encode(self, space, rng):
        """Up to decisions without an effect, which the second decode does not see."""
        for _ in range(30):
            architecture = space.decode(space.sample(rng))
            try:
                choices = space.encode(architecture)
            except NotImplementedError:
                pytest.skip("this space does not encode")
            assert choices == space.canonical(choices)
            assert space.decode(choices) == architecture

    def test_next_decision_walks_along_what_is_made(self, space, rng):
        """From the first decision to None, past those that are not made."""
        for _ in range(30):
            choices = space.sample(rng)
            made = np.flatnonzero(space.live([choices])[0]).tolist()
            path = [space.next_decision(())]
            path += [space.next_decision(choices[: i + 1]) for i in made]
            assert path == [*(space.decisions[i] for i in made), None]

    def test_decisions_that_are_not_made_do_not_matter(self, space, rng):
        """Whatever is chosen there, the architecture is the same."""
        for _ in range(30):
            choices = space.sample(rng)
            other = disturbed(space, choices, rng)
            assert space.canonical(other) == choices
            assert space.decode(other) == space.decode(choices)

    def test_neighbours_differ_in_one_decision(self, space, rng):
        """All of them are canonical and different, and mutants are among their like."""
        choices = space.sample(rng)
        live = space.live([choices])[0]
        around = space.neighbours(choices)
        assert len({*around}) == len(around) == sum(np.array(space.counts)[live] - 1)
        for other in around:
            assert space.canonical(other) == other
            first = next(i for i in range(len(other)) if other[i] != choices[i])
            assert live[first]
        for _ in range(30):
            mutant = space.mutate(choices, rng)
            assert space.canonical(mutant) == mutant
            changed = [i for i in np.flatnonzero(live) if mutant[i] != choices[i]]
            both = space.live([mutant])[0]
            assert len([i for i in changed if both[i]]) == 1 or not around

    def test_bad_choices_are_refused(self, space):
        """One too many, one too few, one out of range."""
        choices = space.sample(np.random.default_rng(0))
        for wrong in ((*choices, 0), choices[:0], (space.counts[0], *choices[1:])):
            with pytest.raises(ValueError, match="expected"):
                space.decode(wrong)

    def test_architectures_are_values_with_a_key_and_json(self, space, rng):
        """What a search needs of them."""
        for _ in range(10):
            choices = space.sample(rng)
            one, other = space.decode(choices), space.decode(choices)
            assert one == other
            assert hash(one) == hash(other)
            assert one.key == other.key
            assert "\n" not in one.to_json()

    def test_another_process_may_have_it(self, space, rng):
        """Workers are sent spaces."""
        again, choices = pickle.loads(pickle.dumps(space)), space.sample(rng)  # noqa: S301  (ours)
        assert again.decode(choices) == space.decode(choices)

    def test_it_can_be_listed(self, space):
        """In order, each choice once, and as many as it says."""
        rows = list(itertools.islice(space, _LISTED))
        assert len({*rows}) == len(rows)
        assert rows == sorted(rows)
        assert all(space.canonical(row) == row for row in rows)
        if len(rows) < _LISTED:
            assert space.size() == len(rows)
            assert space.entropy() <= np.log(len(rows)) + 1e-9
