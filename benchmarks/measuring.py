"""What benchmarks share: their images, whose turn it is, and summaries of what they measured."""

import platform
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from nasnet.data.shapes import shapes10

T = TypeVar("T")


def save_images(folder: Path, split: str, count: int, seed: int) -> tuple[int, ...]:
    """Keeps images of shapes10 as a split of `nasnet.search.Conditions.data`; an image's shape."""
    x, y = shapes10(count, seed)
    np.save(folder / f"x_{split}.npy", x)
    np.save(folder / f"y_{split}.npy", y)
    return x.shape[1:]


def processor() -> str:
    """Its name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def in_turn(contestants: Sequence[T], number: int) -> list[T]:
    """The contestants of a round: each round begins with the next one."""
    first = number % len(contestants)
    return [*contestants[first:], *contestants[:first]]


def summary(values: Sequence[float], digits: int = 2) -> dict[str, float]:
    """Median and extremes."""
    found = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: round(value, digits) for name, value in found.items()}


def ratios(above: Sequence[float], below: Sequence[float], digits: int = 2) -> dict[str, float]:
    """The same of quotients, round by round."""
    return summary([a / b for a, b in zip(above, below, strict=True)], digits)


def summaries(rounds: Mapping[str, Sequence[float]], digits: int = 2) -> dict[str, dict]:
    """The same of each contestant."""
    return {name: summary(values, digits) for name, values in rounds.items()}
