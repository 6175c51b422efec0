"""A whole network, written once over the `Backend` protocol: stem, cells, classifiers."""

from nasnet.cells import Backend, Cost, Genotype, Shape, build_cell
from nasnet.cells.backend import X
from nasnet.cells.build import Place
from nasnet.stacking.plan import STEMS, Stack

AUX_FILTERS = (128, 768)


def assemble(
    backend: Backend[X],
    genotype: Genotype,
    stack: Stack,
    image: X,
    classes: int | None,
    *,
    aux_head: bool = False,
) -> dict[str, X]:
    """Stacks the cells of `genotype` as `stack` plans it.

    Args:
        backend: what the network is built with.
        genotype: the cells.
        stack: the plan.
        image: [N, H, W, C].
        classes: number of classes; None for no classifier.
        aux_head: whether the auxiliary classifier is built.

    Returns:
        Every end point by the released code's name, in order: `Stem`, `Cell_0`, ...,
        `Reduction_Cell_0`, ..., `AuxLogits` [N, classes] where asked for, `global_pool` [N, C],
        `Logits` [N, classes]. An ImageNet stem's cells come first, as `Cell_Stem_0` and
        `Cell_Stem_1`; the latter is `Stem`, too. Cells that reach no output, because those above
        ignore them, are not built.
    """
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
                Place(slot.filters, (height, width), slot.stride, slot.depth),
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
