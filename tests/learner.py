"""A policy that learns a little, for another process to learn the same: prints its state's hash."""

import hashlib

from tests.controllers import SMALL, make


def state_hash() -> str:
    """Of PPO behind one update."""
    controller = make("ppo", SMALL, epochs=2)
    controller.observe(controller.propose(4), [0.0, 1.0, 2.0, 5.0])
    return hashlib.sha256(controller.state()).hexdigest()


if __name__ == "__main__":
    print(state_hash())
