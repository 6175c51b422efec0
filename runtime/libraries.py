"""Optional libraries, and what is said where one is missing."""

import importlib
from typing import Any


class MissingLibraryError(ValueError):
    """A library that is needed here is not installed."""


def need(module: str, package: str, purpose: str) -> Any:
    """Imports an optional library.

    Raises:
        MissingLibraryError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise MissingLibraryError(
            f"{package} is not installed, expected it to {purpose}: pip install {package}"
        ) from None
