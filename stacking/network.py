"""Networks of cells as data, and the frame that makes them of genotypes."""

import dataclasses

from cells import Backend, Genotype
from cells.backend import X
from stacking.assemble import assemble
from stacking.plan import Stack


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
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise ValueError(f"input shape is {input_shape}, expected height, width and channels")
    if classes is not None and classes < 1:
        raise ValueError(f"classes is {classes}, expected at least 1")
