"""What a network costs, end point by end point."""

import dataclasses
from collections.abc import Sequence

from nasnet.cells.cost import Cost, Shape
from nasnet.cells.network import Network, network_cost


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


def profile(network: Network, *, aux_head: bool = False) -> list[SlotCost]:
    """The cost of what lies before every end point, in order; together the whole network.

    An ImageNet stem's cells have rows of their own, apart from its convolutions.

    Args:
        network: what is counted.
        aux_head: whether the auxiliary classifier counts, too.

    Raises:
        ValueError: the network cannot be built.
    """
    cost, ends = network_cost(network, aux_head=aux_head)
    stem = [part.shape for part in network.parts(aux_head=aux_head) if part.kind == "stem"]
    rows = {"Stem": Shape(*stem[-1])} if stem else {}
    rows |= {name: ends[name] for name in ends if name != "Stem"}
    return [_slot(cost, name, shape) for name, shape in rows.items()]


def total(rows: Sequence[SlotCost]) -> SlotCost:
    """The sum of all rows."""
    return SlotCost(
        "total",
        rows[-1].shape,
        sum(row.parameters for row in rows),
        sum(row.trainable for row in rows),
        sum(row.mult_adds for row in rows),
    )


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
