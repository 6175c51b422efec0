"""Networks of cells as data, and the frame that makes them of genotypes.

What a network has besides cells is written once over the `Backend` protocol, too.
"""

import dataclasses

from nasnet.cells import Backend, Cost, Genotype, Part, Shape, network_cost
from nasnet.cells.backend import X
from nasnet.cells.build import Place, build_cell
from nasnet.runtime.shown import Drawn
from nasnet.stacking.plan import STEMS, Slot, Stack

AUX_FILTERS = (128, 768)


def build_stem(backend: Backend[X], stack: Stack, image: X, count: int | None = None) -> list[X]:
    """The convolutions below the cells.

    Args:
        backend: what they are built with.
        stack: the plan.
        image: [N, H, W, C].
        count: how many outputs to build; None for all.

    Returns:
        The outputs that cells may read, from the image on.
    """
    outputs: list[X] = []
    x = image
    with backend.scope("stem"):
        for conv in STEMS[stack.stem].convs:
            if len(outputs) == count:
                break
            x = backend.conv(
                backend.relu(x) if conv.relu else x,
                stack.stem_width // conv.share,
                (3, 3),
                stride=(conv.stride, conv.stride),
                padding=conv.padding,
            )
            x = backend.batch_norm(x)
            if conv.emits:
                outputs.append(x)
    return outputs


def build_aux_head(backend: Backend[X], x: X, classes: int, *, bias: bool = True) -> X:
    """The auxiliary classifier (https://arxiv.org/abs/1707.07012, appendix A.7), [N, classes].

    Args:
        backend: what it is built with.
        x: output of a cell two thirds of the way up, [N, H, W, C]; H and W are at least 5.
        classes: number of classes.
        bias: whether its classifier has one.
    """
    x = backend.pool(backend.relu(x), "avg", 5, stride=3, padding="valid")
    x = backend.relu(backend.batch_norm(backend.conv(x, AUX_FILTERS[0], (1, 1))))
    x = backend.conv(x, AUX_FILTERS[1], backend.size(x), padding="valid")
    # One pixel is left, so that its mean is the pixel itself without the two axes.
    x = backend.global_pool(backend.relu(backend.batch_norm(x)))
    return backend.dense(x, classes, bias=bias)


def needed_outputs(genotype: Genotype, stack: Stack, *, aux_head: bool = False) -> set[int]:
    """The outputs, numbered as in `Slot`, that the classifiers are computed from.

    A cell may ignore one of its inputs, and then whole cells below it may reach nothing.
    """
    slots = list(enumerate(stack, start=stack.stem_outputs))
    needed = {slots[-1][0]}
    if aux_head:
        needed.add(stack.aux_output)
    for number, slot in reversed(slots):
        reads = slot.cell(genotype).reads
        if number in needed and 0 in reads:
            needed.add(slot.current if slot.previous is None else slot.previous)
        if number in needed and 1 in reads:
            needed.add(slot.current)
    return needed


@dataclasses.dataclass(frozen=True, slots=True)
class CellNetwork(Drawn):
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

    def build(self, backend: Backend[X], image: X, /, *, aux_head: bool = False) -> dict[str, X]:
        """Every end point by the released code's name.

        They are in order: `Stem`, `Cell_0`, ..., `Reduction_Cell_0`, ..., `AuxLogits` [N, classes]
        where asked for, `global_pool` [N, C], `Logits` [N, classes]. An ImageNet stem's cells come
        first, as `Cell_Stem_0` and `Cell_Stem_1`; the latter is `Stem`, too. Cells that reach no
        output, because those above ignore them, are not built.

        Raises:
            ValueError: an auxiliary classifier is asked for without classes.
        """
        if aux_head and self.classes is None:
            raise ValueError("classes is None, expected a number for the auxiliary classifier")
        genotype, stack, classes = self.genotype, self.stack, self.classes
        needed = needed_outputs(genotype, stack, aux_head=aux_head)
        stem = build_stem(Cost(), stack, Shape(*backend.size(image), backend.channels(image)))
        sizes = [(shape.height, shape.width) for shape in stem]
        read = 1 + max(number for number in needed if number < len(stem))
        outputs = dict(enumerate(build_stem(backend, stack, image, read)))
        ends = {} if stack.stem_cells or read < len(stem) else {"Stem": outputs[read - 1]}
        for number, slot in enumerate(stack, start=len(stem)):
            height, width = sizes[slot.current]
            sizes.append((-(-height // slot.stride), -(-width // slot.stride)))
            if number not in needed:
                continue
            with backend.scope(slot.name.lower()):
                outputs[number] = build_cell(
                    backend,
                    slot.cell(genotype),
                    None if slot.previous is None else outputs.get(slot.previous),
                    outputs.get(slot.current),
                    Place(slot.filters, (height, width), slot.stride, slot.depth, slot.kind),
                    stack.rules,
                )
            ends[slot.name] = outputs[number]
            if number == len(stem) + stack.stem_cells - 1:
                ends["Stem"] = outputs[number]
        if aux_head and classes is not None:
            with backend.scope("auxlogits"):
                ends["AuxLogits"] = build_aux_head(
                    backend, outputs[stack.aux_output], classes, bias=stack.rules.classifier_bias
                )
        x = outputs[len(sizes) - 1]
        ends["global_pool"] = backend.global_pool(
            backend.relu(x) if stack.rules.relu_before_pool else x
        )
        if classes is not None:
            with backend.scope("logits"):
                x = backend.dropout(ends["global_pool"])
                ends["Logits"] = backend.dense(x, classes, bias=stack.rules.classifier_bias)
        return ends

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
