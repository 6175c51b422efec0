"""Finding the hyper-parameters of a function by running it, and when it asks for each.

A run gives each hyper-parameter some value and sees what is asked for next. Changing one value at a
time tells which hyper-parameters decide about others; all of their values are then tried. At the
end the space is asked to foretell runs with random values: one that it cannot foretell shows what
changes of one value did not, and is looked at in the same way.

A function that fails with some values is no reason to stop: what it asked for before still counts.
"""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from nasnet.cells.spaces.hyper.hyperparameters import HyperParameters
from nasnet.cells.spaces.hyper.parameters import Options, Parameter, Value, first_choice
from nasnet.cells.spaces.hyper.space import HyperSpace, Item
from nasnet.runtime.checks import check_least
from nasnet.runtime.errors import one_line

Build = Callable[[HyperParameters], object]
_PROBES = 24  # runs with random values that must be foretold, one after the other
_MOST_RUNS = 5000
_MOST_SURPRISES = 50
_RETRIES = 5  # with other values, where a run fails
_UNSTEADY = (
    "the function asks for other hyper-parameters from run to run, expected the same ones with "
    "equal values"
)


def explore(build: Build, points: int = 10) -> HyperSpace:
    """The space of a function's hyper-parameters.

    Args:
        build: the function; what it returns is not looked at.
        points: how many values of a range are taken that has no step, or too many.

    Raises:
        ValueError: the function always fails, asks for nothing, asks for other hyper-parameters
            with the same values, or for too many different ones.
    """
    check_least(2, points=points)
    return _Explorer(build, points).space()


@dataclasses.dataclass(frozen=True, slots=True)
class _Run:
    """What a run asked for, in order, with the choices that it was given; and why it failed."""

    made: dict[Parameter, int]
    error: Exception | None

    def knows(self, parameter: Parameter) -> bool | None:
        """Whether it asked for this; None where it failed before it might have."""
        return True if parameter in self.made else None if self.error else False


class _Node:
    """A place in the tree of all runs: what is asked for there, and what follows each choice."""

    def __init__(self) -> None:
        self.parameter: Parameter | None = None
        self.below: dict[int, _Node] = {}
        self.run: _Run | None = None


