"""The shared weights themselves: vectors in files that workers map, and the update of a part."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.cells import Parameter
from nasnet.runtime.files import replacing
from nasnet.search.shared.exchange import MOVING, WEIGHTS, SharedGradient
from nasnet.search.shared.settings import SharedSettings
from nasnet.stacking.recipe import Recipe
from nasnet.stacking.shared.layout import SharedLayout
from nasnet.stacking.update import optimizer_step, running_mean

_SAVED = ("weights", "moving", "velocity")


class SharedVectors:
    """Weights, running statistics, and momentum, which waits where a weight is not sampled.

    Args:
        folder: of the two files that workers map.
        layout: where the children's weights are.
        settings: weight decay, clipping, and what is trained.
        recipe: momentum, and that of batch normalization.
        saved: by name, as `arrays` gave them; None for those of `seed`.
        seed: of fresh weights.

    Raises:
        ValueError: what was saved is of other lengths.
    """

    def __init__(
        self,
        folder: Path,
        layout: SharedLayout,
        settings: SharedSettings,
        recipe: Recipe,
        *,
        saved: Mapping[str, np.ndarray] | None,
        seed: int,
    ) -> None:
        self._layout, self._settings, self._recipe = layout, settings, recipe
        decay, trained = [], []
        for parameter in layout.trainable:
            decay.append(np.full(parameter.size, settings.weight_decay * parameter.decays))
            trained.append(np.full(parameter.size, settings.affine or not _rescales(parameter)))
        self._decay = np.concatenate(decay).astype(np.float32)
        self._trained = np.concatenate(trained)
        vectors = _fresh(layout, seed) if saved is None else dict(saved)
        lengths = tuple(vectors[name].shape for name in _SAVED)
        length, running = layout.sizes
        if lengths != ((length,), (running,), (length,)):
            raise ValueError(
                f"shared vectors are of {list(lengths)}, expected {length:,} and {running:,} values"
            )
        self._velocity = vectors["velocity"]
        # Workers map these two; between two epochs they may be ahead of the saved state.
        for file, name in ((WEIGHTS, "weights"), (MOVING, "moving")):
            with replacing(folder / file) as target:
                np.save(target, vectors[name], allow_pickle=False)
        self._weights, self._moving = (
            np.load(folder / name, mmap_mode="r+", allow_pickle=False) for name in (WEIGHTS, MOVING)
        )

    def update(self, architecture: Any, found: Sequence[SharedGradient], rate: float) -> None:
        """One step of momentum SGD for one child.

        Args:
            architecture: the child.
            found: its gradient on each part of the batch.
            rate: learning rate.
        """
        settings, recipe = self._settings, self._recipe
        trained, running = self._layout.positions(architecture)
        weights = self._weights[trained]
        gradient = np.mean([part.gradient for part in found], axis=0)
        gradient += self._decay[trained] * weights
        gradient *= self._trained[trained]
        if settings.clip_norm:
            norm = float(np.linalg.norm(gradient))
            gradient *= min(1.0, settings.clip_norm / max(norm, 1e-12))
        slots = {"velocity": self._velocity[trained]}
        weights, slots = optimizer_step(recipe, weights, gradient, slots, rate)
        self._weights[trained], self._velocity[trained] = weights, slots["velocity"]
        statistics = np.mean([part.statistics for part in found], axis=0)
        keep = recipe.batch_norm_momentum
        self._moving[running] = running_mean(keep, self._moving[running], statistics)

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it, by name; the files that workers map are on the disk then, too."""
        self._weights.flush()
        self._moving.flush()
        vectors = self._weights, self._moving, self._velocity
        return dict(zip(_SAVED, vectors, strict=True))


def _fresh(layout: SharedLayout, seed: int) -> dict[str, np.ndarray]:
    from nasnet.stacking.flat.backend import FlatLayout

    weights, moving = FlatLayout(layout.parameters).initial(seed)
    return dict(zip(_SAVED, (weights, moving, np.zeros_like(weights)), strict=True))


def _rescales(parameter: Parameter) -> bool:
    """Whether it is the scale or the offset of a batch normalization within a cell."""
    inside = parameter.path.startswith(("cell_", "reduction_cell_"))
    return inside and parameter.role in ("gamma", "beta")


def save_state(path: Path, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Arrays and JSON values in one file."""
    encoded = np.frombuffer(json.dumps(header).encode(), np.uint8)
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, header=encoded, **arrays)


def read_state(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What `save_state` wrote.

    Raises:
        ValueError: it cannot be read.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            arrays = dict(archive)
        return json.loads(arrays.pop("header").tobytes()), arrays
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
