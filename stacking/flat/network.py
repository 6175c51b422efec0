"""A network over flat vectors: what in-memory training, transfer and shared weights compute."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from nasnet.cells import Network, network_cost
from nasnet.stacking.flat.backend import FlatLayout, FlatTensors
from nasnet.stacking.flat.noise import Noise
from nasnet.stacking.precision import COMPUTE_TYPES, Precision
from nasnet.stacking.recipe import Recipe

Tensor = Any


class FlatNetwork:
    """A network as a function of its two flat vectors; it holds no variables.

    Args:
        network: what is computed.
        recipe: how it is trained.
        precision: what is computed in; weights and statistics are always float32.
        backend: the interpreter.

    Attributes:
        cost: what the network costs, without the auxiliary classifier.
        layout: of the vectors, with the auxiliary classifier where the recipe trains one.
        frozen: paths of the parameters that stay as they are. Their batch normalization takes the
            running statistics and keeps them.

    Raises:
        ValueError: as `network_cost`; with an auxiliary classifier, images must be large enough.
    """

    def __init__(
        self,
        network: Network,
        recipe: Recipe,
        *,
        precision: Precision = "float32",
        backend: Callable[..., FlatTensors] = FlatTensors,
    ) -> None:
        self.network, self.recipe, self.precision = network, recipe, precision
        self._backend = backend
        self.cost, _ = network_cost(network)
        trained = self.cost
        if recipe.aux_weight:
            trained, _ = network_cost(network, aux_head=True)
        self.layout = FlatLayout(trained.parameters)
        self.frozen: frozenset[str] = frozenset()

    @property
    def lengths(self) -> tuple[int, int]:
        """Values in the two flat vectors: trained ones, running statistics."""
        return self.layout.lengths

    def ends(
        self,
        x: Tensor,
        weights: Tensor,
        moving: Tensor,
        noise: Noise | None = None,
        *,
        batch_statistics: bool = False,
    ) -> tuple[dict[str, Tensor], list[Tensor]]:
        """The end points of images, in training if there is `noise`, and the batch's statistics.

        Args:
            x: [N, H, W, C] float32 from -1 to 1.
            weights: [P].
            moving: [M].
            noise: what is dropped.
            batch_statistics: whether batch normalization takes those of `x` outside of training,
                too.
        """
        compute_type = tf.as_dtype(COMPUTE_TYPES[self.precision])
        tensors = self.layout.tensors(weights, moving, compute_type)
        training = noise is not None
        frozen = self.frozen if training else frozenset()
        # No gradient flows below the lowest parameter that is trained.
        tensors |= {path: tf.stop_gradient(tensors[path]) for path in frozen}
        backend = self._backend(
            tensors,
            training=training or batch_statistics,
            epsilon=self.recipe.batch_norm_epsilon,
            noise=noise,
            frozen=frozen,
        )
        aux_head = training and self.recipe.aux_weight > 0
        x = x if x.dtype == compute_type else tf.cast(x, compute_type)
        return self.network.build(backend, x, aux_head=aux_head), backend.statistics