class _Explorer:
    """The exploration of `explore`."""

    def __init__(self, build: Build, points: int) -> None:
        self._build, self._points = build, points
        self._rng = np.random.default_rng(0)
        self._root, self._runs = _Node(), 0
        self._order: list[Parameter] = []  # as asked for
        self._witness: dict[Parameter, _Run] = {}  # the first run that asked for each
        self._parents: dict[Parameter, set[Parameter]] = {}
        self._fresh: list[_Run] = []  # runs that asked for something new

    def space(self) -> HyperSpace:
        """The space, as soon as it foretells what runs ask for."""
        self._start()
        for _ in range(_MOST_SURPRISES):
            while self._fresh:
                self._look_around(self._fresh.pop(0))
            space = self._described()
            surprise = next(filter(None, (self._surprise(space) for _ in range(_PROBES))), None)
            if surprise is None and not self._fresh:
                return space
            if surprise is not None:
                self._explain(*surprise)
        raise ValueError(_UNSTEADY)

    def _start(self) -> None:
        """A run with the defaults, or with other values where that fails."""
        run = self._run({})
        for _ in range(_PROBES):
            if run.error is None:
                break
            run = self._run(self._random())
        if run.error is not None:
            raise ValueError(
                f"the function fails with all of {self._runs} choices of values, the last time "
                f"with {type(run.error).__name__}: {one_line(run.error)}"
            ) from run.error
        if not self._order:
            raise ValueError("the function asks for 0 hyper-parameters, expected at least 1")

    def _run(self, choices: Mapping[Parameter, int]) -> _Run:
        """A run with these choices, and the defaults for the rest; none is made twice."""
        node = self._root
        while node.parameter is not None:
            choice = choices.get(node.parameter, -1)
            choice = first_choice(node.parameter, self._points) if choice < 0 else choice
            if choice not in node.below:
                break
            node = node.below[choice]
        return node.run or self._new_run(choices)

    def _new_run(self, choices: Mapping[Parameter, int]) -> _Run:
        self._runs += 1
        if self._runs > _MOST_RUNS:
            raise ValueError(
                f"the function asks for too many different hyper-parameters: {_MOST_RUNS:,} runs "
                f"did not find them all, expected fewer than {len(self._order)}"
            )
        made: dict[Parameter, int] = {}

        def choose(parameter: Parameter) -> Value:
            found = choices.get(parameter)
            made[parameter] = first_choice(parameter, self._points) if found is None else found
            return parameter.values(self._points)[made[parameter]]

        error: Exception | None = None
        try:
            self._build(HyperParameters(choose=choose))
        except Exception as failure:  # whatever a user's function does
            error = failure
        run = _Run(made, error)
        node = self._root
        for parameter, choice in made.items():
            if node.run is not None or node.parameter not in (None, parameter):
                raise ValueError(_UNSTEADY)
            node.parameter = parameter
            node = node.below.setdefault(choice, _Node())
        node.run = run
        self._note(run)
        return run

    def _note(self, run: _Run) -> None:
        """Remembers what is new, behind what was asked for before it."""
        place = 0
        new = False
        for parameter in run.made:
            if parameter not in self._witness:
                self._order.insert(place, parameter)
                self._witness[parameter] = run
                self._parents[parameter] = set()
                new = True
            place = self._order.index(parameter) + 1
        if new:
            self._fresh.append(run)

    def _look_around(self, run: _Run) -> None:
        """Changes one value of a run at a time: what is asked for no longer, or newly, depends."""
        for parameter, choice in run.made.items():
            for other in self._trial_choices(parameter):
                if other != choice:
                    self._compare(run, self._run({**run.made, parameter: other}), parameter)

    def _compare(self, one: _Run, other: _Run, changed: Parameter) -> None:
        """Notes what depends on the hyper-parameter in which alone two runs differ."""
        for parameter in {*one.made} ^ {*other.made}:
            if parameter != changed and None not in (one.knows(parameter), other.knows(parameter)):
                self._parents[parameter].add(changed)

    def _trial_choices(self, parameter: Parameter) -> list[int]:
        """All options of a list; of a range the ends, the middle and the default."""
        count = len(parameter.values(self._points))
        if isinstance(parameter, Options) or count <= 4:
            return list(range(count))
        return sorted({0, count // 2, count - 1, first_choice(parameter, self._points)})

    def _surprise(self, space: HyperSpace) -> tuple[_Run, Parameter] | None:
        """A random run that asks for something else than the space says, and for what."""
        run = self._run(self._random())
        if self._fresh:
            return None
        items = [item.parameter for item in space.items]
        live = space.live([[run.made.get(parameter, 0) for parameter in items]])[0]
        for parameter, made in zip(items, live.tolist(), strict=True):
            if run.knows(parameter) not in (made, None):
                return run, parameter
        return None

    def _explain(self, run: _Run, parameter: Parameter) -> None:
        """Finds what a surprising run owes its surprise to."""
        before = set(self._parents[parameter])
        self._look_around(run)
        if self._parents[parameter] != before:
            return
        # What the space says is true of this run; on the way to the surprising one, changing one
        # value after the other, some change must make the difference.
        values = {**self._witness[parameter].made}
        values |= {parent: run.made[parent] for parent in before if parent in run.made}
        last = self._run(values)
        for changed, choice in run.made.items():
            values[changed] = choice
            following = self._run(values)
            self._compare(last, following, changed)
            last = following

    def _random(self) -> dict[Parameter, int]:
        return {
            parameter: int(self._rng.integers(len(parameter.values(self._points))))
            for parameter in self._order
        }

    def _described(self) -> HyperSpace:
        """What is known by now as a space, each hyper-parameter behind its parents."""
        order: list[Parameter] = []
        while len(order) < len(self._order):
            left = (parameter for parameter in self._order if parameter not in order)
            found = next((p for p in left if self._parents[p] <= {*order}), None)
            if found is None:
                names = ", ".join(dict.fromkeys(parameter.name for parameter in self._order))
                raise ValueError(f"some of {names} decide about each other, expected that none do")
            order.append(found)
        return HyperSpace((self._item(parameter, order) for parameter in order), self._points)

    def _item(self, parameter: Parameter, order: list[Parameter]) -> Item:
        """A hyper-parameter with all choices of its parents with which it is asked for."""
        parents = sorted(self._parents[parameter], key=order.index)
        made: set[tuple[int, ...]] = set()
        start = self._witness[parameter].made

        def fill(known: dict[Parameter, int], rest: list[Parameter]) -> None:
            run = self._run({**start, **known})
            for _ in range(_RETRIES):
                if run.error is None:
                    break
                run = self._run({**self._random(), **known})
            for i, parent in enumerate(rest):
                if parent in run.made:
                    for choice in range(len(parent.values(self._points))):
                        fill({**known, parent: choice}, rest[i + 1 :])
                    return
            if parameter in run.made:
                made.add(tuple(known.get(parent, -1) for parent in parents))

        fill({}, parents)
        return Item(parameter, tuple(order.index(parent) for parent in parents), frozenset(made))
