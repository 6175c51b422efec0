"""One device, all devices of a machine, or several machines, behind one small interface.

The three differ in who holds a copy of the flat vectors and who adds them up. A copy (a replica)
takes its own part of every batch; the vectors of all are summed in a single call.

Keras 3 does not support `MultiWorkerMirroredStrategy`; raw variables do.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from nasnet.runtime.errors import one_line
from nasnet.runtime.quiet import import_tensorflow

Tensor = Any
T = TypeVar("T")
Distribution = Literal["none", "mirrored", "multi-worker"]
_LOST = (
    "UnavailableError",
    "AbortedError",
    "CancelledError",
    "DeadlineExceededError",
    "InternalError",
    "FailedPreconditionError",
)


class WorkerLost(RuntimeError):
    """Another process of the training is gone."""


class Replicas:
    """The copies of a network that are trained together.

    Args:
        kind: "none" is the first device alone; "mirrored" all GPUs of this machine, or where it has
            none all logical CPUs; "multi-worker" those of all processes that the environment
            variable TF_CONFIG lists. That last one must be made before TensorFlow has computed
            anything, and waits for the others.

    Attributes:
        strategy: TensorFlow's.
        worker: number of this process, from 0; process 0 is the chief, who alone writes files.
        workers: how many processes there are.
        local: copies of this process.
        total: copies of all processes.

    Raises:
        ValueError: TF_CONFIG does not say who takes part.
    """

    def __init__(self, kind: Distribution = "none") -> None:
        self.worker, self.workers = (0, 1) if kind != "multi-worker" else cluster()
        if kind == "multi-worker":
            # Its collectives are set up before TensorFlow's runtime starts.
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            import tensorflow as tf

            try:
                self.strategy = tf.distribute.MultiWorkerMirroredStrategy()
            except RuntimeError as error:
                raise ValueError(
                    "TensorFlow has computed already, expected a new process for multi-worker"
                ) from error
        else:
            import_tensorflow()
            import tensorflow as tf

            self.strategy = (
                tf.distribute.get_strategy() if kind == "none" else tf.distribute.MirroredStrategy()
            )
        self.total = self.strategy.num_replicas_in_sync
        self.local = self.total // self.workers

    @property
    def chief(self) -> bool:
        """Whether this process writes files."""
        return self.worker == 0

    def micro_batch(self, batch_size: int, accumulate: int) -> int:
        """Images of one of the equal parts that the copies take in `accumulate` steps.

        Raises:
            ValueError: the batch cannot be cut so, or a part would be a single image.
        """
        parts = self.total * accumulate
        if batch_size % parts or batch_size < 2 * parts:
            raise ValueError(
                f"batch size is {batch_size}, expected a multiple of {parts} from {2 * parts}: "
                f"{self.total} copies of the network times {accumulate} accumulation steps"
            )
        return batch_size // parts

    @contextmanager
    def variables(self) -> Iterator[None]:
        """Where variables are made: each copy has its own, and all are updated alike.

        So no value is sent but the summed vector; outside of the copies the first one is read.
        """
        import tensorflow as tf

        def own(make: Callable[..., Any], **options: Any) -> Any:
            options["synchronization"] = tf.VariableSynchronization.ON_READ
            options["aggregation"] = tf.VariableAggregation.ONLY_FIRST_REPLICA
            return make(**options)

        with self.strategy.scope(), tf.variable_creator_scope(own):
            yield

    def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Calls `function` in every copy; the result of the first one here."""
        results = self.strategy.run(function, args=arguments)
        first = self.strategy.experimental_local_results
        import tensorflow as tf

        return tf.nest.map_structure(lambda result: first(result)[0], results)

    def number(self) -> Any:
        """In a copy: its number within this process."""
        import tensorflow as tf

        return tf.distribute.get_replica_context().replica_id_in_sync_group % self.local

    def total_of(self, x: Tensor) -> Tensor:
        """In a copy: the sum of `x` over all of them."""
        if self.total == 1:
            return x
        import tensorflow as tf

        # The identity is on the copy's own device, where an argument of a function has none.
        x = tf.identity(x)
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, x)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Where processes wait for each other: one that is gone becomes a `WorkerLost`."""
        try:
            yield
        except Exception as error:
            if self.workers == 1 or type(error).__name__ not in _LOST:
                raise
            reason = one_line(error)[:160]
            raise WorkerLost(
                f"one of the {self.workers} workers is gone ({reason}); the last checkpoint is "
                "kept, start all of them again with --resume"
            ) from error


def cluster() -> tuple[int, int]:
    """This process's number and how many there are, from the environment variable TF_CONFIG.

    Raises:
        ValueError: it is missing or does not say so.
    """
    text = os.environ.get("TF_CONFIG", "")
    example = (
        '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
        '"task": {"type": "worker", "index": 0}}'
    )
    try:
        config = json.loads(text)
        workers, index = config["cluster"]["worker"], config["task"]["index"]
        valid = config["task"]["type"] == "worker" and sorted(config["cluster"]) == ["worker"]
        if valid and 0 <= int(index) < len(workers):
            return int(index), len(workers)
    except (ValueError, KeyError, TypeError):
        pass
    raise ValueError(f"TF_CONFIG is {text!r:.200}, expected the like of {example}")
