"""Where the weights of a network stand: its plan and its cells, from paths and shapes alone."""

import dataclasses
import itertools
import math
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from nasnet.cells import Family
from nasnet.stacking.plan import NUM_STAGES, Stack, StemName

_PATH = re.compile(
    r"(?P<cell>(?:cell_stem|reduction_cell|cell)_\d+)_"
    r"(?P<part>input_\d|block_\d+_[ab]|output)_(?P<array>.*)"
)
Shapes = Mapping[str, tuple[int, ...]]


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    """A cell in its network.

    Attributes:
        name: as in paths.
        kind: "normal" or "reduction".
        stage: -1 for the stem's cells.
        rank: among the cells of its kind in its stage; reductions count through.
        filters: of its operations.
        feeds: kind and filters of what its inputs read, by the part's name.
        bare: whether its older input is its newer one as it is.
        parts: the arrays of each part: shapes by the rest of the path.
    """

    name: str
    kind: str
    stage: int
    rank: int
    filters: int
    feeds: dict[str, tuple[str, int]]
    bare: bool
    parts: dict[str, dict[str, tuple[int, ...]]]

    def reads(self, part: str, channels: int) -> set[Any]:
        """What a kernel of so many input channels may read, in forms that widths do not enter."""
        if part in self.feeds:
            kind, filters = self.feeds[part]
            return {(kind, Fraction(channels, filters))}
        inner = channels < self.filters  # of a bottleneck
        readings: set[Any] = {"inner" if inner else Fraction(channels, self.filters)}
        if self.bare and channels == self.feeds["input_1"][1]:
            readings.add("bare input")
        return readings

    def size(self, parts: Iterable[str]) -> int:
        """Values in these parts."""
        return sum(math.prod(shape) for part in parts for shape in self.parts[part].values())


def infer_stack(shapes: Shapes) -> Stack:
    """The plan of a network, as far as the names and shapes of its weights tell.

    Raises:
        ValueError: there are no cells.
    """
    widths: dict[str, int] = {}
    for path, shape in shapes.items():
        match = _PATH.fullmatch(path)
        if match and path.endswith("/gamma"):
            widths[match["cell"]] = max(widths.get(match["cell"], 0), shape[0])
    numbers = [int(name.removeprefix("cell_")) for name in widths if re.match(r"cell_\d", name)]
    if not numbers:
        raise ValueError("weights have no cells, expected those of a network of this toolkit")
    repeats = -(-(max(numbers) + 1) // NUM_STAGES)
    first = min(numbers)
    stem: StemName = "cifar"
    if any(name.startswith("cell_stem") for name in widths):
        stem = "imagenet"
    elif "stem_conv_2/kernel" in shapes:
        stem = "darts-imagenet"
    stem_widths = [shape[-1] for path, shape in shapes.items() if path.startswith("stem_conv")]
    lowest = "cell_stem_0" if stem == "imagenet" else "cell_0"
    return Stack(
        repeats,
        widths[f"cell_{first}"] // 2 ** (first // repeats),
        max(stem_widths),
        _skips(shapes, repeats),
        stem,
        extra_reductions=any(name.startswith("reduction_cell") for name in widths),
        conventions=_family(shapes, lowest),
    )


def _family(shapes: Shapes, lowest: str) -> Family:
    """The conventions, as far as they show: of "keras" nothing does, so that is "nasnet", too."""
    if f"{lowest}_input_0_conv/kernel" not in shapes:
        return "nasnet"  # the stem is not its older input
    twice = any(path.endswith("_input_1_conv_2/kernel") for path in shapes)
    return "enas" if twice else "darts"


def _skips(shapes: Shapes, repeats: int) -> bool:
    """Whether the first cell behind a reduction does not read what the reduction reads last."""
    older = shapes.get(f"cell_{repeats}_input_0_conv/kernel")
    newest = shapes.get("reduction_cell_0_input_1_conv/kernel")
    return older is not None and newest is not None and older[2] != newest[2]


def find_sites(shapes: Shapes, stack: Stack) -> list[Site]:
    """The cells of a network that have weights, from the image on."""
    parts: dict[str, dict[str, dict[str, tuple[int, ...]]]] = {}
    for path, shape in shapes.items():
        if match := _PATH.fullmatch(path):
            cell = parts.setdefault(match["cell"], {})
            cell.setdefault(match["part"], {})[match["array"]] = shape
    outputs = [("stem", stack.stem_width)] * stack.stem_outputs
    sites, stage = [], 0
    ranks = {key: itertools.count() for key in [-1, "reduction", *range(NUM_STAGES)]}
    for i, slot in enumerate(stack):
        inside = i < stack.stem_cells
        stage += slot.kind == "reduction" and not inside
        where = -1 if inside else stage
        rank = next(ranks["reduction" if slot.kind == "reduction" and not inside else where])
        feeds = {"input_1": outputs[slot.current]}
        if slot.previous is not None:
            feeds["input_0"] = outputs[slot.previous]
        outputs.append((slot.kind, slot.filters))
        name = slot.name.lower()
        bare = slot.previous is None
        filters = slot.filters
        own = parts.get(name, {})
        sites.append(Site(name, slot.kind, where, rank, filters, feeds, bare, own))
    return [site for site in sites if site.parts]
