"""Which network a command is asked for: a cell, a plan flag by flag, a published preset."""

import dataclasses
from typing import Any

from nasnet.cells import LAYER_ZOO, Family
from nasnet.cells.spaces.nasbench201 import NASBench201Cell
from nasnet.data.dataset import read_arrays
from nasnet.experiments.searching.cell_argument import resolve_architecture, search_of
from nasnet.stacking.architectures import ImageFrame, ImageNetwork, check_plan
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Stack, StemName
from nasnet.stacking.presets import PRESETS

_SHAPE, _CLASSES = (32, 32, 3), 10


@dataclasses.dataclass(frozen=True)
class PlanFlags:
    """A plan, flag by flag; what is left out is the preset's, or without one that of CIFAR-10.

    Args:
        repeats: normal cells in a stage, N in the paper; 6 without a preset (5 of NAS-Bench-201).
        filters: channels of an operation in the first stage, F; 32 without a preset (16 of
            NAS-Bench-201). The paper's N @ P names the channels of the last output instead.
        stem_filters: channels of the stem's last convolution.
        skip_reduction_input: the first cell behind a reduction takes the older input that the
            reduction took.
        stem: cifar is one convolution; imagenet strides it and puts two Reduction cells behind it;
            darts-imagenet has three strided convolutions.
        extra_reductions: Reduction cells stand between the stages; else the first cell of stages 2
            and 3 is one, as in PNASNet.
        conventions: the family whose habits the network has.
    """

    repeats: int | None = None
    filters: int | None = None
    stem_filters: int | None = None
    skip_reduction_input: bool = False
    stem: StemName | None = None
    extra_reductions: bool = True
    conventions: Family | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The fields of `Stack` that are not left out."""
        fields = dataclasses.fields(self)
        return {f.name: getattr(self, f.name) for f in fields if getattr(self, f.name) != f.default}


@dataclasses.dataclass(frozen=True, slots=True)
class ChosenNetwork:
    """A network and what it is called.

    Attributes:
        name: of its cell.
        network: all that decides it but its weights.
        preset: the name of the published network that it comes from, None where it is none.
    """

    name: str
    network: ImageNetwork
    preset: str | None = None

    @property
    def title(self) -> str:
        """One line about it."""
        network, (height, width, _) = self.network, self.network.input_shape
        names = self.name if self.preset is None else f"{self.name}, {self.preset}"
        plan = ""
        if isinstance(network, CellNetwork):
            plan = f"N={network.stack.repeats}, F={network.stack.filters}, "
        return f"{names}: {plan}{height}x{width}, {network.classes} classes"


def choose_network(
    cell: str | None,
    flags: PlanFlags,
    *,
    preset: str | None = None,
    trial: int | None = None,
    size: int | None = None,
    channels: int | None = None,
    classes: int | None = None,
) -> ChosenNetwork:
    """The network that a command is asked for; what is given overrules the preset.

    Without a preset the images and classes are those that a run directory's search was on.

    Args:
        cell: what `resolve_architecture` takes; the preset's where it is None.
        flags: the plan; layers have none.
        preset: a name in `PRESETS`.
        trial: which trial of a run directory.
        size: height and width of the images in pixels.
        channels: of the images.
        classes: number of classes.

    Raises:
        NotFoundError: there is no such cell.
        ValueError: there is no such preset, neither cell nor preset is given, or no such plan; or
            a plan is given for layers.
    """
    if preset is not None and preset not in PRESETS:
        raise ValueError(f"preset is {preset!r}, expected one of: {', '.join(PRESETS)}")
    published = None if preset is None else PRESETS[preset]
    if cell is None:
        if published is None:
            raise ValueError("cell and preset are None, expected at least one of the two")
        cell = published.cell
    name, found = resolve_architecture(cell, trial)
    check_plan(found, [*flags.given, *([f"preset {preset}"] if published else [])])
    plain = Stack(5, 16) if isinstance(found, NASBench201Cell) else Stack()  # the papers'
    stack = dataclasses.replace(published.stack if published else plain, **flags.given)
    (height, width, depth), known = _SHAPE, _CLASSES
    if published is not None:
        height = width = published.size
        known = published.classes
    elif (search := search_of(cell)) is not None:
        (height, width, depth), known = (
            read_arrays(search.data).image_shape,
            len(search.facts.classes),
        )
    elif cell in LAYER_ZOO:
        height, width, depth = LAYER_ZOO[cell].input_shape
    if size is not None:
        height = width = size
    shape = (height, width, depth if channels is None else channels)
    frame = ImageFrame(stack, shape, known if classes is None else classes)
    return ChosenNetwork(name, frame.network(found), preset)
