"""Imported once by the process that the workers of tests are forked from: see `conftest`."""

import tensorflow  # noqa: F401

import experiments.searching  # noqa: F401
import tests.fakes  # noqa: F401
