"""The space of NAS-2017: convolutions of any shape, each of which may read any earlier ones.

Zoph and Le, Neural Architecture Search with Reinforcement Learning,
https://arxiv.org/abs/1611.01578, sections 3.1, 3.3 and 4.1. Two things the paper leaves open: here
the image is no candidate of the skip connections, and the anchor of a layer is its last token.
"""

import dataclasses
import functools
import itertools
from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType

from nasnet.cells.layers.architecture import Layers
from nasnet.cells.layers.kinds import Conv, Layer, MaxPool
from nasnet.cells.spaces.base import Choices, SearchSpace
from nasnet.cells.spaces.decision import Decision
from nasnet.runtime.checks import check_fields, check_known

_POOL = MaxPool(2, 2, "same")


@dataclasses.dataclass(frozen=True, slots=True)
class LayerVersion:
    """One of the paper's three spaces.

    Attributes:
        strides: of convolutions, down and across; none is decided where there is one.
        filters: of convolutions.
        block: convolutions that one predicted layer stands for, each of which reads all of the
            block before it.
        pools: predicted layers that a 2x2 maximum stands before.
    """

    strides: tuple[int, ...] = (1,)
    filters: tuple[int, ...] = (24, 36, 48, 64)
    block: int = 1
    pools: tuple[int, ...] = ()


# The third has pools at layers 13 and 24 of 39, which are 13 predicted ones of three each.
VERSIONS: Mapping[str, LayerVersion] = MappingProxyType(
    {
        "v1": LayerVersion(),
        "v2": LayerVersion(strides=(1, 2, 3)),
        "v3": LayerVersion(filters=(6, 12, 24, 36), block=3, pools=(4, 8)),
    }
)


@dataclasses.dataclass(frozen=True)
class LayerSpace(SearchSpace[Layers]):
    """Layers with a height, a width, strides, filters, and a yes or no for each earlier layer.

    A search may begin with `start` layers and grow by `step` after every `every` proposals, up to
    `layers`; the number of layers is then the first decision, which no controller makes.

    Args:
        layers: predicted ones; 15, 20 and 13 in the paper's best networks of the three versions.
        version: a name in `VERSIONS`: v1 strides by 1, v2 predicts strides, v3 has blocks of three
            convolutions and two pools.
        kernels: heights and widths of convolutions.
        filters: of convolutions; those of the version where there are none.
        start: layers at first, 6 in the paper; 0 for `layers` from the first proposal on.
        step: 2 in the paper.
        every: 1,600 in the paper.

    Raises:
        ValueError: a number is out of range, or the version is unknown.
    """

    layers: int = 15
    version: str = "v1"
    kernels: tuple[int, ...] = (1, 3, 5, 7)
    filters: tuple[int, ...] = ()
    start: int = 0
    step: int = 2
    every: int = 1600
    decisions: tuple[Decision, ...] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_fields(self, layers=1, start=0, step=1, every=1)
        check_known("version", self.version, VERSIONS)
        if self.start > self.layers:
            raise ValueError(f"start is {self.start}, expected at most layers, {self.layers}")
        depth = (Decision("layers", tuple(map(str, self._depths)), "layers"),)
        made = [decision for i in range(self.layers) for decision in self._layer_decisions(i)]
        object.__setattr__(self, "decisions", (*(depth if self.start else ()), *made))

    def next_decision(self, prefix: Sequence[int]) -> Decision | None:
        """The next one in order, up to the last of as many layers as there are."""
        if self.start and prefix and len(prefix) == self._lengths[self._depths[prefix[0]]]:
            return None
        return super().next_decision(prefix)

    def future(self, prefix: Sequence[int]) -> Hashable:
        """How many decisions are made, and how many layers there will be."""
        return len(prefix), *prefix[:1]

    def given(self, number: int) -> Mapping[int, int]:
        """The number of layers."""
        if not self.start:
            return {}
        return {0: min(number // self.every, len(self._depths) - 1)}

    def architecture(self, choices: Choices) -> Layers:
        """The layers that `choices` stand for."""
        version, steps = VERSIONS[self.version], iter(choices)
        count = self._depths[next(steps)] if self.start else self.layers
        layers, inputs, ends = list[Layer](), list[tuple[int, ...]](), list[int]()
        for i in range(count):
            down = across = 1
            height, width = self.kernels[next(steps)], self.kernels[next(steps)]
            if len(version.strides) > 1:
                down, across = version.strides[next(steps)], version.strides[next(steps)]
            conv = Conv(self._filters[next(steps)], (height, width), (down, across), norm=True)
            read = tuple(ends[j] for j in range(i) if next(steps))
            if i in version.pools:
                layers, inputs = [*layers, _POOL], [*inputs, read]
                read = (len(layers) - 1,)
            for part in range(version.block):
                first = len(layers) - part
                layers.append(conv)
                inputs.append(tuple(range(first, first + part)) or read)
            ends.append(len(layers) - 1)
        return Layers(tuple(layers), tuple(inputs))

    def encode(self, architecture: Layers) -> Choices:
        """The choices that stand for some layers.

        Raises:
            ValueError: they are not in this space.
        """
        version = VERSIONS[self.version]
        convs = [i for i, la in enumerate(architecture.layers) if isinstance(la, Conv)]
        firsts, ends = convs[:: version.block], convs[version.block - 1 :: version.block]
        choices = list[int]()
        try:
            if self.start:
                choices.append(self._depths.index(len(firsts)))
            for i, first in enumerate(firsts):
                conv = architecture.layers[first]
                if not isinstance(conv, Conv):  # which `firsts` are
                    continue
                choices += [self.kernels.index(length) for length in conv.kernel]
                if len(version.strides) > 1:
                    choices += [version.strides.index(step) for step in conv.stride]
                choices.append(self._filters.index(conv.filters))
                read = architecture.inputs[first]
                if i in version.pools:
                    read = architecture.inputs[first - 1]
                choices += [int(ends[j] in read) for j in range(i)]
            found = (*choices, *(0,) * (len(self.decisions) - len(choices)))
            if self.decode(found) == architecture:
                return found
        except (ValueError, IndexError):
            pass
        raise ValueError(f"layers are {architecture.to_json()}, expected some of this space")

    @property
    def _filters(self) -> tuple[int, ...]:
        return self.filters or VERSIONS[self.version].filters

    @property
    def _depths(self) -> tuple[int, ...]:
        """The numbers of layers that a search comes through."""
        return (*range(self.start, self.layers, self.step), self.layers) if self.start else ()

    @functools.cached_property
    def _lengths(self) -> tuple[int, ...]:
        """The numbers of decisions, the first one included, of 0, 1, 2, ... layers."""
        each = (len(self._layer_decisions(i)) for i in range(self.layers))
        return tuple(itertools.accumulate(each, initial=1))

    @functools.cached_property
    def _ends_alone(self) -> bool:
        """Whether all decisions are always made."""
        return not self.start

    def _layer_decisions(self, i: int) -> list[Decision]:
        strides = tuple(map(str, VERSIONS[self.version].strides))
        kernels, last = tuple(map(str, self.kernels)), "filters"
        tokens = [("height", kernels), ("width", kernels)]
        if len(strides) > 1:
            tokens += [("stride_down", strides), ("stride_across", strides)]
        tokens.append((last, tuple(map(str, self._filters))))
        made = [Decision(f"layer_{i}/{name}", options, name) for name, options in tokens]
        for j in range(i):
            anchors = (f"layer_{j}/{last}", f"layer_{i}/{last}")
            made.append(Decision(f"layer_{i}/reads_{j}", ("no", "yes"), "skip", anchors=anchors))
        return made
