import numpy as np
import pytest

from nasnet.search import InlineExecutor
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.shared.training import SharedTraining
from tests.search.shared.networks import CLASSES, FRAME, IMAGES, PLAIN, SHAPE, SPACE


@pytest.fixture
def data(tmp_path, rng):
    """24 + 10 images that are bright or dark."""
    folder = tmp_path / "data"
    folder.mkdir()
    for split, count in (("train", 24), ("val", 10)):
        y = rng.integers(CLASSES, size=count)
        x = rng.integers(0, 120, size=(count, *SHAPE)) + 130 * y[:, None, None, None]
        np.save(folder / f"x_{split}.npy", x.astype(np.uint8))
        np.save(folder / f"y_{split}.npy", y)
    return folder


@pytest.fixture
def train(data, tmp_path):
    """Trains in a folder of that name, until `stop` epochs are done."""

    def call(name, settings, *, recipe=PLAIN, controller=None, stop=None, space=SPACE):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        evaluator = SharedWeights(data, folder, space, FRAME, recipe)
        training = SharedTraining(
            folder,
            evaluator.layout(),
            settings,
            recipe,
            images=IMAGES,
            seed=3,
            controller=controller,
        )

        def on_epoch(epoch):
            if epoch.number == stop:
                raise KeyboardInterrupt

        training.run(InlineExecutor(evaluator), on_epoch=on_epoch)
        return evaluator, training

    return call
