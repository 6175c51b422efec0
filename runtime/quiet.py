"""TensorFlow without its chatter, and that of the C libraries that come with it.

TF_CPP_MIN_LOG_LEVEL below 3 in the environment asks for all of it.
"""

import contextlib
import faulthandler
import logging
import os
import sys
import tempfile
from collections.abc import Iterator

_SILENT = "3"
_preloaded = False


def preload_tensorflow() -> None:
    """Imports TensorFlow without starting it, so that this process can be forked."""
    global _preloaded
    _preloaded = "tensorflow" not in sys.modules
    _import()


def import_tensorflow(threads: int | None = None) -> None:
    """Imports and starts TensorFlow; what it writes meanwhile is shown only if that fails.

    Its C++ side writes some lines before it reads the level that it is told to log at. From then on
    what C libraries write to standard error, libjpeg say, is dropped; Python's own text is not.
    Calls after the first one of a process do nothing.

    Args:
        threads: for one operation and for independent ones; None leaves it to TensorFlow.
    """
    global _preloaded
    if "tensorflow" in sys.modules and not _preloaded:
        return
    _preloaded = False
    _import()
    with _stderr_aside():
        import tensorflow as tf

        if threads is not None:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        tf.zeros([1]) + 1  # the runtime starts with the first operation
    if os.environ["TF_CPP_MIN_LOG_LEVEL"] == _SILENT:
        _drop_native_stderr()


def _import() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", _SILENT)
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # Several processes may have to share one GPU.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with _stderr_aside():
        import tensorflow  # noqa: F401


def _drop_native_stderr() -> None:
    """Sends descriptor 2 nowhere; Python's standard error, where it is that, gets a copy of it."""
    with contextlib.suppress(OSError, AttributeError):  # in tests it is no file
        if sys.stderr.fileno() == 2:
            sys.stderr.flush()
            own = os.fdopen(os.dup(2), "w", 1, sys.stderr.encoding, sys.stderr.errors)
            sys.stderr = own
            faulthandler.enable(own)  # the last words of a process that dies in C
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


@contextlib.contextmanager
def _stderr_aside() -> Iterator[None]:
    """Keeps the process's standard error in a file, and gives it back if an exception passes."""
    if os.environ["TF_CPP_MIN_LOG_LEVEL"] != _SILENT:
        yield
        return
    sys.stderr.flush()
    before = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(before, 2)
            aside.seek(0)
            os.write(2, aside.read())
            raise
        finally:
            os.dup2(before, 2)
            os.close(before)
