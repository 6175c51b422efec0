"""Search chains of layers by tabular Q-learning on MNIST, beside random search.

Paper:    Baker et al., Designing Neural Network Architectures using Reinforcement Learning,
          https://arxiv.org/abs/1611.02167
Command:  python -m nasnet.experiments.published.metaqnn   (--data mini-cifar10 and
          --more="--search.image-size 28 --final.image-size 28" for small CIFAR-10)
Cost:     2 x 3 searches of 60 children: see experiments/published/README.md; the paper trained
          2,700 for 20 epochs, eight to ten days on 10 GPUs
Expect:   the last children, chosen with epsilon 0.1, are better than the first ones; the best of 60
          need not be better than the best of 60 random ones.

The rules of the space, the update, replay and the first value of 0.5 are those of the released
code, its pools repaired; the epsilon schedule is the paper's, over 60 models. Small are the
filters, and the learning rate of the values is ten times the paper's.
"""

import dataclasses
from pathlib import Path

from nasnet.experiments import cli
from nasnet.experiments.published.beside_random import BesideRandom


@dataclasses.dataclass(frozen=True)
class MetaQNN(BesideRandom):
    """Search chains by Q-learning, as MetaQNN does, beside random search."""

    data: str = "mnist"
    trials: int = 60
    out: Path = Path("runs/metaqnn")

    space = "chain,max_layers=6,filters=8/16/32,units=128/64"
    controller = "q_learning,models=60,replay=128,learning_rate=0.1"
    search = (
        "--train-images 1000 --val-images 1000 --recipe.batch-size 16 --recipe.learning-rate 0.01 "
        "--recipe.augmentation none"
    )
    final = (
        "--recipe.epochs 2 --recipe.batch-size 64 --recipe.learning-rate 0.02 "
        "--recipe.augmentation none"
    )


if __name__ == "__main__":
    cli.script(MetaQNN, "python -m nasnet.experiments.published.metaqnn")
