"""`nasnet transfer convert`: class folders into record shards."""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import tyro

from nasnet.data.photos.images import MAX_PIXELS
from nasnet.data.photos.records import Progress, ShardPlan, convert
from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.bar import Bar
from nasnet.experiments.console.lines import print_json, say
from nasnet.experiments.errors import INTERRUPTED, OK
from nasnet.experiments.runs.facts import DataFacts


@dataclasses.dataclass(frozen=True)
class TransferConvertCommand(Command):
    """Convert class folders of images into record shards, which are faster to read.

    Every image is decoded to check it; bad ones are left out and listed in bad-images.csv. The
    same command goes on where it was stopped.

    Args:
        folder: train/CLASS/*.jpg and val/CLASS/*.jpg, or CLASS/*.jpg alone; or a .zip of them.
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
            with Bar("convert", unit="images") as bar:
                done = convert(
                    self.folder,
                    out,
                    ShardPlan(self.shards, self.seed, self.held_out, self.max_pixels),
                    workers=self.workers,
                    on_open=lambda images: DataFacts.of(images).say(),
                    on_progress=_Shown(bar).update,
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


class _Shown:
    """How far a conversion is, on a bar."""

    def __init__(self, bar: Bar) -> None:
        self._bar, self._begun = bar, False

    def update(self, progress: Progress) -> None:
        if not self._begun and progress.shards:
            say(f"going on: {progress.shards} of {progress.total} shards are done")
        self._begun = True
        line = f"{progress.shards}/{progress.total} shards · {progress.bad} bad"
        self._bar.update(progress.images, progress.all_images, line)
