"""Search small MNIST networks with a policy of NASCells, beside random search and a hand-made one.

Paper:    none; the MNIST tutorials after https://github.com/wallarm/nascell-automl, whose cell is
          that of https://arxiv.org/abs/1611.01578, appendix A
Command:  python -m nasnet.experiments.published.mnist_policy   (--dimensions 1 for convolutions
          over 784 pixels in a row, as the tutorial has them)
Cost:     2 x 3 searches of 40 children: see experiments/published/README.md; the tutorial trains
          2,500 networks for 16,500 steps of 100 images
Expect:   all three networks between 0.98 and 0.995 on the test images, and no difference that three
          searches could show. The tutorial's 0.9987 is not to be expected: docs/systems.md.
"""

import dataclasses
from pathlib import Path
from typing import Literal

from nasnet.experiments import cli
from nasnet.experiments.published.beside_random import BesideRandom


@dataclasses.dataclass(frozen=True)
class MnistPolicy(BesideRandom):
    """Search MNIST networks with a policy of NASCells, beside random search.

    Args:
        dimensions: 2 for square convolutions, 1 for the pixels in a row.
    """

    data: str = "mnist"
    trials: int = 40
    out: Path = Path("runs/mnist-policy")
    dimensions: Literal[1, 2] = 2

    controller = "reinforce,cell=nascell,hidden=32,learning_rate=5e-3,minibatch=5"
    search = (
        "--train-images 2000 --val-images 2000 --recipe.batch-size 32 --recipe.learning-rate 0.02 "
        "--recipe.augmentation none"
    )
    final = (
        "--recipe.epochs 1 --recipe.batch-size 64 --recipe.learning-rate 0.02 "
        "--recipe.augmentation none"
    )

    @property
    def space(self) -> str:  # type: ignore[override]
        """That of the tutorial, of one or two dimensions."""
        return f"conv-pool,dimensions={self.dimensions}"

    @property
    def references(self) -> tuple[str, ...]:  # type: ignore[override]
        """The hand-made network."""
        return ("mnist-hand",) if self.dimensions == 2 else ("mnist-hand-1d",)


if __name__ == "__main__":
    cli.script(MnistPolicy, "python -m nasnet.experiments.published.mnist_policy")
