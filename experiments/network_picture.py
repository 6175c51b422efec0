"""A network as nodes that `viz` can draw."""

from cells import Cost, Shape
from experiments.profiling import Network
from stacking.assemble import build_stem, needed_outputs, network_cost
from stacking.plan import STEMS, Slot
from viz import NetworkNode


def network_nodes(network: Network, *, aux_head: bool = False) -> list[NetworkNode]:
    """The boxes of a network from the image to the classifier.

    An arrow stands for an input that reaches the output of the cell; cells that reach no classifier
    are left out.

    Args:
        network: what is drawn.
        aux_head: whether the auxiliary classifier is drawn, too.

    Raises:
        ValueError: the network cannot be built.
    """
    genotype, stack, classes = network.genotype, network.stack, network.classes
    _, ends = network_cost(genotype, stack, network.input_shape, classes, aux_head=aux_head)
    needed = needed_outputs(genotype, stack, aux_head=aux_head)
    nodes, names = _stem(network, needed)
    for number, slot in enumerate(stack, start=stack.stem_outputs):
        if number in needed:
            names[number] = slot.name
            inputs = tuple(names[i] for i in _read(network, slot))
            detail = f"F = {slot.filters}"
            nodes.append(NetworkNode(slot.name, slot.kind, detail, tuple(ends[slot.name]), inputs))
        if number == stack.aux_output and aux_head:
            name, inputs = "Auxiliary head", (names[number],)
            nodes.append(NetworkNode(name, "aux", "softmax", (classes,), inputs))
    pooled = (ends["global_pool"].channels,)
    nodes.append(NetworkNode("Global pool", "head", "", pooled, (names[max(names)],)))
    nodes.append(NetworkNode("Softmax", "head", "", (classes,), ("Global pool",)))
    return nodes


def _stem(network: Network, needed: set[int]) -> tuple[list[NetworkNode], dict[int, str]]:
    """The image and one node for each convolution that cells may read, and these by number."""
    stack = network.stack
    shapes = build_stem(Cost(), stack, Shape(*network.input_shape))
    nodes = [NetworkNode("Image", "image", "", network.input_shape)]
    names: dict[int, str] = {}
    strides: list[int] = []
    for conv in STEMS[stack.stem].convs:
        strides.append(conv.stride)
        if conv.emits:
            if len(names) > max(number for number in needed if number < len(shapes)):
                break
            number = len(names)
            names[number] = "Stem" if len(shapes) == 1 else f"Stem_{number}"
            detail = ", ".join(f"3×3 /{stride}" if stride > 1 else "3×3" for stride in strides)
            shape, inputs = tuple(shapes[number]), (nodes[-1].name,)
            nodes.append(NetworkNode(names[number], "stem", f"conv {detail}", shape, inputs))
            strides = []
    return nodes, names


def _read(network: Network, slot: Slot) -> list[int]:
    """The outputs that a slot's cell reads, the newest first, each once."""
    reads = slot.cell(network.genotype).reads
    older = slot.current if slot.previous is None else slot.previous
    read = [number for state, number in ((1, slot.current), (0, older)) if state in reads]
    return list(dict.fromkeys(read))
