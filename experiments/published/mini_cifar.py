"""Search NASNet cells on mini-CIFAR with PPO, as section 3 of the paper does at full size.

Paper:    Zoph et al., Learning Transferable Architectures for Scalable Image Recognition,
          https://arxiv.org/abs/1707.07012
Command:  python -m nasnet.experiments.published.mini_cifar   (flags: those of `nasnet search`)
Cost:     120 children, about 20 minutes on 2 CPU cores; the paper's search took 20,000 children of
          20 epochs each and 500 GPUs for 4 days
Expect:   see experiments/published/README.md, which quotes a run. With so few children, PPO has six
          updates: do not expect it to beat random search by more than luck.

`nasnet search` and `make search` are the same code with fewer children.
"""

from collections.abc import Sequence
from typing import Self

from nasnet.experiments import cli
from nasnet.experiments.commands.search import SearchCommand
from nasnet.experiments.searching.settings import SearchSettings

# The learning rate is the one that AmoebaNet's authors found best for this controller.
SETTINGS = SearchSettings(
    data="mini-cifar10",
    trials=120,
    train_images=2000,
    controller="ppo,learning_rate=8e-4",
)


class MiniCifarCommand(SearchCommand):
    """Search NASNet cells on mini-CIFAR with PPO."""

    @classmethod
    def default(cls, arguments: Sequence[str]) -> Self:
        return super().default(arguments) or cls(settings=SETTINGS)


if __name__ == "__main__":
    cli.script(MiniCifarCommand, "python -m nasnet.experiments.published.mini_cifar")
