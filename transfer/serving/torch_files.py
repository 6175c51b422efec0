"""Networks as PyTorch modules in a file of their own, and their weights as safetensors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.cells import Network
from nasnet.runtime.files import write_atomically
from nasnet.runtime.libraries import need
from nasnet.runtime.loading import run_file
from nasnet.stacking.recipe import Recipe
from nasnet.stacking.source.torch_code import torch_code, torch_weights
from nasnet.transfer.serving.runners import Runner

MODULE, WEIGHTS = "model.py", "model.safetensors"


def write_weights(path: Path, network: Network, weights: Mapping[str, np.ndarray]) -> None:
    """Writes the weights of a network as its PyTorch module takes them.

    Args:
        path: the new file.
        network: whose weights they are.
        weights: by their paths in the Keras network.

    Raises:
        ValueError: they are those of another network.
        MissingLibraryError: safetensors is not installed.
    """
    library = need("safetensors.numpy", "safetensors", "write weights for PyTorch")
    write_atomically(path, library.save(torch_weights(network, weights)))


def export_torch(model: Any, folder: Path, network: Network, recipe: Recipe, name: str) -> Path:
    """Writes the module file of a Keras network, and its weights beside it; the module file.

    Args:
        model: the Keras network.
        folder: that they go to; it must exist.
        network: that the Keras network was built from.
        recipe: it was trained by.
        name: of the network.

    Raises:
        ValueError: the Keras network is another one.
        MissingLibraryError: safetensors is not installed.
    """
    import keras

    last = getattr(model.layers[-1], "activation", None)
    softmax = last is keras.activations.softmax
    weights = {v.path: keras.ops.convert_to_numpy(v) for v in model.weights}
    write_weights(folder / WEIGHTS, network, weights)
    write_atomically(folder / MODULE, torch_code(network, recipe, f"{name}.", softmax=softmax))
    return folder / MODULE


def load_torch(path: Path, network: Network) -> Runner:
    """What `export_torch` wrote as a runner. The module file is run, so it must be one's own.

    Raises:
        MissingLibraryError: PyTorch or safetensors is not installed.
    """
    torch = need("torch", "torch", f"run {path.name}")
    library = need("safetensors.torch", "safetensors", f"load {WEIGHTS}")
    module = run_file(path)["Network"]().eval()
    module.load_state_dict(library.load_file(path.parent / WEIGHTS))

    def call(images: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return module(torch.from_numpy(images.transpose(0, 3, 1, 2))).numpy()

    return Runner(network.input_shape, call, takes_pixels=False)
