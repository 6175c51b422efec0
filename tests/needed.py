"""Libraries that a test needs and that need not be there."""

import importlib.util

import pytest


def need(*packages):
    """Skips a test where one of them is missing."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: make test SLOW=1 installs it")
