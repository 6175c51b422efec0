"""Which layer a block is drawn in, and the order within a layer that crosses few arrows.

A block is drawn as one unit, its combination centred above its two operations, so that a layer is
a row of units. An arrow that passes a layer takes a place in it, a lane; arrows that leave the
same state share their lanes. This is the method of Sugiyama, Tagawa and Toda (1981).
"""

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import fmean

from nasnet.cells import NUM_INPUTS, Cell
from nasnet.viz.cell.graph import state_name

_SWEEPS = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Unit:
    """What takes one place in a layer.

    Attributes:
        top: the name that arrows leave from; a node's, or a lane's.
        feet: the names that arrows lead to, from left to right: the operations of a block, a lane
            or the output; empty for an input.
        sources: for each foot the tops, one layer below, that it reads.
        lane: whether it is no box, but room for arrows that pass.
    """

    top: str
    feet: tuple[str, ...] = ()
    sources: tuple[tuple[str, ...], ...] = ()
    lane: bool = False

    def turned(self) -> "Unit":
        """The unit with its feet the other way round."""
        return dataclasses.replace(self, feet=self.feet[::-1], sources=self.sources[::-1])


Layers = list[list[Unit]]


@dataclasses.dataclass(frozen=True, slots=True)
class Drawable:
    """What becomes a unit: as there, but that its sources are names of whatever it reads."""

    top: str
    feet: tuple[str, ...] = ()
    reads: tuple[tuple[str, ...], ...] = ()


def lane_name(top: str, layer: int) -> str:
    """The name of the lane through which arrows from a unit pass a layer."""
    return f"{top}@{layer}"


def cell_units(cell: Cell) -> list[Drawable]:
    """The inputs, the blocks and the output of a cell."""
    units = [Drawable(state_name(state)) for state in range(NUM_INPUTS)]
    for i, block in enumerate(cell.blocks):
        name = state_name(NUM_INPUTS + i)
        reads = tuple((state_name(state),) for state, _ in block.edges)
        units.append(Drawable(name, (f"{name}_a", f"{name}_b"), reads))
    return [*units, Drawable("output", ("output",), (tuple(map(state_name, cell.concat)),))]


def ordered_layers(units: Sequence[Drawable]) -> Layers:
    """The units of all layers, inputs first and output last, each from left to right.

    Args:
        units: each behind all that it reads; the last one is the output, above all others.
    """
    found = _layers(units)
    starts = [found, [layer[::-1] if i else layer for i, layer in enumerate(found)]]
    return min((_reordered(start) for start in starts), key=crossings)


def crossings(layers: Layers) -> int:
    """How many pairs of arrows cross between neighbouring layers."""
    return sum(_crossings(a, b) for a, b in pairwise(layers))


def _layers(units: Sequence[Drawable]) -> Layers:
    depth: dict[str, int] = {}
    for unit in units:
        depth[unit.top] = 1 + max((depth[name] for foot in unit.reads for name in foot), default=-1)
    last = depth[units[-1].top] = max(depth.values())
    layers: Layers = [[] for _ in range(last + 1)]
    highest = dict(depth)  # the highest layer that an arrow from it reaches

    def source(name: str, layer: int) -> str:
        highest[name] = max(highest[name], layer)
        return name if depth[name] == layer - 1 else lane_name(name, layer - 1)

    for unit in units:
        layer = depth[unit.top]
        sources = tuple(tuple(source(name, layer) for name in foot) for foot in unit.reads)
        layers[layer].append(Unit(unit.top, unit.feet, sources))
    for name, top in highest.items():
        for layer in range(depth[name] + 1, top):
            lane = lane_name(name, layer)
            layers[layer].append(Unit(lane, (lane,), ((source(name, layer),),), lane=True))
    return layers


def _reordered(layers: Layers) -> Layers:
    layers = [list(layer) for layer in layers]
    best = [list(layer) for layer in layers]
    for _ in range(_SWEEPS):
        for i in range(1, len(layers)):
            places = {unit.top: float(x) for x, unit in enumerate(layers[i - 1])}
            layers[i] = sorted(
                (_facing(unit, places) for unit in layers[i]),
                key=lambda unit: _mean(places, [s for foot in unit.sources for s in foot]),
            )
        _swap_neighbours(layers)
        best = min(best, [list(layer) for layer in layers], key=crossings)
        for i in range(len(layers) - 2, 0, -1):
            readers = _readers(layers[i + 1])
            none = [float(len(layers[i]))]
            places = {unit.top: fmean(readers.get(unit.top, none)) for unit in layers[i]}
            layers[i] = sorted(layers[i], key=lambda unit: places[unit.top])
        _swap_neighbours(layers)
        best = min(best, [list(layer) for layer in layers], key=crossings)
    return best


def _facing(unit: Unit, places: dict[str, float]) -> Unit:
    """The unit, turned if its feet stand in the other order than what they read."""
    if len(unit.feet) < 2:
        return unit
    left, right = (_mean(places, foot) for foot in unit.sources)
    return unit.turned() if left > right else unit


def _mean(places: dict[str, float], names: Sequence[str]) -> float:
    return fmean(places[name] for name in names)


def _readers(layer: list[Unit]) -> dict[str, list[float]]:
    """For every top below, the places of the feet that read it."""
    readers: dict[str, list[float]] = {}
    place = 0.0
    for unit in layer:
        for foot in unit.sources:
            for name in foot:
                readers.setdefault(name, []).append(place)
            place += 1
    return readers


def _swap_neighbours(layers: Layers) -> None:
    """Swaps neighbours and turns units, in place, for as long as fewer arrows cross."""
    improved = True
    while improved:
        improved = False
        for k in range(1, len(layers)):
            layer, around = layers[k], layers[k - 1 : k + 2]  # the same lists, not copies
            fewest = crossings(around)
            for i in range(len(layer)):
                for changed in _changes(layer, i) if fewest else ():
                    before = layer[:]
                    layer[:] = changed
                    if (count := crossings(around)) < fewest:
                        fewest, improved = count, True
                        break
                    layer[:] = before


def _changes(layer: list[Unit], i: int) -> Iterator[list[Unit]]:
    if len(layer[i].feet) == 2:
        yield [*layer[:i], layer[i].turned(), *layer[i + 1 :]]
    if i + 1 < len(layer):
        yield [*layer[:i], layer[i + 1], layer[i], *layer[i + 2 :]]


def _crossings(below: list[Unit], above: list[Unit]) -> int:
    places = {unit.top: i for i, unit in enumerate(below)}
    links = []
    for i, unit in enumerate(above):
        for j, foot in enumerate(unit.sources):
            links += [(places[name], 2 * i + j) for name in foot]
    return sum((a - c) * (b - d) < 0 for n, (a, b) in enumerate(links) for c, d in links[n + 1 :])
