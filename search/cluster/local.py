"""A cluster of this machine's own: a scheduler and one node, on loopback."""

import contextlib
import logging
from collections.abc import Iterator

import dask
from distributed import LocalCluster


@contextlib.contextmanager
def local_cluster(slots: int, nodes: int = 1) -> Iterator[str]:
    """The address of a scheduler whose nodes are there as long as it is.

    Args:
        slots: of each node.
        nodes: processes that hold slots.
    """
    # A node has processes of its own, which those of daemons must not.
    with (
        dask.config.set({"distributed.worker.daemon": False}),
        LocalCluster(
            n_workers=nodes,
            threads_per_worker=slots,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=None,
            silence_logs=logging.ERROR,
        ) as cluster,
    ):
        yield cluster.scheduler_address
