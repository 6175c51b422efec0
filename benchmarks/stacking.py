"""Building and training NASNets, ours against `keras.applications`.

    python -m benchmarks.stacking [--short]

Both are made and trained in turn within one process. The JSON has the seconds of every round, their
medians and the ratios Keras / ours round by round; above 1, ours is faster. `cpu_seconds` add up
all threads and mind less what else the machine does. A training step is one batch of random images
through `train_on_batch` (SGD), behind steps that trace and warm up.
"""

import gc
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tyro

from benchmarks.measuring import ratios
from nasnet.runtime.quiet import import_tensorflow

BATCH, SIZE, CLASSES = 16, 224, 1000
CLOCKS = {"seconds": time.perf_counter, "cpu_seconds": time.process_time}


def measure(
    ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int
) -> dict[str, dict[str, Any]]:
    """Seconds of each call by both clocks, in turn and in changing order; ratios theirs / ours."""
    spent: dict[tuple[str, str], list[float]] = {}
    for i in range(rounds):
        pair = [("ours", ours), ("keras", theirs)]
        for name, call in pair if i % 2 else reversed(pair):
            gc.collect()
            starts = {clock: read() for clock, read in CLOCKS.items()}
            call()
            for clock, read in CLOCKS.items():
                spent.setdefault((clock, name), []).append(round(read() - starts[clock], 3))
    return {clock: summary(spent[clock, "ours"], spent[clock, "keras"]) for clock in CLOCKS}


def summary(ours: list[float], theirs: list[float]) -> dict[str, Any]:
    return {
        "ours": ours,
        "keras": theirs,
        "median": {"ours": statistics.median(ours), "keras": statistics.median(theirs)},
        "keras_over_ours": ratios(theirs, ours, 3),
    }


def building(name: str, rounds: int) -> dict[str, Any]:
    import keras

    from nasnet.stacking.keras import applications

    def build(where: Any) -> Callable[[], None]:
        def call() -> None:
            keras.utils.clear_session()
            getattr(where, name)(weights=None)

        return call

    pair = build(applications), build(keras.applications)
    for call in pair:  # first-use costs
        call()
    return measure(*pair, rounds)


def training_step(rounds: int) -> dict[str, Any]:
    import keras

    from nasnet.stacking.keras import applications

    rng = np.random.default_rng(0)
    images = rng.uniform(-1, 1, size=(BATCH, SIZE, SIZE, 3)).astype(np.float32)
    labels = rng.integers(0, CLASSES, BATCH)
    steps = []
    for where in (applications, keras.applications):
        model = where.NASNetMobile(weights=None)
        model.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy")
        for _ in range(2):
            model.train_on_batch(images, labels)
        steps.append(lambda model=model: model.train_on_batch(images, labels))
    return measure(*steps, rounds)


def main(*, short: bool = False) -> None:
    """Prints the report; with `short`, on few rounds and without NASNetLarge."""
    import_tensorflow()
    report = {
        "build_mobile": building("NASNetMobile", 3 if short else 9),
        "training_step_mobile": training_step(3 if short else 9),
    }
    if not short:
        report["build_large"] = building("NASNetLarge", 5)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
