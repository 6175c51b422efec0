"""Search layers with skip connections by REINFORCE on mini-CIFAR, beside random search.

Paper:    Zoph and Le, Neural Architecture Search with Reinforcement Learning,
          https://arxiv.org/abs/1611.01578
Command:  python -m nasnet.experiments.published.layer_search
Cost:     2 x 3 searches of 40 children: see experiments/published/README.md; the paper trained
          12,800 children of 50 epochs on 800 GPUs
Expect:   a result within the noise of random search: 40 children are eight updates, where the paper
          had hundreds.

The controller is the paper's: two layers of 35 units, Adam at 6e-4, weights from U(-0.08, 0.08),
the cubed accuracy less its moving average, skip connections by anchors, and a depth that grows.
Small are the filters, the images (16 x 16), the minibatch, and how long it takes to grow.
"""

import dataclasses
from pathlib import Path

from nasnet.experiments import cli
from nasnet.experiments.published.beside_random import BesideRandom


@dataclasses.dataclass(frozen=True)
class LayerSearch(BesideRandom):
    """Search layers with skip connections, as NAS-2017 does, beside random search."""

    data: str = "mini-cifar10"
    trials: int = 40
    out: Path = Path("runs/layer-search")

    space = "layers,layers=8,start=4,step=2,every=14,filters=8/12/16/24"
    controller = (
        "reinforce,hidden=35,layers=2,init=0.08,learning_rate=6e-4,reward_power=3,"
        "entropy_weight=0,minibatch=5"
    )
    search = "--image-size 16 --train-images 2000 --val-images 1000 --recipe.batch-size 16"
    final = "--image-size 16 --recipe.epochs 8 --recipe.batch-size 32"


if __name__ == "__main__":
    cli.script(LayerSearch, "python -m nasnet.experiments.published.layer_search")
