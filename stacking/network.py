"""Networks of cells as data, and the frame that makes them of genotypes."""

import dataclasses

from nasnet.cells import Backend, Cost, Genotype, Part, Shape, network_cost
from nasnet.cells.backend import X
from nasnet.stacking.assemble import assemble, build_stem, needed_outputs
from nasnet.stacking.plan import STEMS, Slot, Stack


@dataclasses.dataclass(frozen=True, slots=True)
class CellNetwork:
    """The cells of a genotype, stacked by a plan.

    Args:
        genotype: the cells.
        stack: the plan.
        input_shape: height, width and channels of the images.
        classes: units of the classifier; None for no classifier.

    Raises:
        ValueError: the shape is none, or there are less than 1 classes.
    """

    genotype: Genotype
    stack: Stack
    input_shape: tuple[int, int, int]
    classes: int | None

    def __post_init__(self) -> None:
        check_images(self.input_shape, self.classes)

    def build(self, backend: Backend[X], x: X, *, aux_head: bool = False) -> dict[str, X]:
        """Every end point, as `assemble` names them.

        Raises:
            ValueError: an auxiliary classifier is asked for without classes.
        """
        if aux_head and self.classes is None:
            raise ValueError("classes is None, expected a number for the auxiliary classifier")
        return assemble(backend, self.genotype, self.stack, x, self.classes, aux_head=aux_head)

    def parts(self, *, aux_head: bool = False) -> list[Part]:
        """The stem's convolutions, the cells that reach a classifier, and the classifiers.

        A cell reads the inputs that reach its output.
        """
        genotype, stack = self.genotype, self.stack
        _, ends = network_cost(self, aux_head=aux_head)
        needed = needed_outputs(genotype, stack, aux_head=aux_head)
        parts, names = self._stem_parts(needed)
        for number, slot in enumerate(stack, start=stack.stem_outputs):
            if number in needed:
                names[number] = slot.name
                inputs = tuple(names[i] for i in self._read(slot))
                shape = tuple(ends[slot.name])
                parts.append(Part(slot.name, slot.kind, f"F = {slot.filters}", shape, inputs))
            if number == stack.aux_output and aux_head and self.classes is not None:
                inputs = (names[number],)
                parts.append(Part("Auxiliary head", "aux", "softmax", (self.classes,), inputs))
        pooled = (ends["global_pool"].channels,)
        parts.append(Part("Global pool", "head", "", pooled, (names[max(names)],)))
        if self.classes is not None:
            parts.append(Part("Softmax", "head", "", (self.classes,), ("Global pool",)))
        return parts

    def _stem_parts(self, needed: set[int]) -> tuple[list[Part], dict[int, str]]:
        """The image and one part for each convolution that cells may read, and these by number."""
        shapes = build_stem(Cost(), self.stack, Shape(*self.input_shape))
        parts = [Part("Image", "image", "", self.input_shape)]
        names: dict[int, str] = {}
        strides: list[int] = []
        for conv in STEMS[self.stack.stem].convs:
            strides.append(conv.stride)
            if conv.emits:
                if len(names) > max(number for number in needed if number < len(shapes)):
                    break
                number = len(names)
                names[number] = "Stem" if len(shapes) == 1 else f"Stem_{number}"
                detail = ", ".join(f"3×3 /{stride}" if stride > 1 else "3×3" for stride in strides)
                shape, inputs = tuple(shapes[number]), (parts[-1].name,)
                parts.append(Part(names[number], "stem", f"conv {detail}", shape, inputs))
                strides = []
        return parts, names

    def _read(self, slot: Slot) -> list[int]:
        """The outputs that a slot's cell reads, the newest first, each once."""
        reads = slot.cell(self.genotype).reads
        older = slot.current if slot.previous is None else slot.previous
        read = [number for state, number in ((1, slot.current), (0, older)) if state in reads]
        return list(dict.fromkeys(read))


@dataclasses.dataclass(frozen=True, slots=True)
class CellFrame:
    """Stacks the cells of every child by the same plan.

    Args:
        stack: the plan.
        input_shape: height, width and channels of the images.
        classes: units of the classifier; None for no classifier.

    Raises:
        ValueError: as for `CellNetwork`.
    """

    stack: Stack
    input_shape: tuple[int, int, int]
    classes: int | None

    def __post_init__(self) -> None:
        check_images(self.input_shape, self.classes)

    def network(self, genotype: Genotype, /) -> CellNetwork:
        """The network of these cells."""
        return CellNetwork(genotype, self.stack, self.input_shape, self.classes)


def check_images(input_shape: tuple[int, ...], classes: int | None) -> None:
    """Refuses what is no shape of images or no number of classes.

    Raises:
        ValueError: it is none.
    """
    if len(input_shape) != 3 or any(type(n) is not int or n < 1 for n in input_shape):
        raise ValueError(f"input shape is {input_shape}, expected height, width and channels")
    if classes is not None and classes < 1:
        raise ValueError(f"classes is {classes}, expected at least 1")
