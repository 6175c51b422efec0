"""Keras' global settings: what this toolkit needs of them, read without importing Keras."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nasnet.runtime.errors import one_line

NEEDED = {"backend": "tensorflow", "image_data_format": "channels_last", "floatx": "float32"}


def check_keras() -> None:
    """Refuses global settings under which networks cannot be trained here, before hours are spent.

    Raises:
        ValueError: one of them is another than that which is needed; the text says where it stands.
    """
    for name, value, place in _found():
        if value != NEEDED[name]:
            raise ValueError(
                f"{name} of Keras is {value!r} in {place}, expected {NEEDED[name]!r} for this "
                "command"
            )


def _found() -> Iterator[tuple[str, Any, str]]:
    """What is set, and where; the environment goes before the file."""
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    path, stored = home / "keras.json", {}
    if path.is_file():
        try:
            stored = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise ValueError(f"{path} cannot be read: {one_line(error)}") from None
    backend = os.environ.get("KERAS_BACKEND")
    if backend:
        yield "backend", backend, "the environment variable KERAS_BACKEND"
    for name in NEEDED:
        if isinstance(stored, dict) and name in stored and not (name == "backend" and backend):
            yield name, stored[name], str(path)
