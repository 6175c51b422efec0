"""The cost of a network, slot by slot."""

import dataclasses

from cells import Cost, Genotype, Shape
from stacking.assemble import network_cost
from stacking.plan import Stack


@dataclasses.dataclass(frozen=True, slots=True)
class SlotCost:
    """What lies between one end point and the next.

    Attributes:
        name: the end point's, as in the released code.
        shape: height, width and channels of its output.
        parameters: all of them.
        trainable: those that gradients move.
        mult_adds: of one image.
    """

    name: str
    shape: tuple[int, int, int]
    parameters: int
    trainable: int
    mult_adds: int


def profile(
    genotype: Genotype, stack: Stack, input_shape: tuple[int, int, int], classes: int
) -> list[SlotCost]:
    """The cost of every end point, in order; together they are the whole network.

    Args:
        genotype: the cells.
        stack: the plan.
        input_shape: height, width and channels of the images.
        classes: number of classes.

    Raises:
        ValueError: the network cannot be built.
    """
    cost, ends = network_cost(genotype, stack, input_shape, classes)
    return [_slot(cost, name, shape) for name, shape in ends.items()]


def _slot(cost: Cost, name: str, shape: Shape) -> SlotCost:
    prefix = f"{name.lower()}_"
    parameters = [p for p in cost.parameters if p.path.startswith(prefix)]
    mult_adds = sum(n for layer, n in cost.layer_mult_adds.items() if layer.startswith(prefix))
    return SlotCost(
        name,
        (shape.height, shape.width, shape.channels),
        sum(p.size for p in parameters),
        sum(p.size for p in parameters if p.trainable),
        mult_adds,
    )
