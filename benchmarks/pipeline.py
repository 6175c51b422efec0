"""Images a second that reach a training step, ours against `keras.utils` with equal augmentation.

    python -m benchmarks.pipeline [FOLDER] [--images 1000] [--rounds 5] [--size 224]

FOLDER holds class folders of photos; without it, photo-like JPEGs of 500 x 375 are made. Each
round reads every image once through each contestant, in turn:

- crop-flip: ours takes a random square out of the file and mirrors it; Keras reads files with
  `image_dataset_from_directory`, resizes to 256 of 224, and `RandomCrop` and `RandomFlip` follow.
- inception: ours; Keras adds `RandomBrightness` and `RandomSaturation` to the same, as its crop
  cannot vary in size without a second resizing.
- records: ours, inception, from the record shards of the same images.

Both shuffle, keep the order deterministic, and rescale to -1..1. Nothing is cached but by the
operating system; the first round, which fills that, does not count.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from PIL import Image, ImageFilter

from benchmarks.measuring import in_turn, ratios, summaries
from nasnet.data.photos.images import ImageSet, open_images
from nasnet.data.photos.records import ShardPlan, convert
from nasnet.runtime.quiet import import_tensorflow

BATCH = 32


def make_photos(folder: Path, count: int) -> None:
    """JPEGs of 500 x 375 with as much detail as photos have (some 70 KB), in two classes."""
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (folder / "train" / name).mkdir(parents=True)
    for i in range(count):
        layers = [
            Image.fromarray(rng.integers(0, 256, (h, w, 3), dtype=np.uint8)).resize((500, 375))
            for h, w in ((4, 5), (40, 50), (375, 500))
        ]
        mixed = Image.blend(Image.blend(layers[0], layers[1], 0.3), layers[2], 0.12)
        photo = mixed.filter(ImageFilter.GaussianBlur(0.6))
        photo.save(folder / "train" / "ab"[i % 2] / f"{i:05d}.jpg", quality=92)


def ours(images: ImageSet, size: int, augmentation: Any) -> Callable[[int], Iterator[Any]]:
    """An epoch of our batches."""
    from nasnet.data.photos.pipeline import TrainingImages, training_batches

    train = TrainingImages(images.train, size, BATCH, augmentation=augmentation)

    def batches(epoch: int) -> Iterator[Any]:
        return iter(training_batches(train, epoch))

    return batches


def with_keras(folder: Path, size: int, *, colours: bool) -> Callable[[int], Iterator[Any]]:
    """An epoch of `image_dataset_from_directory` behind preprocessing layers."""
    import keras
    import tensorflow as tf

    def batches(epoch: int) -> Iterator[Any]:
        side = size * 8 // 7
        found = keras.utils.image_dataset_from_directory(
            folder, image_size=(side, side), batch_size=BATCH, seed=epoch, verbose=False
        )
        layers = [
            keras.layers.RandomCrop(size, size, seed=epoch),
            keras.layers.RandomFlip("horizontal", seed=epoch),
        ]
        if colours:
            layers += [
                keras.layers.RandomBrightness(32 / 255, seed=epoch),
                keras.layers.RandomSaturation((0.25, 0.75), seed=epoch),  # 0.5 is neutral there
            ]
        layers.append(keras.layers.Rescaling(1 / 127.5, -1))

        def distort(x: Any, y: Any) -> Any:
            for layer in layers:
                x = layer(x, training=True)
            return x, y

        return iter(found.map(distort, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE))

    return batches


def rate(batches: Iterator[Any], count: int) -> float:
    """Images a second from the second batch on: the first one waits for tracing."""
    next(batches)
    start, seen = time.perf_counter(), 0
    for batch in batches:
        image = batch["image"] if isinstance(batch, dict) else batch[0]
        seen += int(image.shape[0])
    assert seen > count - 3 * BATCH
    return seen / (time.perf_counter() - start)


def measure(images: ImageSet, records: ImageSet, folder: Path, size: int, rounds: int) -> Any:
    """All contestants in turn."""
    contestants = {
        "ours, crop-flip": ours(images, size, "crop-flip"),
        "keras, crop-flip": with_keras(folder, size, colours=False),
        "ours, inception": ours(images, size, "inception"),
        "keras, with colours": with_keras(folder, size, colours=True),
        "ours, records, inception": ours(records, size, "inception"),
    }
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name in in_turn(list(contestants), number):
            found = rate(contestants[name](number), images.train.count)
            if number:
                rates[name].append(found)
    pairs = {
        "crop-flip": ("ours, crop-flip", "keras, crop-flip"),
        "with colours": ("ours, inception", "keras, with colours"),
        "with colours, records": ("ours, records, inception", "keras, with colours"),
    }
    return {
        "images_per_second": summaries(rates, 0),
        "ours_over_keras": {what: ratios(*map(rates.get, pair)) for what, pair in pairs.items()},
    }


def main(
    photos: tyro.conf.Positional[Path | None] = None,
    *,
    images: int = 1000,
    rounds: int = 5,
    size: int = 224,
) -> None:
    """Prints the report.

    Args:
        photos: a folder of class folders.
        images: made where no folder is given.
        rounds: of all contestants.
        size: of the images that are trained on, in pixels.
    """
    import_tensorflow()
    with tempfile.TemporaryDirectory() as aside:
        folder = photos or Path(aside) / "photos"
        if photos is None:
            make_photos(folder, images)
        # As many images for both: all of them train.
        found = open_images(folder, held_out=1e-9)
        convert(folder, Path(aside) / "records", ShardPlan(held_out=1e-9), workers=1)
        train = folder / "train" if (folder / "train").is_dir() else folder
        records = open_images(Path(aside) / "records")
        report = measure(found, records, train, size, rounds)
    about = {"source": found.source, "batch": BATCH, "cores": os.cpu_count()}
    print(json.dumps(about | {"rounds": rounds, "size": size} | report))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
