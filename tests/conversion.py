"""A conversion to be killed: `python -m tests.conversion FOLDER OUT`.

While a file `hold` lies beside OUT its workers stop behind three shards, and wait. Each writes down
that it lived in a file of its process's number.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

from nasnet.data.photos import shard_writing
from nasnet.data.photos.records import ShardPlan, convert

_write = shard_writing._write


def held(task: Any) -> dict[str, Any]:
    """Writes a shard, where that may be."""
    (task.out.parent / f"worker-{os.getpid()}").touch()
    while (task.out.parent / "hold").exists() and len(list(task.out.glob("*.tfrecord"))) >= 3:
        time.sleep(0.01)
    return _write(task)


if __name__ == "__main__":
    from tests import conversion

    shard_writing._write = conversion.held
    convert(Path(sys.argv[1]), Path(sys.argv[2]), ShardPlan(shards=40), workers=2)
