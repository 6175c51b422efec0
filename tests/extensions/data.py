"""Images of one's own: stripes that lie down and stripes that stand, in noise."""

import numpy as np

from nasnet.data.dataset import Dataset

SIZE, COUNTS = 16, {"train": 400, "val": 100, "test": 100}


def stripes(seed):
    """The data set of a seed; every search with this seed sees the same images."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for split, count in COUNTS.items():
        labels = rng.integers(2, size=count)
        waves = 60 * np.sin(np.arange(SIZE) + rng.uniform(0, 6, (count, 1)))
        flat = np.repeat(waves[:, :, None], SIZE, axis=2)
        images = np.where(labels[:, None, None] == 0, flat, flat.transpose(0, 2, 1))
        images = images[..., None] + rng.normal(128, 20, (count, SIZE, SIZE, 3))
        arrays[f"x_{split}"] = images.clip(0, 255).astype(np.uint8)
        arrays[f"y_{split}"] = labels
    return Dataset("stripes", f"stripes of seed {seed}", ("lying", "standing"), **arrays)
