"""A child's life by parts, on one thread: what each part takes, and what a step is made of.

    python -m benchmarks.child [--batches 8 32 64] [--images 1000] [--cells 2] [--threads 1]

Parts, in seconds of the processor: writing the graph, importing and tracing it, the first step,
later steps (milliseconds, and milliseconds an image), the evaluation's trace, its first call, 1,000
images evaluated, and what the driver is sent. Then, by kind of operation, its share of a step's
time; what lies between operations is the rest of it. The cells are NASNet-A and random ones.
"""

import json
import pickle
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import tyro

from benchmarks.measuring import processor
from nasnet.cells import NASNET_A, CellSpace, Genotype
from nasnet.runtime.quiet import import_tensorflow
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe

CLASSES, SHAPE, TOP = 10, (32, 32, 3), 12


class Watch:
    """Seconds of the processor by name.

    Attributes:
        parts: what `take` measured.
    """

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}

    def take(self, name: str, work: Callable[[], Any]) -> Any:
        """What `work` gives, and how long it took."""
        start = time.process_time()
        result = work()
        self.parts[name] = round(time.process_time() - start, 3)
        return result


def measure(genotype: Genotype, batch: int, images: int) -> dict[str, Any]:
    """The parts of one child."""
    from nasnet.search import Evaluation
    from nasnet.stacking.flat.trainer import Trainer

    rng, watch = np.random.default_rng(0), Watch()
    x, y = rng.integers(0, 256, (images, *SHAPE), np.uint8), rng.integers(0, CLASSES, images)
    network = CellNetwork(genotype, Stack(1, 8), SHAPE, CLASSES)
    recipe = Recipe(batch_size=batch, learning_rate=0.01, augmentation="flip")
    ends = [time.process_time()]
    trainer = watch.take("build", lambda: Trainer(network, recipe))
    trainer.fit(x, y, on_step=lambda *_: ends.append(time.process_time()))
    step = statistics.median(np.diff(ends[2:]).tolist())
    watch.parts["written, traced and first step"] = round(ends[1] - ends[0], 3)
    watch.take("evaluation traced and first batch", lambda: trainer.evaluate(x[:250], y[:250]))
    watch.take(f"evaluation of {images:,}", lambda: trainer.evaluate(x, y))
    # What a worker sends.
    watch.take("hand-over", lambda: pickle.dumps(Evaluation(0.5, {"val_accuracy": 0.5})))
    return {
        "seconds": watch.parts,
        "step_milliseconds": round(1e3 * step, 1),
        "milliseconds_an_image": round(1e3 * step / batch, 2),
        "step": operations(network, recipe),
    }


def operations(network: CellNetwork, recipe: Recipe, repeats: int = 10) -> dict[str, Any]:
    """Milliseconds of a step's graph by kind of operation, and those outside all of them."""
    import tensorflow as tf

    from nasnet.stacking.flat.network import FlatNetwork
    from nasnet.stacking.flat.program import TrainingProgram

    v1, batch, flat = tf.compat.v1, recipe.batch_size, FlatNetwork(network, recipe)
    program = TrainingProgram.of(flat, batch)
    nodes = {node.name: node.op for node in program.graph.definition.node}
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(program.graph.definition, name="")
    config = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    rng = np.random.default_rng(0)
    fed = {
        "x:0": rng.uniform(-1, 1, (batch, *SHAPE)),
        "targets:0": np.eye(CLASSES)[rng.integers(0, CLASSES, batch)],
        "weights:0": flat.layout.initial(0)[0],
    }
    wanted = [x.tensor for x in program.outputs]
    options = v1.RunOptions(trace_level=v1.RunOptions.FULL_TRACE)
    taken: dict[str, float] = defaultdict(float)
    with v1.Session(graph=graph, config=config) as session:
        session.run(wanted, fed)
        start = time.process_time()
        for _ in range(repeats):
            session.run(wanted, fed)
        whole = (time.process_time() - start) / repeats
        for _ in range(repeats):
            metadata = v1.RunMetadata()
            session.run(wanted, fed, options=options, run_metadata=metadata)
            for device in metadata.step_stats.dev_stats:
                for node in device.node_stats:
                    micros = node.op_end_rel_micros - node.op_start_rel_micros
                    taken[nodes.get(node.node_name, "other")] += micros / 1e3 / repeats
    inside = sum(taken.values())
    largest = sorted(taken.items(), key=lambda item: -item[1])[:TOP]
    return {
        "nodes": len(nodes),
        "milliseconds": round(1e3 * whole, 1),
        "milliseconds_inside_operations_when_traced": round(inside, 1),
        "shares": {name: round(value / inside, 3) for name, value in largest},
    }


def main(
    *, batches: tuple[int, ...] = (8, 32, 64), images: int = 1000, cells: int = 2, threads: int = 1
) -> None:
    """Prints the report."""
    import_tensorflow(threads)
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    space, rng = CellSpace(), np.random.default_rng(0)
    chosen = {"NASNet-A": NASNET_A}
    chosen |= {f"random {i}": space.decode(space.sample(rng)) for i in range(1, cells)}
    report = {
        name: {f"batch {batch}": measure(genotype, batch, images) for batch in batches}
        for name, genotype in chosen.items()
    }
    print(json.dumps({"processor": processor(), "threads": threads, **report}, indent=2))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
