"""Small photos, and `nasnet transfer` on them with settings that take seconds."""

from pathlib import Path

import numpy as np

from nasnet.experiments.commands.transfer.finetune import TransferFinetuneCommand
from nasnet.experiments.commands.transfer.train import TransferTrainCommand

TINY = "--stack.repeats 1 --stack.filters 4 --stack.stem cifar --size 32 --recipe.aux-weight 0"


def write_photos(folder: Path) -> Path:
    """24 training and 8 validation images of two classes: bright and dark noise."""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    for split, count in (("train", 12), ("val", 4)):
        for name, level in (("bright", 120), ("dark", 0)):
            (folder / split / name).mkdir(parents=True)
            for i in range(count):
                pixels = rng.integers(level, level + 110, (40, 48, 3)).astype(np.uint8)
                data = tf.io.encode_jpeg(pixels).numpy()
                (folder / split / name / f"{i}.jpg").write_bytes(data)
    return folder


def train(*arguments, preset="small"):
    chosen = () if "--resume" in arguments or "--preset" in arguments else ("--preset", preset)
    return TransferTrainCommand.parse([*arguments, *chosen], "nasnet transfer train")


def finetune(*arguments):
    return TransferFinetuneCommand.parse(arguments, "nasnet transfer finetune")
