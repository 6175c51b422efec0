"""A controller's state as bytes: an npz archive of arrays and a JSON header, without pickle."""

import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

FORMAT = "nasnet-controller"
VERSION = 1
_HEADER = "header"

# Dtype and shape of each array; None stands for any size.
Specs = dict[str, tuple[type, tuple[int | None, ...]]]


def pack(kind: str, arguments: Mapping[str, object], arrays: Mapping[str, Any]) -> bytes:
    """A state that `unpack` reads.

    Args:
        kind: the controller's name.
        arguments: what the controller was constructed with, as JSON values.
        arrays: what changes as it runs, arrays of any shape.
    """
    header = {"format": FORMAT, "version": VERSION, "controller": kind, **arguments}
    encoded = np.frombuffer(json.dumps(header).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{_HEADER: encoded}, **arrays)
    return buffer.getvalue()


def unpack(
    state: bytes,
    kind: str,
    arguments: Mapping[str, object],
    specs: Specs,
    later: Iterable[str] = (),
) -> dict[str, np.ndarray]:
    """The arrays of a state.

    Args:
        state: what `pack` returned.
        kind: the controller's name, which must be the state's.
        arguments: the controller's arguments, which must be the state's.
        specs: dtype and shape of every array; None stands for any size.
        later: arrays that states of earlier versions lack; they are empty then.

    Raises:
        ValueError: the bytes are no state, or one of another controller, of other arguments, or
            with other arrays.
    """
    header, arrays = _load(state)
    expected = {"format": FORMAT, "version": VERSION, "controller": kind, **arguments}
    for name, value in json.loads(json.dumps(expected)).items():
        if name not in header:
            raise ValueError(f"{name} of the state is missing, expected {value!r}")
        if header[name] != value:
            raise ValueError(f"{name} of the state is {header[name]!r}, expected {value!r}")
    for name in header:
        if name not in expected:
            raise ValueError(f"{name} of the state is {header[name]!r}, expected none")
    for name in later:
        dtype, shape = specs[name]
        arrays.setdefault(name, np.zeros([size or 0 for size in shape], dtype))
    if set(arrays) != set(specs):
        raise ValueError(f"arrays of the state are {sorted(arrays)}, expected {sorted(specs)}")
    for name, (dtype, shape) in specs.items():
        array = arrays[name]
        same = len(array.shape) == len(shape) and all(
            size in (None, found) for size, found in zip(shape, array.shape, strict=True)
        )
        if array.dtype != dtype or not same:
            wanted = f"{np.dtype(dtype)} {list(shape)}"
            raise ValueError(
                f"{name} of the state is {array.dtype} {list(array.shape)}, expected {wanted}"
            )
    return arrays


def _load(state: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    try:
        with np.load(io.BytesIO(state), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = dict(json.loads(arrays.pop(_HEADER).tobytes()))
    # Damaged bytes make zipfile, zlib, NumPy and json raise a dozen different exceptions.
    except Exception as error:
        raise ValueError("state is damaged, expected bytes from a controller's state()") from error
    return header, arrays
