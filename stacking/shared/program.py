"""What all children of a space compute, as one graph that TensorFlow imports (`switching`)."""

import dataclasses
from typing import Any

import tensorflow as tf

from nasnet.cells import Parameter
from nasnet.stacking.flat.emission import Mask
from nasnet.stacking.flat.emitted_arrays import known
from nasnet.stacking.flat.graph import Symbol
from nasnet.stacking.flat.losses import targets
from nasnet.stacking.flat.noise import Noise
from nasnet.stacking.flat.program import concat, cross_entropy, drawn, imported, join, split
from nasnet.stacking.recipe import Recipe
from nasnet.stacking.shared.layout import SharedLayout
from nasnet.stacking.shared.switching import SwitchedTensors, SwitchingGraph

Tensor = Any
_PLAIN = 4  # outputs of a step without factors


@dataclasses.dataclass(frozen=True, slots=True)
class SharedProgram:
    """A training step of any child up to the gradients, or without a batch its logits.

    Attributes:
        recipe: how children are trained.
        graph: from images, targets, all shared weights, conditions, factors and masks.
        masks: what drops, as in `TrainingProgram`.
        conditions: names of the inputs that say which options are chosen, by decision.
        outputs: the logits [N, classes]; of a training step before it the losses [N], and behind it
            the gradient by all shared weights [P], the statistics of the batch, 0 where nothing ran
            [M], and, where there are any, the gradient by the factors [T].
    """

    recipe: Recipe
    graph: SwitchingGraph
    masks: tuple[Mask, ...]
    conditions: tuple[tuple[str, ...], ...]
    outputs: tuple[Symbol, ...]

    @classmethod
    def of(
        cls, layout: SharedLayout, recipe: Recipe, batch: int | None = None, *, gates: bool = False
    ) -> "SharedProgram":
        """Writes the graph of all children.

        Args:
            layout: of their weights; in its space operations alone are searched.
            recipe: how they are trained.
            batch: images of a training step; None for the logits of any number.
            gates: whether factors stand behind the choices.
        """
        graph, space = SwitchingGraph(), layout.space
        any_child = space.decode((0,) * len(space.decisions))
        network = layout.frame.network(any_child)
        conditions = {
            decision.name: {
                option: graph.condition(f"chosen_{i}_{j}")
                for j, option in enumerate(decision.options)
            }
            for i, decision in enumerate(space.decisions)
        }
        training = batch is not None
        named = enumerate(conditions if gates else ())
        factors = {name: graph.input(f"factor_{i}", (), trained=True) for i, name in named}
        weights = graph.input("weights", (layout.sizes[0],))
        parameters = split(graph, layout.trainable, weights, trained=training)
        backend = SwitchedTensors(
            graph,
            _as_read(graph, layout, parameters),
            conditions=conditions,
            factors=factors,
            training=True,
            epsilon=recipe.batch_norm_epsilon,
            drops=(recipe.drop_path_keep < 1, recipe.dropout_keep < 1) if training else None,
        )
        x = graph.input("x", (batch, *network.input_shape))
        logits = network.build(backend, x)["Logits"]
        names = tuple(
            tuple(symbol.name for symbol in options.values()) for options in conditions.values()
        )
        outputs: tuple[Symbol, ...] = (logits,)
        if batch is not None:
            wanted = graph.input("targets", logits.shape)
            losses, slope = cross_entropy(graph, logits, wanted, 1 / batch)
            gradients = graph.gradients({logits: slope})
            gradient = join(graph, layout.trainable, parameters, gradients)
            roles = (
                f"{name}/{role}"
                for name in backend.normalizations
                for role in ("moving_mean", "moving_variance")
            )
            moments = dict(zip(roles, backend.statistics, strict=True))
            statistics = concat(graph, [moments[p.path] for p in layout.moving])
            outputs = losses, logits, gradient, statistics
            if gates:
                slopes = [gradients[factor] for factor in factors.values()]
                outputs += tuple(graph.emit("Pack", slopes, (len(slopes),), N=len(slopes)))
        return cls(recipe, graph, tuple(backend.masks), names, outputs)

    def __call__(
        self,
        x: Tensor,
        weights: Tensor,
        choices: Tensor,
        labels: Tensor = None,
        noise: Noise | None = None,
    ) -> list[Tensor]:
        """Imports the graph where it is called, within a function that is traced; `outputs`.

        Args:
            x: images from -1 to 1, [N, H, W, C].
            weights: all that are shared, [P].
            choices: an option's index for each decision, int32 [T].
            labels: [N], in training.
            noise: of drop path and dropout, in training.
        """
        given = {"x": x, "weights": weights}
        for choice, names in zip(tf.unstack(choices), self.conditions, strict=True):
            given |= {name: tf.equal(choice, number) for number, name in enumerate(names)}
        if labels is not None and noise is not None:
            classes = self.outputs[1].shape[1]
            given["targets"] = targets(labels, classes, self.recipe.label_smoothing)
            if len(self.outputs) > _PLAIN:
                given |= {f"factor_{i}": tf.constant(1.0) for i in range(len(self.conditions))}
            given |= drawn(self.masks, noise)
        return imported(self.graph, given, self.outputs)


def _as_read(
    graph: SwitchingGraph, layout: SharedLayout, parameters: dict[str, Symbol]
) -> dict[str, Symbol]:
    """The shared parameters cut to the rows that are read, which are the same in all children."""
    found = dict(parameters)
    for architecture in layout.probes():
        for share in layout.shares(architecture):
            path, rows, wanted = share.parameter.path, share.rows, share.parameter
            if rows is not None and found[path].shape != wanted.shape:
                found[path] = _cut(graph, parameters[path], wanted, int(rows[0]))
    return found


def _cut(graph: SwitchingGraph, x: Symbol, wanted: Parameter, first: int) -> Symbol:
    """Rows of a kernel, along its axis of input channels."""
    begin = [0] * len(wanted.shape)
    begin[-2] = first
    shapes = zip(begin, map(known, x.shape), wanted.shape, strict=True)
    pads = [[b, n - b - m] for b, n, m in shapes]

    def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
        return [(x, graph.emit("Pad", [dy, graph.constant(pads)], x.shape)[0])]

    inputs = [x, graph.constant(begin), graph.constant(wanted.shape)]
    return graph.emit("Slice", inputs, wanted.shape, back=back, types=("T", "Index"))[0]
