"""What a training at ImageNet scale is, and the presets that one starts from. No TensorFlow."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

import tyro

from nasnet.cells import Genotype
from nasnet.experiments.runs.run import Run, RunKind
from nasnet.experiments.runs.values import from_json
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Stack
from nasnet.stacking.precision import Precision
from nasnet.stacking.presets import PRESETS
from nasnet.stacking.recipe import Recipe
from nasnet.stacking.recipes import RECIPES
from nasnet.transfer.training.distribution import Distribution
from nasnet.transfer.training.freezing import Freezing
from nasnet.transfer.training.intervals import Intervals

PresetName = Literal["mobile", "large", "small"]


@dataclasses.dataclass(frozen=True)
class TransferSettings:
    """Settings of a training at ImageNet scale.

    Args:
        data: images: a folder with train/CLASS/ and val/CLASS/, a folder of record shards, or
            tfds:NAME.
        seed: of the weights, the order of the images, their distortions and what is dropped.
        size: height and width of the images in pixels.
        image_limit: at most so many images of each split, for trials.
        accumulate: micro-batches that one device takes before each update; a batch is cut into as
            many as there are devices times this.
        precision: float32, mixed_float16 (with a dynamic loss scale) or mixed_bfloat16.
        distribution: none is one device; mirrored all GPUs of this machine; multi-worker those of
            all processes in the environment variable TF_CONFIG.
        intervals: how often what is done.
        stack: the network's plan.
        recipe: the training; its batch is that of all devices and accumulation steps together.
        without_preprocessing: save the bare network, which takes values from -1 to 1; else it takes
            pixels from 0 to 255, and its first layer rescales them.
    """

    data: str = ""
    seed: int = 0
    size: int = 224
    image_limit: int | None = None
    accumulate: int = 1
    precision: Precision = "float32"
    distribution: Distribution = "none"
    intervals: Annotated[Intervals, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=Intervals
    )
    stack: Stack = PRESETS["imagenet-mobile"].stack
    recipe: Recipe = dataclasses.replace(RECIPES["paper-imagenet-mobile"], augmentation="inception")
    without_preprocessing: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"seed is {self.seed}, expected 0 to {2**31 - 1}")
        for name, lowest in (("size", 8), ("accumulate", 1), ("image_limit", 1)):
            value = getattr(self, name)
            if value is not None and value < lowest:
                raise ValueError(f"{name} is {value}, expected at least {lowest}")

    def network(self, genotype: Genotype, classes: int) -> CellNetwork:
        """What is trained."""
        return CellNetwork(genotype, self.stack, (self.size, self.size, 3), classes)


@dataclasses.dataclass(frozen=True)
class FinetuneSettings(TransferSettings):
    """Settings of a fine-tuning.

    Args:
        weights: what to begin with: a .keras, .weights.h5 or .h5 file of a network of this toolkit,
            or of NASNetMobile or NASNetLarge of Keras; or the run directory of a training.
        freeze: how many cells stay as they are besides the stem, such as 3; or the name of the last
            end point that does, such as Stem or Cell_2.
        unfreeze_every: epochs after which the highest frozen cell is trained, too; 0 for never.
        stack: the network's plan; where it is left out, that of the weights.
        recipe: the training.
    """

    weights: str = ""
    freeze: str | None = None
    unfreeze_every: int = 0
    recipe: Recipe = Recipe(
        epochs=10,
        batch_size=32,
        learning_rate=0.005,
        weight_decay=4e-5,
        label_smoothing=0.1,
        augmentation="inception",
        batch_norm_momentum=0.99,
        batch_norm_epsilon=1e-3,
        dropout_keep=0.5,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        Freezing(self.freeze, self.unfreeze_every)

    @property
    def freezing(self) -> Freezing:
        """What stays as it is."""
        return Freezing(self.freeze, self.unfreeze_every)


def _paper(network: str, recipe: str) -> TransferSettings:
    return TransferSettings(
        size=PRESETS[network].size,
        stack=PRESETS[network].stack,
        recipe=dataclasses.replace(RECIPES[recipe], augmentation="inception"),
    )


TRANSFER_PRESETS: Mapping[PresetName, TransferSettings] = MappingProxyType(
    {
        "mobile": _paper("imagenet-mobile", "paper-imagenet-mobile"),
        "large": _paper("imagenet-large", "paper-imagenet-large"),
        # A few thousand photos and minutes of a laptop; all of it is ours.
        "small": TransferSettings(
            size=96,
            intervals=Intervals(checkpoint_every=250, validate_every=5),
            stack=Stack(1, 32, stem="imagenet"),
            recipe=Recipe(
                epochs=20,
                batch_size=32,
                learning_rate=0.05,
                label_smoothing=0.1,
                augmentation="crop-flip",
                warmup_epochs=1.0,
                ema_decay=0.99,
            ),
        ),
    }
)


def preset_settings(name: str) -> TransferSettings:
    """The settings of a preset.

    Raises:
        ValueError: there is no such preset.
    """
    for known, settings in TRANSFER_PRESETS.items():
        if known == name:
            return settings
    raise ValueError(f"preset is {name!r}, expected one of: {', '.join(get_args(PresetName))}")


class TransferKind(RunKind[TransferSettings]):
    """A training, or a fine-tuning: these have weights."""

    def read(self, stored: Any) -> TransferSettings:
        finetuned = isinstance(stored, dict) and "weights" in stored
        return from_json(FinetuneSettings if finetuned else TransferSettings, stored)


TRANSFER = TransferKind(
    "nasnet-transfer",
    "training",
    "transfer",
    TransferSettings,
    # Where it runs, and the form of what is saved at the end.
    may_change=("data", "accumulate", "distribution", "without_preprocessing"),
)
TransferRun = Run[TransferSettings]


def with_batch(settings: TransferSettings, batch_size: int, preset: Recipe) -> TransferSettings:
    """The settings with another batch, and the learning rate in proportion to it.

    Args:
        settings: a learning rate in them that is not the preset's was chosen, and stays.
        batch_size: images of all devices and accumulation steps together.
        preset: the recipe that the settings came from.
    """
    recipe = dataclasses.replace(settings.recipe, batch_size=batch_size)
    if recipe.learning_rate == preset.learning_rate:
        rate = preset.learning_rate * batch_size / preset.batch_size
        recipe = dataclasses.replace(recipe, learning_rate=rate)
    return dataclasses.replace(settings, recipe=recipe)


def check_data(data: str) -> None:
    """Refuses to begin without images."""
    if not data:
        raise ValueError("data is '', expected --data DIR with train/CLASS/ and val/CLASS/")
    if ":" not in data and not Path(data).exists():
        raise ValueError(f"data is {data}, which does not exist, expected a folder")
