"""Alternatives in a written graph: one runs, forward and backward."""

import numpy as np
import pytest
import tensorflow as tf

from nasnet.stacking.shared.switching import SwitchingGraph


def outputs(graph, given, *symbols):
    """What a graph gives."""

    @tf.function(autograph=False)
    def run():
        inputs = {name: tf.constant(value) for name, value in given.items()}
        return tf.graph_util.import_graph_def(
            graph.definition, inputs, [symbol.tensor for symbol in symbols]
        )

    return [value.numpy().tolist() for value in run()]


def times(graph, x, factor):
    def back(dy):
        return [(x, graph.emit("Mul", [dy, factor], x.shape)[0])]

    return graph.emit("Mul", [x, factor], x.shape, back=back)[0]


@pytest.mark.parametrize(("chosen", "value", "slope"), [(0, 3, 1), (1, 6, 2), (2, 0, 0)])
def test_what_is_chosen_has_the_value_and_the_gradient(chosen, value, slope):
    """An identity, a doubling, and zeros, of which no gradient comes back."""
    graph = SwitchingGraph()
    x = graph.input("x", (1,), trained=True)
    conditions = [graph.condition(f"chosen_{i}") for i in range(3)]
    branches = graph.fork(x, conditions)
    [zeros] = graph.emit("ZerosLike", [branches[2]], (1,))
    two = graph.constant([2.0], np.float32)
    y = graph.join([branches[0], times(graph, branches[1], two), zeros], conditions)
    one = graph.constant([1.0], np.float32)
    by_x = graph.gradients({y: one})[x]
    given = {"x": [3.0], **{f"chosen_{i}": i == chosen for i in range(3)}}
    assert outputs(graph, given, y, by_x) == [[value], [slope]]


@pytest.mark.parametrize(("chosen", "slope"), [(True, 3), (False, 0)])
def test_a_parameter_of_a_branch_has_a_gradient_of_0_where_it_is_dead(chosen, slope):
    graph = SwitchingGraph()
    weight = graph.input("weight", (1,), trained=True)
    x = graph.constant([3.0], np.float32)
    conditions = [graph.condition("yes"), graph.condition("no")]
    guarded = graph.guard(weight, conditions[0])
    branches = graph.fork(x, conditions)
    y = graph.join([times(graph, guarded, branches[0]), branches[1]], conditions)
    by_weight = graph.gradients({y: graph.constant([1.0], np.float32)})[weight]
    given = {"weight": [5.0], "yes": chosen, "no": not chosen}
    assert outputs(graph, given, y, by_weight) == [[15 if chosen else 3], [slope]]
