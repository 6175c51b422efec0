"""Do the controllers learn? Each against random search, without any training.

The reward of a genotype is the share of separable convolutions among its operations: 3/13 on
average under random search, 1 at best. Each seed makes 2,000 proposals in batches of 20; the last
200 rewards are compared with the last 200 of random search with the same seed (one-sided
Mann-Whitney U test). TPE takes minutes a seed.

    python -m benchmarks.controller_learning --seeds 3 --controllers reinforce ppo
"""

import dataclasses
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tyro
from scipy.stats import mannwhitneyu

from nasnet.cells import CellSpace, Genotype
from nasnet.controller import controller_class, make_controller

PROPOSALS, BATCH, TAIL = 2000, 20, 200
# All at their defaults, except: REINFORCE makes one update where PPO makes ten, so it takes the
# larger of the two published learning rates; with the paper's 3.5e-4 it gains 0.03 to 0.21 here.
# Q-learning's epsilon falls within the proposals there are, and cells need its trace.
SETTINGS: dict[str, dict[str, Any]] = {
    "random": {},
    "reinforce": {"learning_rate": 8e-4},
    "ppo": {},
    "evolution": {},
    "local_search": {},
    "q_learning": {"models": PROPOSALS, "trace": 1.0},
    "surrogate": {},
    "tpe": {},
    "nsga2": {},
}
LEARNERS = tuple(name for name in SETTINGS if name != "random")


def separable_share(genotype: Genotype) -> float:
    """The share of separable convolutions among the operations of both cells."""
    names = [
        name
        for cell in (genotype.normal, genotype.reduction)
        for block in cell.blocks
        for name in (block.op_a, block.op_b)
    ]
    return sum(name.startswith("sep_conv") for name in names) / len(names)


def rewards_of(
    name: str,
    seed: int,
    settings: Mapping[str, Any],
    space: CellSpace | None = None,
    count: int = PROPOSALS,
) -> np.ndarray:
    """The rewards of `count` proposals in order, of the paper's space unless another is given."""
    space = space or CellSpace()
    controller = make_controller(name, space, seed=seed, **settings)
    rewards: list[float] = []
    for _ in range(count // BATCH):
        proposals = controller.propose(BATCH)
        batch = [separable_share(space.decode(proposal.choices)) for proposal in proposals]
        controller.observe(proposals, batch)
        rewards += batch
    return np.array(rewards)


def compare(names: Sequence[str], seed: int) -> dict[str, Any]:
    """Mean reward of the last 200 proposals, its gain on random search, p-value and seconds."""
    row: dict[str, Any] = {"seed": seed}
    baseline = rewards_of("random", seed, {})[-TAIL:]
    row["random"] = {"mean": float(baseline.mean())}
    for name in names:
        start = time.perf_counter()
        tail = rewards_of(name, seed, SETTINGS[name])[-TAIL:]
        row[name] = {
            "mean": float(tail.mean()),
            "gain": float(tail.mean() - baseline.mean()),
            "p_value": float(mannwhitneyu(tail, baseline, alternative="greater").pvalue),
            "seconds": round(time.perf_counter() - start, 1),
        }
    return row


def main(
    *,
    seeds: int = 3,
    controllers: tuple[tyro.extras.literal_type_from_choices(LEARNERS), ...] = LEARNERS,
) -> None:
    """Prints the report.

    Args:
        seeds: 0, 1, ... to compare.
        controllers: which.
    """
    settings = {
        name: dataclasses.asdict(controller_class(name).Settings(**SETTINGS[name]))
        for name in controllers
    }
    report = {
        "proposals": PROPOSALS,
        "batch": BATCH,
        "compared": TAIL,
        "settings": settings,
        "seeds": [compare(controllers, seed) for seed in range(seeds)],
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
