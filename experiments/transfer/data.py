"""The images of a training at ImageNet scale, as its trainer wants them."""

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any

from nasnet.data.photos.images import ImageSet, open_images
from nasnet.experiments.transfer.settings import TransferRun, check_data


def open_data(data: str, image_limit: int | None) -> ImageSet:
    """The images that `data` names.

    Raises:
        ValueError: there are none, or they are laid out in another way.
    """
    check_data(data)
    return open_images(data, image_limit=image_limit)


def check_classes(run: TransferRun, images: ImageSet) -> None:
    """Refuses images of other classes than those of a run.

    Raises:
        ValueError: they are.
    """
    classes = run.facts.classes
    if images.classes != classes:
        raise ValueError(
            f"data has {len(images.classes)} classes from {images.classes[0]!r} on, expected the "
            f"{len(classes)} of {run.path} from {classes[0]!r} on"
        )


@dataclasses.dataclass(frozen=True)
class ImageBatches:
    """A process's part of the batches of a set of images.

    Attributes:
        images: the set.
        size: height and width of the images in pixels.
        batch_size: of all processes together.
        augmentation: of the training images.
        seed: of their order and distortions.
        part: (i, n) for the i-th of n processes.
    """

    images: ImageSet
    size: int
    batch_size: int
    augmentation: Any
    seed: int
    part: tuple[int, int]

    @functools.cached_property
    def count(self) -> int:
        """How many training images there are."""
        return self.images.train.count

    def training(self, epoch: int, start: int) -> Iterable[Any]:
        """This process's part of the batches of an epoch, from batch `start` on."""
        from nasnet.data.photos.pipeline import TrainingImages, training_batches

        images = TrainingImages(
            self.images.train,
            self.size,
            self.batch_size,
            seed=self.seed,
            part=self.part,
            augmentation=self.augmentation,
        )
        return training_batches(images, epoch, start=start)

    def validation(self, batch_size: int) -> Iterable[Any]:
        """This process's part of every validation image."""
        from nasnet.data.photos.pipeline import evaluation_batches

        return evaluation_batches(self.images.validation, self.size, batch_size, part=self.part)

    def describe(self, index: int, *, training: bool) -> str:
        """The name of an image for a person."""
        split = self.images.train if training else self.images.validation
        return split.describe(index)
