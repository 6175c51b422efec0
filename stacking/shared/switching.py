"""One graph for all architectures of a space in which operations alone are searched.

Every operation of every place is written once, between a Switch and a Merge: what is not chosen
does not run, forward or backward, and a step has no Python in it.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.cells.backend import Option
from nasnet.stacking.flat.emission import EmittedTensors
from nasnet.stacking.flat.graph import Graph, Symbol


class SwitchingGraph(Graph):
    """A graph with alternatives. A condition is a symbol of a truth value, [].

    What a branch that is not chosen computes is dead: TensorFlow runs no node that reads it, but
    for a Merge, which takes what lives.
    """

    def __init__(self) -> None:
        super().__init__()
        self._branches: dict[Symbol, dict[Symbol, Symbol]] = {}  # of forks: conditions by branch

    def condition(self, name: str) -> Symbol:
        """A truth value that is given."""
        return self.input(name, (), dtype=tf.bool)

    def fork(self, x: Symbol, conditions: Sequence[Symbol]) -> list[Symbol]:
        """`x` for each of several branches, of which one lives."""
        [root] = self.emit("Identity", [x], x.shape, back=lambda dy: [(x, dy)])
        taken = [self._taken(root, condition, lambda dy: dy) for condition in conditions]
        self._branches[root] = dict(zip(taken, conditions, strict=True))
        return taken

    def join(self, xs: Sequence[Symbol], conditions: Sequence[Symbol]) -> Symbol:
        """That of several values which lives."""

        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            pairs = zip(xs, conditions, strict=True)
            return [(x, self._switch(dy, condition)[1]) for x, condition in pairs if x.trained]

        return self._merge(xs, back)

    def guard(self, x: Symbol, condition: Symbol) -> Symbol:
        """`x` in a branch of which it is a parameter: its gradient is 0 where that is dead."""
        return self._taken(x, condition, lambda dy: self.alive(dy, condition))

    def alive(self, x: Symbol, condition: Symbol) -> Symbol:
        """`x` of a branch; 0 where that is dead."""
        zeros = self.constant(np.zeros(x.shape), np.float32)
        return self._merge([x, self._switch(zeros, condition)[0]])

    def _taken(self, x: Symbol, condition: Symbol, back: Callable[[Symbol], Symbol]) -> Symbol:
        taken = dataclasses.replace(self._switch(x, condition)[1], trained=x.trained)
        if x.trained:
            self._tape.append((taken, lambda dy: [(x, back(dy))]))
        return taken

    def _switch(self, x: Symbol, condition: Symbol) -> list[Symbol]:
        """What lives where the condition does not hold, and what lives where it does."""
        return self.emit("Switch", [x, condition], x.shape, x.shape)

    def _merge(self, xs: Sequence[Symbol], back: Any = None) -> Symbol:
        y, _ = self.emit("Merge", xs, xs[0].shape, (), back=back, N=len(xs))
        return y

    def _total(self, symbol: Symbol, terms: list[Symbol], found: Mapping[Symbol, Symbol]) -> Symbol:
        if symbol not in self._branches:
            return super()._total(symbol, terms, found)
        # One of the branches may have no gradient: zeros, which depend on nothing.
        missing = [c for branch, c in self._branches[symbol].items() if branch not in found]
        if missing:
            [zeros] = self.emit("ZerosLike", [symbol], symbol.shape)
            terms = terms + [self._switch(zeros, condition)[1] for condition in missing]
        return self._merge(terms)


class SwitchedTensors(EmittedTensors):
    """Emits all options of every decision; `x` is a symbol, [N, H, W, C].

    Args:
        graph: that takes the nodes.
        tensors: every shared parameter by path.
        conditions: by a decision's name, of each of its options; one that is made for both cells of
            a genotype is named without the cell.
        factors: behind the decisions, scalars by name.
        options: the other arguments of `EmittedTensors`.
    """

    def __init__(
        self,
        graph: SwitchingGraph,
        tensors: Mapping[str, Symbol],
        *,
        conditions: Mapping[str, Mapping[str, Symbol]],
        factors: Mapping[str, Symbol],
        **options: Any,
    ) -> None:
        super().__init__(graph, tensors, **options)
        self._switching, self._conditions, self._factors = graph, conditions, factors

    def choice(
        self, place: str, option: Option, x: Symbol, make: Callable[[Option, Symbol], Symbol]
    ) -> Symbol:
        """What lives of all that the options make of `x`, times the factor of the decision."""
        name = place if place in self._conditions else place.partition("/")[2]
        if name not in self._conditions:
            return make(option, x)
        options: Mapping[Any, Symbol] = self._conditions[name]
        branches = self._switching.fork(x, list(options.values()))
        made = [
            self._made(each, condition, branch, make)
            for (each, condition), branch in zip(options.items(), branches, strict=True)
        ]
        y = self._switching.join(made, list(options.values()))
        return self._scaled(y, self._factors[name]) if name in self._factors else y

    def _made(
        self,
        option: Any,
        condition: Symbol,
        x: Symbol,
        make: Callable[[Any, Symbol], Symbol],
    ) -> Symbol:
        """What one option makes, with parameters that live where it does."""
        tensors, start = self._tensors, len(self.statistics)
        self._tensors = _Guarded(tensors, self._switching, condition)
        with self.extended(str(option)):
            y = make(option, x)
        self._tensors = tensors
        self.statistics[start:] = [
            self._switching.alive(each, condition) for each in self.statistics[start:]
        ]
        return y

    def _scaled(self, x: Symbol, factor: Symbol) -> Symbol:
        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            axes = self._graph.constant(range(len(x.shape)))
            by_factor = self._emit("Sum", [self._emit("Mul", [dy, x], x.shape), axes], ())
            return [(x, self._emit("Mul", [dy, factor], x.shape)), (factor, by_factor)]

        return self._emit("Mul", [x, factor], x.shape, back=back)


class _Guarded(Mapping[str, Symbol]):
    """Parameters within a branch."""

    def __init__(
        self, tensors: Mapping[str, Symbol], graph: SwitchingGraph, condition: Symbol
    ) -> None:
        self._tensors, self._graph, self._condition = tensors, graph, condition

    def __getitem__(self, path: str) -> Symbol:
        return self._graph.guard(self._tensors[path], self._condition)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)
