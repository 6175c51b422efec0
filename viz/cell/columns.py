"""The horizontal positions of ordered layers: short, straight arrows and no two boxes too close."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import fmean

from nasnet.viz.cell.layers import Layers, Unit

SIBLING_GAP = 8.0  # between the two operations of a block
_UNIT_GAP, _INPUT_GAP, _LANE_GAP = 22.0, 56.0, 14.0
_ROUNDS = 24
_STRAIGHT = 8.0  # how much more a bend within a lane hurts than one at a box


def columns(layers: Layers, widths: Mapping[str, float]) -> dict[str, float]:
    """The centres of all boxes and lanes, by name.

    Args:
        layers: units in their order.
        widths: of all boxes.
    """
    x: dict[str, float] = {}
    gaps = [_gaps(layer, widths) for layer in layers]
    for layer, row in zip(layers, gaps, strict=True):
        _put(x, layer, spaced([0.0] * len(layer), [1.0] * len(layer), row), widths)
    inner = range(len(layers))
    for _ in range(_ROUNDS):
        for i in (*inner, *reversed(inner)):
            wishes, weights = [], []
            for unit in layers[i]:
                pulls = [*_pulls_below(unit, x), *_pulls_above(unit, layers[i + 1 : i + 2], x)]
                weight = sum(pull for _, pull in pulls)
                wish = sum(place * pull for place, pull in pulls) / weight if pulls else x[unit.top]
                wishes.append(wish)
                weights.append(weight or 0.1)
            _put(x, layers[i], spaced(wishes, weights, gaps[i]), widths)
    _straighten(x, layers, gaps, widths)
    return x


def spaced(wishes: Sequence[float], weights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """The positions that keep the order and the gaps and least miss the wishes.

    Minimises the weighted sum of squared distances by pooling adjacent violators (Ayer et al.,
    1955): what stands too close is pushed apart as one group around its mean.

    Args:
        wishes: wanted positions, [N].
        weights: how much each wish counts, above 0, [N].
        gaps: least distance between neighbours, [N - 1].
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    groups: list[tuple[float, float, int]] = []  # mean, weight, members
    for wish, weight, offset in zip(wishes, weights, offsets, strict=True):
        mean, total, count = wish - offset, weight, 1
        while groups and groups[-1][0] > mean:
            other, other_weight, other_count = groups.pop()
            mean = (mean * total + other * other_weight) / (total + other_weight)
            total, count = total + other_weight, count + other_count
        groups.append((mean, total, count))
    means = [mean for mean, _, count in groups for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _straighten(
    x: dict[str, float],
    layers: Layers,
    gaps: Sequence[Sequence[float]],
    widths: Mapping[str, float],
) -> None:
    """Draws the lanes of a state into one line; boxes give way."""
    for _ in range(_ROUNDS):
        lines: dict[str, list[float]] = {}
        for unit in (unit for layer in layers for unit in layer if unit.lane):
            lines.setdefault(unit.top.split("@")[0], []).append(x[unit.top])
        for layer, row in zip(layers, gaps, strict=True):
            wishes = [
                fmean(lines[unit.top.split("@")[0]]) if unit.lane else x[unit.top] for unit in layer
            ]
            weights = [_STRAIGHT if unit.lane else 1.0 for unit in layer]
            _put(x, layer, spaced(wishes, weights, row), widths)


def _width(unit: Unit, widths: Mapping[str, float]) -> float:
    if unit.lane:
        return 0.0
    feet = sum(widths[foot] for foot in unit.feet) + SIBLING_GAP * (len(unit.feet) - 1)
    return max(widths[unit.top], feet)


def _gaps(layer: Sequence[Unit], widths: Mapping[str, float]) -> list[float]:
    gaps = []
    for left, right in pairwise(layer):
        gap = _LANE_GAP if left.lane or right.lane else _UNIT_GAP if left.feet else _INPUT_GAP
        gaps.append((_width(left, widths) + _width(right, widths)) / 2 + gap)
    return gaps


def _put(
    x: dict[str, float], layer: Sequence[Unit], centres: list[float], widths: Mapping[str, float]
) -> None:
    """Moves units, and their feet with them."""
    for unit, centre in zip(layer, centres, strict=True):
        x[unit.top] = centre
        if len(unit.feet) == 2:
            left, right = unit.feet
            half = (widths[left] + widths[right] + SIBLING_GAP) / 2
            x[left] = centre - half + widths[left] / 2
            x[right] = centre + half - widths[right] / 2


def _pulls_below(unit: Unit, x: Mapping[str, float]) -> Iterator[tuple[float, float]]:
    """(wanted centre, weight) for each arrow that comes in."""
    for foot, sources in zip(unit.feet, unit.sources, strict=True):
        for source in sources:
            straight = unit.lane and "@" in source
            yield x[source] - (x[foot] - x[unit.top]), _STRAIGHT if straight else 1.0


def _pulls_above(
    unit: Unit, above: Sequence[Sequence[Unit]], x: Mapping[str, float]
) -> Iterator[tuple[float, float]]:
    """(wanted centre, weight) for each arrow that goes out."""
    for reader in (reader for layer in above for reader in layer):
        for foot, sources in zip(reader.feet, reader.sources, strict=True):
            if unit.top in sources:
                yield x[foot], _STRAIGHT if unit.lane and reader.lane else 1.0
