"""What Keras downloads: where it keeps it, and getting it."""

import os
from pathlib import Path

from nasnet.data.dataset import DataError
from nasnet.runtime.errors import one_line
from nasnet.runtime.quiet import import_tensorflow


def keras_datasets() -> Path:
    """Where Keras keeps data sets; the rule is Keras', without importing it."""
    home = os.environ.get("KERAS_HOME")
    if home is None:
        base = os.path.expanduser("~")
        home = os.path.join(base if os.access(base, os.W_OK) else "/tmp", ".keras")
    return Path(home).expanduser() / "datasets"


def download(what: str, name: str, url: str, sha256: str) -> None:
    """Lets Keras download a file of this name.

    Raises:
        DataError: it cannot be had.
    """
    import_tensorflow()
    import keras  # takes seconds, and only to download

    try:
        keras.utils.get_file(name, url, file_hash=sha256)
    except Exception as error:  # Keras raises a bare Exception where a download breaks off
        raise DataError(f"{what} could not be downloaded ({one_line(error)})") from None
