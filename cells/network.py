"""A whole network as data: what every interpreter, trainer, drawing and command takes.

A search chooses an architecture; a `Frame` makes a network of it and holds what stays the same for
all children. A `Network` builds itself over any `Backend`, so that a new kind of network meets all
interpreters by being written once.
"""

import dataclasses
from collections.abc import Sequence
from typing import Protocol, TypeVar

from nasnet.cells.backend import Backend, X
from nasnet.cells.cost import Cost, Shape

A = TypeVar("A", contravariant=True)


class Architecture(Protocol):
    """What a search space decodes to: a hashable value that can name and write itself.

    `Genotype` is one, `Layers` another. Evaluators know which one they are given.
    """

    @property
    def key(self) -> str:
        """A short name that equal networks share."""

    def to_json(self) -> str:
        """The architecture as one line of JSON, for the record."""


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A part of a network as a person sees it: one box of its picture.

    Attributes:
        name: unique in the network.
        kind: "image", "stem", "normal", "reduction", "head", or "aux" for a side branch; of a layer
            its own, "conv" say.
        detail: what else there is to say, "F = 44" say.
        shape: of the output without the batch: [H, W, C], or [C] behind global pooling.
        inputs: names of earlier parts, the newest first.

    Raises:
        ValueError: an input comes twice, or a side branch has not one input.
    """

    name: str
    kind: str
    detail: str = ""
    shape: tuple[int, ...] = ()
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.inputs)) < len(self.inputs):
            raise ValueError(f"inputs of {self.name!r} are {self.inputs}, expected each once")
        if self.kind == "aux" and len(self.inputs) != 1:
            raise ValueError(f"inputs of {self.name!r} are {self.inputs}, expected one")


class Network(Protocol):
    """A whole network as data: frozen and hashable."""

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images."""

    @property
    def classes(self) -> int | None:
        """Units of the classifier; None for no classifier."""

    def build(self, backend: Backend[X], image: X, /, *, aux_head: bool = False) -> dict[str, X]:
        """Builds the network.

        Args:
            backend: what it is built with.
            image: [N, H, W, C].
            aux_head: whether the auxiliary classifier is built, too.

        Returns:
            Every end point by name, from the image on; among them `Logits` [N, classes] where there
            are classes, and `AuxLogits` [N, classes] where asked for.
        """

    def parts(self, *, aux_head: bool = False) -> Sequence[Part]:
        """The parts from the image to the classifier, each behind all that it reads.

        Args:
            aux_head: whether the auxiliary classifier is among them.
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
