"""All notations by name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from nasnet.cells.genotype import Genotype
from nasnet.cells.network import Architecture
from nasnet.cells.notations.base import Notation
from nasnet.cells.notations.darts import DARTS
from nasnet.cells.notations.enas import ENAS
from nasnet.cells.notations.nni import NNI
from nasnet.cells.notations.slim import SLIM
from nasnet.cells.spaces.nasbench201 import NASBench201Cell


def _read_arch(text: str) -> NASBench201Cell:
    return NASBench201Cell.from_arch(text[text.index("|") : text.rindex("|") + 1])


NOTATIONS: Mapping[str, Notation] = MappingProxyType(
    {
        "darts": DARTS,
        "nni": NNI,
        "slim": SLIM,
        "nasbench201": Notation(
            "NAS-Bench-201 string",
            lambda text: "|" in text and "~" in text,
            _read_arch,
            lambda cell: cell.arch,
        ),
        "enas": ENAS,
    }
)


def recognise(text: str) -> str | None:
    """The name of the notation that a text is meant to be in."""
    return next((name for name, known in NOTATIONS.items() if known.recognises(text)), None)


def read_notation(name: str, text: str) -> Architecture:
    """The architecture of a text.

    Raises:
        ValueError: it lacks something; the error says which notation it is in.
    """
    known = NOTATIONS[name]
    try:
        return known.read(text)
    except ValueError as error:
        raise ValueError(f"{known.title}: {error}") from None
    except RecursionError:
        raise ValueError(f"{known.title}: it is nested too deeply") from None


def write_notation(name: str, architecture: Any) -> str:
    """The text of an architecture.

    Raises:
        ValueError: the notation cannot express it.
    """
    known = NOTATIONS[name]
    expected = NASBench201Cell if name == "nasbench201" else Genotype
    if not isinstance(architecture, expected):
        found = type(architecture).__name__
        raise ValueError(f"{known.title}: architecture is a {found}, expected {expected.__name__}")
    try:
        return known.write(architecture)
    except ValueError as error:
        raise ValueError(f"{known.title} cannot express it: {error}") from None
