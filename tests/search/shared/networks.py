"""A supernet of small cells on small images, and an executor that takes notes."""

import numpy as np

from nasnet.cells import CellSpace
from nasnet.search import InlineExecutor
from nasnet.search.shared.exchange import MOVING, WEIGHTS, SharedStep
from nasnet.search.shared.settings import SharedSettings
from nasnet.stacking import Recipe, Stack
from nasnet.stacking.network import CellFrame

SPACE = CellSpace(1, operations=("identity", "conv_1x1", "max_pool_3x3"))
SHAPE, CLASSES = (8, 8, 3), 2
FRAME = CellFrame(Stack(1, 2), SHAPE, CLASSES)
PLAIN = Recipe(augmentation="none")
UNIFORM = SharedSettings(
    updates=4,  # of three operations: six steps an epoch
    least_updates=1,
    epochs=2,
    batch_size=4,
    parts=1,
    learning_rate=0.1,
    weight_decay=0.01,
    clip_norm=0.0,
    affine=True,
    sampling="uniform",
)
IMAGES = {"train": 24, "val": 10}


def vectors(evaluator):
    return [np.load(evaluator.folder / name) for name in (WEIGHTS, MOVING)]


class Watching(InlineExecutor):
    """Notes the steps that it is given, and the children that train."""

    def __init__(self, evaluator):
        super().__init__(evaluator)
        self.steps = []

    @property
    def trained(self):
        return [step.architecture for step in self.steps if not step.gates]

    def submit(self, number, task):
        if isinstance(task, SharedStep):
            self.steps.append(task)
        super().submit(number, task)
