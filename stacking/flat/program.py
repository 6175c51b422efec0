"""What a child computes, as graphs that TensorFlow imports instead of tracing them."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.cells import Parameter
from nasnet.stacking.flat.emission import EmittedTensors, Mask
from nasnet.stacking.flat.emitted_arrays import known
from nasnet.stacking.flat.graph import Graph, Symbol
from nasnet.stacking.flat.losses import targets
from nasnet.stacking.flat.network import FlatNetwork
from nasnet.stacking.flat.noise import Noise

Tensor = Any


@dataclasses.dataclass(frozen=True, slots=True)
class TrainingProgram:
    """A training step up to the gradient.

    Attributes:
        network: that is trained, with its recipe.
        graph: from `x`, `targets`, `weights` and masks to the outputs.
        masks: what drops.
        outputs: the classifier's losses [N], its logits [N, classes], the gradient by the weights
            [P] and the batch's statistics [M].
    """

    network: FlatNetwork
    graph: Graph
    masks: tuple[Mask, ...]
    outputs: tuple[Symbol, ...]

    @classmethod
    def of(cls, network: FlatNetwork, batch: int) -> "TrainingProgram":
        """Writes the graph of a network for `batch` images."""
        recipe, layout, graph = network.recipe, network.layout, Graph()
        weights = graph.input("weights", (network.lengths[0],))
        parameters = split(graph, layout.trainable, weights, trained=True)
        backend = EmittedTensors(
            graph,
            parameters,
            training=True,
            epsilon=recipe.batch_norm_epsilon,
            drops=(recipe.drop_path_keep < 1, recipe.dropout_keep < 1),
        )
        x = graph.input("x", (batch, *network.network.input_shape))
        ends = network.network.build(backend, x, aux_head=recipe.aux_weight > 0)
        wanted = graph.input("targets", ends["Logits"].shape)
        losses, seed = cross_entropy(graph, ends["Logits"], wanted, 1 / batch)
        seeds = {ends["Logits"]: seed}
        if recipe.aux_weight:
            weight = recipe.aux_weight / batch
            _, seeds[ends["AuxLogits"]] = cross_entropy(graph, ends["AuxLogits"], wanted, weight)
        gradient = join(graph, layout.trainable, parameters, graph.gradients(seeds))
        statistics = concat(graph, backend.statistics)
        outputs = losses, ends["Logits"], gradient, statistics
        return cls(network, graph, tuple(backend.masks), outputs)

    def __call__(
        self, x: Tensor, labels: Tensor, weights: Tensor, noise: Noise
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Imports the graph where it is called, within a function that is traced; `outputs`."""
        wanted = targets(labels, self.outputs[1].shape[1], self.network.recipe.label_smoothing)
        given = {"x": x, "targets": wanted, "weights": weights}
        given |= drawn(self.masks, noise)
        return tuple(imported(self.graph, given, self.outputs))


@dataclasses.dataclass(frozen=True, slots=True)
class EvaluationProgram:
    """The logits of any number of images.

    Attributes:
        graph: from `x`, `weights` and `moving`.
        logits: the output, [N, classes].
    """

    graph: Graph
    logits: Symbol

    @classmethod
    def of(cls, network: FlatNetwork, *, batch_statistics: bool = False) -> "EvaluationProgram":
        """Writes the graph of a network."""
        layout, graph = network.layout, Graph()
        vectors = [
            graph.input(name, (length,))
            for name, length in zip(("weights", "moving"), network.lengths, strict=True)
        ]
        parameters = split(graph, layout.trainable, vectors[0])
        parameters |= split(graph, layout.moving, vectors[1])
        epsilon = network.recipe.batch_norm_epsilon
        backend = EmittedTensors(graph, parameters, training=batch_statistics, epsilon=epsilon)
        x = graph.input("x", (None, *network.network.input_shape))
        return cls(graph, network.network.build(backend, x)["Logits"])

    def __call__(self, x: Tensor, weights: Tensor, moving: Tensor) -> Tensor:
        """Imports the graph where it is called, within a function that is traced."""
        given = {"x": x, "weights": weights, "moving": moving}
        [logits] = imported(self.graph, given, [self.logits])
        return logits


def drawn(masks: Sequence[Mask], noise: Noise) -> dict[str, Tensor]:
    """What drops, by the names of the inputs."""
    return {
        mask.input.name: noise.feature_mask(mask.input.shape, mask.rate)
        if mask.depth is None
        else noise.path_mask(mask.input.shape[0], mask.depth)
        for mask in masks
    }


def cross_entropy(
    graph: Graph, logits: Symbol, wanted: Symbol, weight: float
) -> tuple[Symbol, Symbol]:
    """The losses [N], and `weight` times the gradient of their sum by the logits."""
    losses, slope = graph.emit(
        "SoftmaxCrossEntropyWithLogits", [logits, wanted], logits.shape[:1], logits.shape
    )
    factor = graph.constant(weight, "float32")
    [slope] = graph.emit("Mul", [slope, factor], logits.shape)
    return losses, slope


def imported(graph: Graph, given: dict[str, Tensor], wanted: Any) -> list[Tensor]:
    """The outputs of a graph that is imported into the one that is traced."""
    found = tf.graph_util.import_graph_def(
        graph.definition,
        {name: tf.convert_to_tensor(value) for name, value in given.items()},
        [x.tensor for x in wanted],
        name="child",
    )
    for tensor, symbol in zip(found, wanted, strict=True):
        tensor.set_shape(symbol.shape)
    return found


def split(
    graph: Graph, parameters: Sequence[Parameter], vector: Symbol, *, trained: bool = False
) -> dict[str, Symbol]:
    """The slices of a flat vector, by path and in shape; leaves of gradients where `trained`."""
    if not parameters:
        return {}
    sizes = [parameter.size for parameter in parameters]
    inputs = [vector, graph.constant(sizes), graph.constant(0)]
    pieces = graph.emit(
        "SplitV", inputs, *((n,) for n in sizes), types=("T", "Tlen"), num_split=len(sizes)
    )
    found = {}
    for parameter, piece in zip(parameters, pieces, strict=True):
        shape = tuple(parameter.shape)
        if len(shape) > 1:
            [piece] = graph.emit("Reshape", [piece, graph.constant(shape)], shape)
        found[parameter.path] = dataclasses.replace(piece, trained=trained)
    return found


def join(
    graph: Graph,
    parameters: Sequence[Parameter],
    tensors: Mapping[str, Symbol],
    values: Mapping[Symbol, Symbol],
) -> Symbol:
    """The inverse of `split` for what there is of each tensor, with 0 where there is nothing.

    Args:
        graph: that takes the nodes.
        parameters: in the order of the vector.
        tensors: the parameters by path.
        values: by tensors, in their shapes.
    """
    pieces = []
    for parameter in parameters:
        piece = values.get(tensors[parameter.path])
        if piece is None:
            piece = graph.constant(np.zeros(parameter.size), np.float32)
        elif len(piece.shape) > 1:
            [piece] = graph.emit("Reshape", [piece, graph.constant([-1])], (parameter.size,))
        pieces.append(piece)
    return concat(graph, pieces)


def concat(graph: Graph, vectors: Sequence[Symbol]) -> Symbol:
    """One vector of several."""
    if not vectors:  # the statistics of a network without batch normalization
        return graph.constant(np.zeros(0), np.float32)
    length = sum(known(vector.shape[0]) for vector in vectors)
    [vector] = graph.emit("ConcatV2", [*vectors, graph.constant(0)], (length,), N=len(vectors))
    return vector
