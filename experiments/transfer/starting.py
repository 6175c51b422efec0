"""What a fine-tuning begins with: another network's weights, cells and plan."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nasnet.cells import Genotype
from nasnet.experiments.console.lines import say
from nasnet.experiments.runs.values import from_json
from nasnet.experiments.transfer.settings import FinetuneSettings
from nasnet.stacking.plan import Stack
from nasnet.stacking.presets import PRESETS


def complete(
    settings: FinetuneSettings, cell: tuple[str, Genotype] | None, *, plan_given: bool
) -> tuple[FinetuneSettings, str, Genotype]:
    """Fills in from the weights what the settings leave out: cells, plan, constants.

    Args:
        settings: with the weights.
        cell: name and cells where the command names them; else the file must tell.
        plan_given: whether the plan in the settings was chosen.

    Returns:
        The settings, a name for the run, and the cells.

    Raises:
        ValueError: the weights cannot be read, or their cells are not known.
    """
    from nasnet.transfer.sites import infer_stack
    from nasnet.transfer.weights import read_weights

    path = Path(settings.weights)
    read = read_weights(path)
    if cell is None and read.genotype is None:
        raise ValueError(
            f"cell is left out and {path} does not tell it, expected a cell: nasnet transfer "
            "finetune CELL --weights FILE"
        )
    name, genotype = cell or (path.resolve().stem, read.genotype)
    if genotype is None:
        raise ValueError(f"weights {path} have no cells, expected some")
    if read.genotype is not None and read.genotype.key != genotype.key:
        raise ValueError(f"cell is {name}, expected that of the weights in {path}")
    if not plan_given:
        shapes = {where: array.shape for where, array in read.arrays.items()}
        stack = _stored_stack(path) or _published(infer_stack(shapes))
        if read.conventions is not None:
            stack = dataclasses.replace(stack, conventions=read.conventions)
        settings = dataclasses.replace(settings, stack=stack)
    if read.epsilon is not None and read.epsilon != settings.recipe.batch_norm_epsilon:
        recipe = dataclasses.replace(settings.recipe, batch_norm_epsilon=read.epsilon)
        settings = dataclasses.replace(settings, recipe=recipe)
    settings.freezing.end(settings.stack, 0)
    return settings, f"finetune-{name}", genotype


def initial_weights(weights: str, fresh: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What a network begins with: the weights of a file, its own where those do not fit.

    Args:
        weights: the file, or a run directory.
        fresh: the network's own by path.
    """
    from nasnet.transfer.weights import read_weights, warm_start

    # What is new must not be that of the weights: they may have as many classes by chance.
    source = {
        path: array
        for path, array in read_weights(weights).arrays.items()
        if not path.startswith(("logits_", "auxlogits_"))
    }
    shapes = {path: array.shape for path, array in fresh.items()}
    started = warm_start(shapes, source, initial=fresh)
    say(f"weights: {started}")
    return started.arrays


def _stored_stack(path: Path) -> Stack | None:
    """The plan in the run directory that `path` is or lies in."""
    config = (path if path.is_dir() else path.parent) / "config.json"
    if not config.is_file():
        return None
    try:
        stored = json.loads(config.read_text())["settings"]["stack"]
    except (ValueError, KeyError, TypeError):
        return None
    return from_json(Stack, stored, f"{config}: stack")


def _published(stack: Stack) -> Stack:
    """The published plan that has this one's widths, for what weights cannot tell."""
    for preset in PRESETS.values():
        plain = dataclasses.replace(preset.stack, skip_reduction_input=False)
        widths = dataclasses.replace(plain, stem_filters=plain.stem_width)
        if widths == dataclasses.replace(stack, stem_filters=stack.stem_width):
            return preset.stack
    return stack
