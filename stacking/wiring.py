"""What a network of cells has besides cells, written once over the `Backend` protocol."""

from nasnet.cells import Backend, Genotype
from nasnet.cells.backend import X
from nasnet.stacking.plan import STEMS, Stack

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
