"""The space of MetaQNN: chains of layers.

Baker et al., https://arxiv.org/abs/1611.02167, section 4.1 and table 1; the rules of which layer
may follow are those of the released code (libs/grammar/state_enumerator.py of bowenbaker/metaqnn).
There no pool and no dense layer can ever be reached, because a list is compared with a number; here
that is repaired, as the paper has it.
"""

import dataclasses
import itertools
from collections.abc import Hashable, Sequence

from nasnet.cells.layers.architecture import Layers
from nasnet.cells.layers.kinds import Conv, Dense, Dropout, Layer, MaxPool
from nasnet.cells.spaces.base import Choices, SearchSpace
from nasnet.cells.spaces.decision import Decision
from nasnet.runtime.checks import check_fields

MAX_DENSE = 2
DENSE_UP_TO = 4  # the bin of image sizes from which on a dense layer has not too many weights
BINS = (8, 4, 1)  # pixels a side: 8 and more, 4 to 7, 1 to 3
CLASSIFIER, CLASS_MAPS = "classifier", "class_maps"
_DROP_EVERY = 2  # layers


@dataclasses.dataclass(frozen=True, slots=True)
class _State:
    """What a chain has come to.

    Attributes:
        depth: layers so far.
        size: side of the image in pixels.
        after_conv: whether the last layer is a convolution.
        units: of the last layer, 0 where it is not dense.
        dense: number of dense layers.
        ended: whether nothing may follow.
    """

    depth: int
    size: int
    after_conv: bool = False
    units: int = 0
    dense: int = 0
    ended: bool = False

    @property
    def variant(self) -> str:
        """What decides which layers may follow, and a part of a decision's name."""
        if self.dense:
            return f"dense_{self.units}"
        return f"size_{self.bin}_{'conv' if self.after_conv else 'other'}"

    @property
    def bin(self) -> int:
        """The bin of the image's size."""
        return next(least for least in BINS if self.size >= least)

    def after(self, move: Layer | str) -> "_State":
        """What it comes to with one more layer."""
        depth = self.depth + 1
        match move:
            case Conv():
                return _State(depth, self.size, after_conv=True)
            case MaxPool():
                return _State(depth, (self.size - move.window) // move.stride + 1)
            case Dense():
                return _State(depth, self.size, units=move.units, dense=self.dense + 1)
        return dataclasses.replace(self, ended=True)


@dataclasses.dataclass(frozen=True)
class ChainSpace(SearchSpace[Layers]):
    """Chains of at most `max_layers` layers, one decision a layer.

    What may follow depends on the last layer and on the image's size, so each layer has one of
    several decisions: convolutions with kernels smaller than the bin of the size (8, 4 or 1
    pixels); behind a convolution pools with windows smaller than it; up to two dense layers, from
    the bin of 4 on, the second not larger than the first; and two ways to end, `classifier` on all
    values, or `class_maps`, one map a class and the means of these before it.

    Dropout stands behind every second layer and every dense one; the i-th of n has the rate i / 2n,
    where n counts one behind the last layer, too, as the released code does.

    Args:
        max_layers: 12 in the paper; 18 in its code for CIFAR-10.
        kernels: sides of convolutions, rising.
        filters: channels of convolutions.
        pools: windows and strides.
        units: of dense layers.
        image_size: side of the images in pixels; 28 in the released spaces of MNIST and SVHN, 32 in
            that of CIFAR-10.

    Raises:
        ValueError: `max_layers` or `image_size` is below 1, or kernels do not rise.
    """

    max_layers: int = 12
    kernels: tuple[int, ...] = (1, 3, 5)
    filters: tuple[int, ...] = (64, 128, 256, 512)
    pools: tuple[tuple[int, int], ...] = ((5, 3), (3, 2), (2, 2))
    units: tuple[int, ...] = (512, 256, 128)
    image_size: int = 28
    decisions: tuple[Decision, ...] = dataclasses.field(init=False, repr=False, compare=False)
    _moves: dict[str, tuple[Layer | str, ...]] = dataclasses.field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        check_fields(self, max_layers=1, image_size=1)
        if list(self.kernels) != sorted(set(self.kernels)):
            raise ValueError(f"kernels are {list(self.kernels)}, expected rising numbers")
        reached = self._reached()
        moves = {s.variant: self._moves_of(s) for states in reached for s in states}
        decisions = [
            Decision(f"layer_{depth}/{variant}", tuple(map(_name, moves[variant])))
            for depth, states in enumerate(reached)
            for variant in dict.fromkeys(state.variant for state in states)
        ]
        object.__setattr__(self, "_moves", moves)
        object.__setattr__(self, "decisions", tuple(decisions))

    def next_decision(self, prefix: Sequence[int]) -> Decision | None:
        """The decision of the next layer; None behind the last one."""
        state, _ = self._walked(prefix)
        return self._decision(state)

    def future(self, prefix: Sequence[int]) -> Hashable:
        """The state, which is all that what follows depends on."""
        return self._walked(prefix)[0]

    def architecture(self, choices: Choices) -> Layers:
        """The chain that `choices` stand for, with its dropout."""
        _, moves = self._walked(choices)
        layers = tuple(move for move in moves if not isinstance(move, str))
        mapped = moves[-1:] == [CLASS_MAPS]
        return Layers(_with_dropout(layers, mapped), head="class-maps" if mapped else "flatten")

    def encode(self, architecture: Layers) -> Choices:
        """The choices that stand for a chain.

        Raises:
            ValueError: the chain is not in this space.
        """
        layers = [la for la in architecture.layers if not isinstance(la, Dropout)]
        moves: list[Layer | str] = [*layers]
        moves.append(CLASS_MAPS if architecture.head == "class-maps" else CLASSIFIER)
        choices, state = list[int](), _State(0, self.image_size)
        for i, move in enumerate(moves):
            decision = self._decision(state)
            if decision is None and move == CLASSIFIER:
                break
            if decision is None or move not in self._moves[state.variant]:
                raise ValueError(f"layer {i} is {move}, expected one that may stand there")
            choices += [0] * (self._numbers[decision.name] - len(choices))
            choices.append(self._moves[state.variant].index(move))
            state = state.after(move)
        found = (*choices, *(0,) * (len(self.decisions) - len(choices)))
        if self.decode(found) != architecture:
            raise ValueError(f"chain is {architecture.to_json()}, expected the dropout of MetaQNN")
        return found

    def _walked(self, choices: Sequence[int]) -> tuple[_State, list[Layer | str]]:
        """What choices come to, and the layers that they are."""
        state, moves = _State(0, self.image_size), list[Layer | str]()
        while (decision := self._decision(state)) is not None:
            number = self._numbers[decision.name]
            if number >= len(choices):
                break
            moves.append(self._moves[state.variant][choices[number]])
            state = state.after(moves[-1])
        return state, moves

    def _decision(self, state: _State) -> Decision | None:
        if state.ended or state.depth == self.max_layers or state.dense == MAX_DENSE:
            return None
        return self.decisions[self._numbers[f"layer_{state.depth}/{state.variant}"]]

    def _moves_of(self, state: _State) -> tuple[Layer | str, ...]:
        """What may follow, convolutions first: equal ones then have equal numbers everywhere."""
        if state.dense:
            return (*(Dense(units) for units in self.units if units <= state.units), CLASSIFIER)
        pairs = itertools.product(self.kernels, self.filters)
        convs = (Conv(filters, (k, k)) for k, filters in pairs if k < state.bin)
        pools = (MaxPool(*pool) for pool in self.pools if state.after_conv and pool[0] < state.bin)
        dense = map(Dense, self.units if state.bin <= DENSE_UP_TO else ())
        return (*convs, *pools, *dense, CLASS_MAPS, CLASSIFIER)

    def _reached(self) -> list[list[_State]]:
        """The states in which a layer is decided, by depth."""
        levels = [[_State(0, self.image_size)]]
        while len(levels) < self.max_layers:
            following = (s.after(move) for s in levels[-1] for move in self._moves_of(s))
            kept = dict.fromkeys(s for s in following if not s.ended and s.dense < MAX_DENSE)
            levels.append([*kept])
        return levels


def _with_dropout(layers: Sequence[Layer], mapped: bool) -> tuple[Layer, ...]:
    """The layers with dropout between them."""
    dense = sum(isinstance(layer, Dense) for layer in layers)
    # The released code counts the end as one more layer, of the kind of the last one.
    count = (len(layers) - dense) // _DROP_EVERY + dense + 1 if dense else 0
    if not dense:
        count = (len(layers) + (not mapped)) // _DROP_EVERY
    found, number = list[Layer](), 0
    for i, layer in enumerate(layers, start=1):
        found.append(layer)
        if (i % _DROP_EVERY == 0 or isinstance(layer, Dense)) and number < count:
            number += 1
            found.append(Dropout(number / (2 * count)))
    return tuple(found)


def _name(move: Layer | str) -> str:
    match move:
        case Conv(filters, (kernel, _)):
            return f"conv_{kernel}x{kernel}_{filters}"
        case MaxPool(window, stride):
            return f"max_pool_{window}x{window}_{stride}"
        case Dense(units):
            return f"dense_{units}"
    return str(move)
