"""Do the policy-gradient controllers learn? Each against random search, without any training.

The reward of a genotype is the share of separable convolutions among its operations: 3/13 on
average under random search, 1 at best. Each seed makes 2,000 proposals in batches of 20; the last
200 rewards are compared with the last 200 of random search with the same seed (one-sided
Mann-Whitney U test).

    python -m benchmarks.controller_learning --seeds 3
"""

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import mannwhitneyu

from cells import CellSpace, Genotype
from controller import CONTROLLERS, make_controller

PROPOSALS, BATCH, TAIL = 2000, 20, 200
# PPO at its defaults. REINFORCE makes one update where PPO makes ten, so it takes the larger of
# the two published learning rates; with the paper's 3.5e-4 it gains 0.03 to 0.21 here.
SETTINGS: dict[str, dict[str, Any]] = {
    "random": {},
    "reinforce": {"learning_rate": 8e-4},
    "ppo": {},
}


def separable_share(genotype: Genotype) -> float:
    """The share of separable convolutions among the operations of both cells."""
    names = [
        name
        for cell in (genotype.normal, genotype.reduction)
        for block in cell.blocks
        for name in (block.op_a, block.op_b)
    ]
    return sum(name.startswith("sep_conv") for name in names) / len(names)


def rewards_of(name: str, seed: int, settings: Mapping[str, Any]) -> np.ndarray:
    """The rewards of all proposals in order, [PROPOSALS]."""
    space = CellSpace()
    controller = make_controller(name, space, seed=seed, **settings)
    rewards: list[float] = []
    for _ in range(PROPOSALS // BATCH):
        proposals = controller.propose(BATCH)
        batch = [separable_share(space.decode(proposal.choices)) for proposal in proposals]
        controller.observe(proposals, batch)
        rewards += batch
    return np.array(rewards)


def compare(seed: int) -> dict[str, Any]:
    """Mean reward of the last 200 proposals, its gain on random search, p-value and seconds."""
    row: dict[str, Any] = {"seed": seed}
    baseline = rewards_of("random", seed, {})[-TAIL:]
    row["random"] = {"mean": float(baseline.mean())}
    for name in ("reinforce", "ppo"):
        start = time.perf_counter()
        tail = rewards_of(name, seed, SETTINGS[name])[-TAIL:]
        row[name] = {
            "mean": float(tail.mean()),
            "gain": float(tail.mean() - baseline.mean()),
            "p_value": float(mannwhitneyu(tail, baseline, alternative="greater").pvalue),
            "seconds": round(time.perf_counter() - start, 1),
        }
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0, 1, ... to compare")
    args = parser.parse_args()
    settings = {
        name: dataclasses.asdict(CONTROLLERS[name].settings(**SETTINGS[name])) for name in SETTINGS
    }
    report = {
        "proposals": PROPOSALS,
        "batch": BATCH,
        "compared": TAIL,
        "settings": settings,
        "seeds": [compare(seed) for seed in range(args.seeds)],
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
