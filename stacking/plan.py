"""The plan of a network: which cell goes where, how wide, and on top of what. No TensorFlow.

Zoph et al., https://arxiv.org/abs/1707.07012, section 4 and Figure 2; wiring as in the released
code (TensorFlow models, research/slim/nets/nasnet).
"""

import dataclasses
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal

from nasnet.cells import CONVENTIONS, Cell, Conventions, Family, Genotype
from nasnet.cells.backend import Padding
from nasnet.runtime.checks import check_known

NUM_STAGES = 3
Kind = Literal["normal", "reduction"]
StemName = Literal["cifar", "imagenet", "darts-imagenet"]


@dataclasses.dataclass(frozen=True, slots=True)
class StemConv:
    """A 3x3 convolution and batch normalization below the cells.

    Attributes:
        stride: of the convolution.
        padding: of the convolution.
        share: what the width of the stem is divided by.
        relu: whether a ReLU stands before it.
        emits: whether cells may read it.
    """

    stride: int = 1
    padding: Padding = "same"
    share: int = 1
    relu: bool = False
    emits: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class Stem:
    """What stands below the three stages.

    Attributes:
        convs: convolutions, from the image on.
        cells: Reduction cells behind them; each has half the width of the next.
        width: (a, b) of the stem's own width a F + b, where the plan names none.
    """

    convs: tuple[StemConv, ...]
    width: tuple[int, int]
    cells: int = 0

    @property
    def outputs(self) -> int:
        """The number of convolutions that cells may read."""
        return sum(conv.emits for conv in self.convs)


STEMS: Mapping[StemName, Stem] = MappingProxyType(
    {
        "cifar": Stem((StemConv(),), width=(3, 0)),
        "imagenet": Stem((StemConv(stride=2, padding="valid"),), width=(0, 32), cells=2),
        "darts-imagenet": Stem(
            (
                StemConv(stride=2, share=2, emits=False),
                StemConv(stride=2, relu=True),
                StemConv(stride=2, relu=True),
            ),
            width=(1, 0),
        ),
    }
)


@dataclasses.dataclass(frozen=True, slots=True)
class Slot:
    """One cell of the plan.

    Attributes:
        name: the end point's name, as in the released code.
        kind: which cell of the genotype stands here.
        filters: channels of each of its operations.
        stride: 2 where the image shrinks.
        previous: which earlier output is its older input, None where there is none. The first
            `Stack.stem_outputs` outputs are the stem's, those behind them the slots'.
        current: which earlier output is its newest input.
        depth: share of the cells that come up to this one, for drop path; the last cell has 1.
    """

    name: str
    kind: Kind
    filters: int
    stride: int
    previous: int | None
    current: int
    depth: float

    def cell(self, genotype: Genotype) -> Cell:
        """The cell that stands here."""
        return genotype.normal if self.kind == "normal" else genotype.reduction


