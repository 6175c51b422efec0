"""What `tests.warm` has imported before anything is forked."""

import keras  # noqa: F401
import tensorflow  # noqa: F401

import nasnet.experiments.cli
import nasnet.experiments.searching.driver
import nasnet.experiments.transfer.training
import nasnet.transfer.training.engine
import nasnet.transfer.training.trainer  # noqa: F401
import tests.conversion
import tests.fakes
import tests.killable
import tests.transfer_task  # noqa: F401
