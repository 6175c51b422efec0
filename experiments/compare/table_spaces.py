"""The spaces whose architectures were measured as a whole, and how tables name them."""

import dataclasses
import operator
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from nasnet.cells import SearchSpace
from nasnet.cells.spaces.nasbench201 import NASBench201Space
from nasnet.cells.spaces.operations import OperationSpace
from nasnet.search.tables import Columns


@dataclasses.dataclass(frozen=True, slots=True)
class MeasuredSpace:
    """A space and its tables.

    Args:
        space: whose architectures were measured, all of them.
        name: an architecture's name in the tables.
        columns: where a table has what, by data set.
    """

    space: SearchSpace[Any]
    name: Callable[[Any], str]
    columns: Mapping[str, Columns]

    def names(self) -> Iterator[str]:
        """The names of all architectures."""
        return (self.name(self.space.decode(choices)) for choices in self.space)


def _nasbench201_columns(dataset: str) -> Columns:
    """Searched on validation accuracy behind 12 epochs, reported on test accuracy behind 200."""
    return Columns(("arch",), (f"e12_{dataset}_valid",), f"e200_{dataset}_test", scale=0.01)


TABLE_SPACES: Mapping[str, MeasuredSpace] = MappingProxyType(
    {
        "nasbench201": MeasuredSpace(
            NASBench201Space(),
            operator.attrgetter("arch"),  # cells that are the same network were trained apart
            {
                "cifar10": _nasbench201_columns("cifar10"),
                "cifar100": _nasbench201_columns("cifar100"),
                "imagenet16-120": _nasbench201_columns("in16"),
            },
        ),
        "cells": MeasuredSpace(
            OperationSpace(),
            operator.attrgetter("key"),
            {"shapes10": Columns(("key",), ("val_accuracy",), "test_accuracy")},
        ),
    }
)
