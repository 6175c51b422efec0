"""A large network over flat vectors: what changes in training, in any precision, partly frozen."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from cells import Genotype
from stacking.assemble import assemble, network_cost
from stacking.flat_backend import FlatLayout, FlatTensors
from stacking.noise import Noise
from stacking.plan import Stack
from stacking.recipe import Recipe
from stacking.training_state import TrainingState
from transfer.precision import COMPUTE_TYPES, Precision

Tensor = Any


class FlatNetwork:
    """A network's two flat vectors, the memory of its optimizer, and its end points.

    Make it where its variables are to be (`Replicas.variables`).

    Args:
        genotype: the cells.
        stack: the plan.
        size: height and width of the images in pixels.
        classes: number of classes.
        recipe: how it is trained.
        seed: of the initial weights.
        precision: what is computed in; weights and statistics are always float32.

    Attributes:
        cost: what it costs, without the auxiliary classifier.
        frozen: paths of the parameters that stay as they are. Their batch normalization takes the
            running statistics and keeps them.
        state: the variables.

    Raises:
        ValueError: as `network_cost`.
    """

    def __init__(
        self,
        genotype: Genotype,
        stack: Stack,
        size: int,
        classes: int,
        recipe: Recipe,
        *,
        seed: int = 0,
        precision: Precision = "float32",
    ) -> None:
        self._genotype, self._stack, self.classes = genotype, stack, classes
        self.recipe, self._seed, self.size = recipe, seed, size
        self.precision = precision
        shape = (size, size, 3)
        self.cost, _ = network_cost(genotype, stack, shape, classes)
        trained, _ = network_cost(genotype, stack, shape, classes, aux_head=recipe.aux_weight > 0)
        self._layout = FlatLayout(trained.parameters)
        self.state = TrainingState(recipe, self._layout, seed)
        self.frozen: frozenset[str] = frozenset()

    @property
    def lengths(self) -> tuple[int, int]:
        """Values in the two flat vectors: trained ones, running statistics."""
        return self.state.weights.shape[0], self.state.moving.shape[0]

    def ends(
        self, x: Tensor, weights: Tensor, moving: Tensor, noise: Noise | None = None
    ) -> tuple[dict[str, Tensor], list[Tensor]]:
        """The end points of images, in training if there is `noise`, and the batch's statistics.

        Args:
            x: [N, H, W, 3] float32 from -1 to 1.
            weights: [P].
            moving: [M].
            noise: what is dropped.
        """
        compute_type = tf.as_dtype(COMPUTE_TYPES[self.precision])
        tensors = self._layout.tensors(weights, moving, compute_type)
        training = noise is not None
        frozen = self.frozen if training else frozenset()
        # No gradient flows below the lowest parameter that is trained.
        tensors |= {path: tf.stop_gradient(tensors[path]) for path in frozen}
        backend = FlatTensors(
            tensors,
            training=training,
            epsilon=self.recipe.batch_norm_epsilon,
            noise=noise,
            frozen=frozen,
        )
        ends = assemble(
            backend,
            self._genotype,
            self._stack,
            tf.cast(x, compute_type),
            self.classes,
            aux_head=training and self.recipe.aux_weight > 0,
        )
        return ends, backend.statistics

    def trained(self) -> tuple[Tensor, Tensor] | None:
        """Masks of the flat vectors, False where something is frozen; None for all True."""
        if not self.frozen:
            return None
        masks = []
        for part in (self._layout.trainable, self._layout.moving):
            values = [parameter.path not in self.frozen for parameter in part]
            masks.append(tf.constant(np.repeat(values, [parameter.size for parameter in part])))
        return masks[0], masks[1]

    def weights(self) -> dict[str, np.ndarray]:
        """Every array by its path in the Keras network: averages, where the recipe has any."""
        weights, moving = self.state.evaluated
        arrays = self._layout.unpack(weights.numpy(), moving.numpy())
        return {parameter.path: arrays[parameter.path] for parameter in self.cost.parameters}

    def initial(self) -> dict[str, np.ndarray]:
        """The weights that the seed gives, by path, with those of the auxiliary classifier."""
        return self._layout.unpack(*self._layout.initial(self._seed))

    def begin_with(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes `arrays` by path, as `initial` has them, for the weights before the first step.

        Raises:
            ValueError: a path is missing or unknown, or an array has another shape.
        """
        weights, moving = self._layout.pack(dict(arrays))
        state = self.state.arrays()
        begun = {"weights": weights, "moving": moving}
        begun |= {f"average_{name}": vector for name, vector in begun.items()}
        self.state.restore(
            {name: begun.get(name, np.zeros_like(array)) for name, array in state.items()}
        )
