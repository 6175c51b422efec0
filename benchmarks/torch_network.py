"""The peer that runs on PyTorch: the same cells as the modules that `nasnet code` writes, eager."""

import tempfile
from pathlib import Path
from typing import Any

import torch

from nasnet.cells import Network, network_cost
from nasnet.runtime.loading import run_file
from nasnet.stacking.flat.backend import FlatLayout
from nasnet.stacking.recipe import Recipe
from nasnet.stacking.source.torch_code import torch_code, torch_weights


def torch_network(network: Network, recipe: Recipe = Recipe(), *, seed: int) -> Any:
    """A network as PyTorch users write it, in `channels_last` memory, with our initial weights.

    Args:
        network: it must have a classifier.
        recipe: gives batch normalization's constants.
        seed: of the initial weights.

    Returns:
        A module from [N, C, H, W] to logits [N, classes].
    """
    layout = FlatLayout(network_cost(network)[0].parameters)
    weights = torch_weights(network, layout.unpack(*layout.initial(seed)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.py"
        path.write_text(torch_code(network, recipe))
        module = run_file(path)["Network"]()
    module.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return module.to(memory_format=torch.channels_last)


def decaying(module: Any) -> list[Any]:
    """The parameters that weight decay applies to: kernels, but no offset and no scale."""
    return [parameter for parameter in module.parameters() if parameter.ndim > 1]
