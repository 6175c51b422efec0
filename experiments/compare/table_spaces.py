"""The search spaces whose architectures were measured as a whole, and how tables name them."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from nasnet.cells.spaces.nasbench201 import NASBench201Space
from nasnet.cells.spaces.operations import OperationSpace
from nasnet.search.tables import Columns


@dataclasses.dataclass(frozen=True, slots=True)
class TableSpace:
    """A space and its tables.

    Args:
        make: the space.
        name: an architecture's name in the tables.
        names: the names of all of them.
        columns: where a table has what, by data set.
    """

    make: Callable[[], Any]
    name: Callable[[Any], str]
    names: Callable[[], Iterable[str]]
    columns: Mapping[str, Columns]


def _arch(cell: Any) -> str:
    """The very spelling: cells that are the same network were trained apart."""
    return cell.arch


def _key(genotype: Any) -> str:
    return genotype.key


def _all_archs() -> Iterable[str]:
    space = NASBench201Space()
    return (space.decode(choices).arch for choices in space)


def _all_keys() -> Iterable[str]:
    space = OperationSpace()
    return (space.decode(choices).key for choices in space)


def _nasbench201_columns(dataset: str) -> Columns:
    """Searched on validation accuracy behind 12 epochs, reported on test accuracy behind 200."""
    return Columns("arch", f"e12_{dataset}_valid", f"e200_{dataset}_test", scale=0.01)


TABLE_SPACES: Mapping[str, TableSpace] = MappingProxyType(
    {
        "nasbench201": TableSpace(
            NASBench201Space,
            _arch,
            _all_archs,
            {
                "cifar10": _nasbench201_columns("cifar10"),
                "cifar100": _nasbench201_columns("cifar100"),
                "imagenet16-120": _nasbench201_columns("in16"),
            },
        ),
        "cells": TableSpace(
            OperationSpace,
            _key,
            _all_keys,
            {"shapes10": Columns("key", "val_accuracy", "test_accuracy")},
        ),
    }
)
