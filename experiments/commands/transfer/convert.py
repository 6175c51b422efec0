"""`nasnet transfer convert`: class folders into record shards."""

import dataclasses
import sys
import time
from pathlib import Path
from typing import Annotated

import tyro
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from nasnet.data.photos.images import MAX_PIXELS
from nasnet.data.photos.records import Progress, ShardPlan, convert
from nasnet.experiments.console.progress import console, duration, say
from nasnet.experiments.console.reporting import print_json
from nasnet.experiments.errors import INTERRUPTED, OK


@dataclasses.dataclass(frozen=True)
class TransferConvertCommand:
    """Convert class folders of images into record shards, which are faster to read.

    Every image is decoded to check it; bad ones are left out and listed in bad-images.csv. The
    same command goes on where it was stopped.

    Args:
        folder: train/CLASS/*.jpg and val/CLASS/*.jpg, or CLASS/*.jpg alone; JPEG and PNG.
        out: the folder of the records; FOLDER-records where it is left out.
        shards: files of training images; one for every 1,250 images where it is left out.
        workers: processes; 0 for one a core.
        seed: of the order of the images.
        held_out: share of each class that validates where there is no folder val.
        max_pixels: an image that has more is left out.
        json: print the result as one JSON document.
    """

    folder: tyro.conf.Positional[Path]
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    shards: int | None = None
    workers: int = 0
    seed: int = 0
    held_out: float = 0.1
    max_pixels: int = MAX_PIXELS
    json: bool = False

    def run(self) -> int:
        resolved = self.folder.resolve()
        out = self.out or resolved.with_name(f"{resolved.name}-records")
        try:
            with _Bar() as bar:
                done = convert(
                    self.folder,
                    out,
                    ShardPlan(self.shards, self.seed, self.held_out, self.max_pixels),
                    workers=self.workers,
                    on_progress=bar.update,
                )
        except KeyboardInterrupt:
            print(
                "stopped; whole shards are kept, the same command goes on from there",
                file=sys.stderr,
            )
            return INTERRUPTED
        if self.json:
            print_json(dataclasses.asdict(done) | {"out": str(out)})
            return OK
        print(
            f"{done.train:,} training and {done.validation:,} validation images of "
            f"{done.classes} classes are in {out}, {done.shards} shards"
        )
        if done.bad:
            print(f"{done.bad:,} bad images were left out: {out / 'bad-images.csv'}")
        return OK


class _Bar:
    """Images as a live bar in a terminal; elsewhere a line a shard."""

    def __init__(self) -> None:
        columns = (
            TextColumn("[bold]convert[/]"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[line]}"),
        )
        self._bar = Bar(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("convert", total=None, line="starting")
        self._started, self._before = time.monotonic(), 0
        self._first = True

    def __enter__(self) -> "_Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, progress: Progress) -> None:
        """Shows how far the conversion is."""
        if self._first:
            self._first, self._before = False, progress.images
            if progress.shards:
                say(f"going on: {progress.shards} of {progress.total} shards are done")
        new = progress.images - self._before
        elapsed = time.monotonic() - self._started
        left = progress.all_images - progress.images
        eta = duration(elapsed / new * left) if new else "?"
        line = (
            f"{progress.images:,}/{progress.all_images:,} images · {progress.shards}/"
            f"{progress.total} shards · {progress.bad} bad · {duration(elapsed)}, ETA {eta}"
        )
        self._bar.update(
            self._task, completed=progress.images, total=progress.all_images, line=line
        )
        if not console.is_terminal and new:
            say(line)