@dataclasses.dataclass(frozen=True, slots=True)
class Stack:
    """Three stages of `repeats` cells; a reduction between stages doubles the width.

    Args:
        repeats: normal cells in a stage, N in the paper.
        filters: channels of an operation in the first stage, F. (The paper's N @ P notation names
            the channels of the last output instead: see `from_penultimate`.)
        stem_filters: channels of the stem's last convolution; where it is None, 3 F for "cifar", 32
            for "imagenet" and F for "darts-imagenet".
        skip_reduction_input: whether the first cell behind a reduction takes the older input that
            the reduction took, instead of the reduction's own input. The released code does so for
            its large ImageNet network only.
        stem: "cifar" is one convolution; "imagenet" strides it and puts two Reduction cells of F/4
            and F/2 (rounded down) behind it; "darts-imagenet" has three strided convolutions.
        extra_reductions: whether Reduction cells stand between the stages; else the first of the
            `repeats` cells of stages 2 and 3 is one, as in PNASNet.
        conventions: the family whose habits the network has, a name in `CONVENTIONS`.

    Raises:
        ValueError: a number is too small, a name is unknown, or an input is to be skipped where no
            extra reduction is.
    """

    repeats: int = 6
    filters: int = 32
    stem_filters: int | None = None
    skip_reduction_input: bool = False
    stem: StemName = "cifar"
    extra_reductions: bool = True
    conventions: Family = "nasnet"

    def __post_init__(self) -> None:
        for name, known in (("stem", STEMS), ("conventions", CONVENTIONS)):
            check_known(name, getattr(self, name), known)
        share = max(conv.share for conv in STEMS[self.stem].convs)
        for name, lowest in (
            ("repeats", 1),
            ("filters", max(2**self.stem_cells, share)),
            ("stem_filters", share),
        ):
            value = getattr(self, name)
            if value is None and name == "stem_filters":
                continue
            if type(value) is not int or value < lowest:
                raise ValueError(f"{name} is {value!r}, expected a whole number from {lowest}")
        if self.skip_reduction_input and not self.extra_reductions:
            raise ValueError(
                "skip_reduction_input is True, expected False without extra reduction cells"
            )

    @classmethod
    def from_penultimate(cls, repeats: int, penultimate: int, genotype: Genotype) -> "Stack":
        """The plan that the papers write as N @ P; other fields by `dataclasses.replace`.

        Args:
            repeats: normal cells in a stage, N.
            penultimate: channels of the last cell's output, P.
            genotype: the cells; P is 4 F times the states that the Normal cell emits.

        Raises:
            ValueError: P does not come out for any F.
        """
        unit = 2 ** (NUM_STAGES - 1) * len(genotype.normal.concat)
        if type(penultimate) is not int or penultimate < 1 or penultimate % unit:
            low = max(penultimate // unit, 1) * unit
            raise ValueError(
                f"penultimate filters is {penultimate}, expected a multiple of {unit} for this "
                f"cell, such as {low} or {low + unit}"
            )
        return cls(repeats, penultimate // unit)

    @property
    def rules(self) -> Conventions:
        """The habits of the family."""
        return CONVENTIONS[self.conventions]

    @property
    def stem_width(self) -> int:
        """Channels of the stem's last convolution."""
        slope, offset = STEMS[self.stem].width
        return self.stem_filters or slope * self.filters + offset

    @property
    def stem_outputs(self) -> int:
        """How many outputs come before the slots'."""
        return STEMS[self.stem].outputs

    @property
    def stem_cells(self) -> int:
        """How many of the slots belong to the stem."""
        return STEMS[self.stem].cells

    @property
    def aux_output(self) -> int:
        """The output, numbered as in `Slot`, that carries the auxiliary head."""
        last = max(
            (slot for slot in self if slot.kind == "reduction"), key=lambda slot: slot.current
        )
        return last.current + self.rules.aux_behind_reduction

    def __iter__(self) -> Iterator[Slot]:
        cells = list(self._cells())
        behind_reduction = False
        for i, (name, kind, filters) in enumerate(cells):
            current = self.stem_outputs - 1 + i
            previous: int | None = current - 1
            if not current:
                previous = 0 if self.rules.repeats_stem else None
            if self.skip_reduction_input and behind_reduction:
                previous = current - 2
            stride = 2 if kind == "reduction" else 1
            yield Slot(name, kind, filters, stride, previous, current, (i + 1) / len(cells))
            behind_reduction = kind == "reduction" and i >= self.stem_cells

    def _cells(self) -> Iterator[tuple[str, Kind, int]]:
        """Name, kind and filters of every cell, from the image on."""
        for i in range(self.stem_cells):
            yield f"Cell_Stem_{i}", "reduction", self.filters // 2 ** (self.stem_cells - i)
        for stage in range(NUM_STAGES):
            width = self.filters * 2**stage
            if stage and self.extra_reductions:
                yield f"Reduction_Cell_{stage - 1}", "reduction", width
            for i in range(self.repeats):
                strides = stage and not i and not self.extra_reductions
                kind: Kind = "reduction" if strides else "normal"
                yield f"Cell_{stage * self.repeats + i}", kind, width
