"""How long a network takes for one image on this machine."""

import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from nasnet.cells import Network
from nasnet.runtime.processes import usable_cores

_WARM_UP = 3
_ROUNDS, _BUSY = 3, 1.5  # p90 over p10 above which other work must have been in the way


def latency(network: Network, runs: int) -> dict[str, Any]:
    """How long the Keras network takes for one image on this machine; imports TensorFlow.

    The auxiliary head is left out, as inference needs none. The first calls, which trace and
    compile, are not counted. Where the others differ much, they are repeated, at most twice, and
    those with the lowest median count.

    Args:
        network: what is measured.
        runs: calls that count.

    Returns:
        Milliseconds of a call as the median and the 10th and 90th percentile, and what they were
        measured on.

    Raises:
        ValueError: `runs` is below 1.
    """
    if runs < 1:
        raise ValueError(f"runs is {runs}, expected at least 1")
    from nasnet.runtime.quiet import import_tensorflow

    import_tensorflow()
    import tensorflow as tf

    from nasnet.stacking.keras.backend import build_network

    model = build_network(network)
    call = tf.function(lambda image: model(image, training=False))
    image = tf.zeros((1, *network.input_shape))
    for _ in range(_WARM_UP):
        call(image).numpy()
    low, median, high = calmest(lambda: call(image).numpy(), runs)  # waits for a GPU
    return {
        "median_ms": median,
        "p10_ms": low,
        "p90_ms": high,
        "runs": runs,
        "warm_up": _WARM_UP,
        "batch": 1,
        "device": _device(tf),
        "threads": tf.config.threading.get_intra_op_parallelism_threads() or len(usable_cores()),
        "tensorflow": tf.__version__,
    }


def calmest(call: Callable[[], object], runs: int) -> tuple[float, float, float]:
    """Milliseconds of a call: 10th percentile, median and 90th percentile of `runs` in a row.

    That row of up to three which has the lowest median; one whose calls are alike is enough.
    """
    rows = []
    for _ in range(_ROUNDS):
        times = [time.perf_counter()]
        for _ in range(runs):
            call()
            times.append(time.perf_counter())
        low, median, high = (float(x) * 1000 for x in np.percentile(np.diff(times), (10, 50, 90)))
        rows.append((low, median, high))
        if high <= _BUSY * low:
            break
    return min(rows, key=lambda row: row[1])


def latency_text(measured: dict[str, Any]) -> str:
    """What `latency` found, for a person; the spread tells whether other work was in the way."""
    busy = measured["p90_ms"] > _BUSY * measured["p10_ms"]
    return (
        f"median {measured['median_ms']:.1f} ms, p10 {measured['p10_ms']:.1f} ms, "
        f"p90 {measured['p90_ms']:.1f} ms of {measured['runs']} calls with one image, "
        f"{measured['device']}, {measured['threads']} threads"
        + ("; they differ much: is the machine idle?" if busy else "")
    )


def _device(tf: Any) -> str:
    """The first GPU's name, else the processor's kind."""
    for gpu in tf.config.list_physical_devices("GPU"):
        return f"GPU {tf.config.experimental.get_device_details(gpu).get('device_name', gpu.name)}"
    return f"CPU {platform.machine()}"
