"""A whole network as data: what every interpreter, trainer, drawing and command takes.

A search chooses an architecture; a `Frame` makes a network of it and holds what stays the same for
all children. A `Network` builds itself over any `Backend`, so that a new kind of network meets all
interpreters by being written once.
"""

from typing import Protocol, TypeVar

from cells.backend import Backend, X
from cells.cost import Cost, Shape

A = TypeVar("A", contravariant=True)


class Network(Protocol):
    """A whole network as data: frozen and hashable."""

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images."""

    @property
    def classes(self) -> int | None:
        """Units of the classifier; None for no classifier."""

    def build(self, backend: Backend[X], x: X, *, aux_head: bool = False) -> dict[str, X]:
        """Builds the network.

        Args:
            backend: what it is built with.
            x: images, [N, H, W, C].
            aux_head: whether the auxiliary classifier is built, too.

        Returns:
            Every end point by name, from the image on; among them `Logits` [N, classes] where there
            are classes, and `AuxLogits` [N, classes] where asked for.
        """


class Frame(Protocol[A]):
    """How an architecture becomes a network: what stays the same for all children."""

    def network(self, architecture: A, /) -> Network:
        """The network of an architecture."""


def network_cost(network: Network, *, aux_head: bool = False) -> tuple[Cost, dict[str, Shape]]:
    """What a network costs, in closed form, without building it.

    Args:
        network: of any kind.
        aux_head: whether the auxiliary classifier counts, too.

    Returns:
        The count, and the shape of every end point.

    Raises:
        ValueError: the images are too small for the network, or a width cannot be halved.
    """
    cost = Cost()
    return cost, network.build(cost, Shape(*network.input_shape), aux_head=aux_head)
