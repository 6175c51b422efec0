"""What `tests.warm` has imported before anything is forked."""

import keras  # noqa: F401
import tensorflow  # noqa: F401

import experiments.cli
import experiments.searching
import experiments.transfer_training  # noqa: F401
import tests.conversion
import tests.fakes
import tests.killable
import tests.transfer_task  # noqa: F401
import transfer.engine
import transfer.trainer  # noqa: F401
