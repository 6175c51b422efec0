"""Proxies against Keras, SciPy and arithmetic by hand."""

import dataclasses
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nasnet.cells import NASNET_A_STRICT, CellSpace, network_cost
from nasnet.search import EVALUATORS, Evaluation, Evaluator, Train, TrainChild
from nasnet.search.evaluators.measures import Untrained, agreeing, jacobian_score
from nasnet.search.evaluators.proxies import Several, ShortTraining
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.evaluators.sizes import Size
from nasnet.search.evaluators.zero_cost import ZeroCost
from nasnet.search.rank_correlation import kendall_tau, spearman, tau_interval, top_recall
from nasnet.search.shared.exchange import MOVING, WEIGHTS
from nasnet.stacking import FlatLayout, Recipe, Stack, build_network
from nasnet.stacking.network import CellFrame, CellNetwork
from tests.strategies import random_genotypes

STACK, SHAPE, CLASSES = Stack(1, 4), (16, 16, 3), 3
SMALL = CellSpace(1, operations=("identity", "conv_3x3", "dil_conv_3x3", "max_pool_3x3"))
CELLS = [NASNET_A_STRICT, random_genotypes(1, seed=4)[0]]
FRAME = CellFrame(Stack(1, 2), (8, 8, 3), CLASSES)  # of the images of `data`
VALUES = st.lists(st.integers(0, 4), min_size=4, max_size=30)


@pytest.fixture(params=range(len(CELLS)), ids=["nasnet-a", "random"])
def genotype(request):
    return CELLS[request.param]


@pytest.fixture
def batch(rng):
    return rng.integers(0, 256, (5, *SHAPE), dtype=np.uint8), rng.integers(CLASSES, size=5)


def keras_network(genotype, seed=0):
    """The stock Keras network with the untrained weights of that seed."""
    model = build_network(CellNetwork(genotype, STACK, SHAPE, CLASSES), classifier_activation=None)
    cost, _ = network_cost(CellNetwork(genotype, STACK, SHAPE, CLASSES))
    layout = FlatLayout(cost.parameters)
    arrays = layout.unpack(*layout.initial(seed))
    for variable in model.variables:
        variable.assign(arrays[variable.path])
    return model


def kernels(model):
    return [v for v in model.trainable_variables if v.path.endswith("kernel")]


def untrained(genotype, seed=0):
    return Untrained(CellNetwork(genotype, STACK, SHAPE, CLASSES), seed)


def test_synflow_is_the_derivative_along_the_weights(genotype):
    """sum(w dR/dw) is dR(tw)/dt at 1; R is Keras' network with neutral normalizations."""
    model = keras_network(genotype)
    start = [np.abs(v.numpy()) for v in kernels(model)]
    epsilon = next(x.epsilon for x in model.layers if hasattr(x, "epsilon"))
    for variable in model.variables:
        if variable.path.endswith("moving_variance"):
            variable.assign(np.full(variable.shape, 1 - epsilon))
    totals = []
    for t in (1 - 1e-3, 1 + 1e-3):
        for variable, values in zip(kernels(model), start, strict=True):
            variable.assign(t * values)
        totals.append(float(tf.reduce_sum(model(np.ones((1, *SHAPE), np.float32)))))
    derivative = (totals[1] - totals[0]) / 2e-3
    assert untrained(genotype).synflow() == pytest.approx(math.log10(derivative), abs=2e-3)


def test_naswot_counts_the_relus_of_the_keras_network(genotype, batch):
    model = keras_network(genotype)
    relus = [layer for layer in model.layers if isinstance(layer, keras.layers.ReLU)]
    inputs = keras.Model(model.input, [layer.input for layer in relus])
    images = batch[0].astype(np.float32) / 127.5 - 1
    kernel = np.zeros((5, 5))
    for value in inputs(images, training=True):
        on = (np.asarray(value).reshape(5, -1) > 0).astype(float)
        kernel += on @ on.T + (1 - on) @ (1 - on).T
    _, expected = np.linalg.slogdet(kernel)
    assert untrained(genotype).naswot(batch[0]) == pytest.approx(expected, rel=1e-4)


def test_jacob_cov_and_grad_norm_are_those_of_the_keras_network(genotype, batch):
    model = keras_network(genotype)
    images, labels = batch
    x = tf.constant(images.astype(np.float32) / 127.5 - 1)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        logits = model(x, training=True)
        total = tf.reduce_sum(logits)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        loss = tf.reduce_mean(losses)
    rows = tape.gradient(total, x).numpy().reshape(5, -1)
    expected = jacobian_score(np.corrcoef(rows))
    # Its terms 1 / v multiply the rounding of small eigenvalues.
    assert untrained(genotype).jacob_cov(images) == pytest.approx(expected, rel=2e-2)
    gradients = tape.gradient(loss, [v.value for v in kernels(model)])
    norms = sum(float(tf.norm(gradient)) for gradient in gradients)
    assert untrained(genotype).grad_norm(images, labels) == pytest.approx(norms, rel=1e-2)


def test_independent_images_have_the_best_jacobian():
    k = 1e-5
    assert jacobian_score(np.eye(4)) == pytest.approx(-4 * (math.log(1 + k) + 1 / (1 + k)))
    close = np.full((4, 4), 0.9) + 0.1 * np.eye(4)
    assert jacobian_score(close) < jacobian_score(np.eye(4))


def test_agreement_is_counted_by_pairs(rng):
    x = rng.normal(size=(4, 3, 2, 5)).astype(np.float32)
    found = agreeing(tf.constant(x))
    for i in range(4):
        for j in range(4):
            assert found[i, j] == np.sum((x[i] > 0) == (x[j] > 0))


@given(VALUES, st.randoms(use_true_random=False))
def test_rank_correlations_are_scipys(x, random):
    y = [random.randint(0, 5) for _ in x]
    a, b = np.array(x, float), np.array(y, float)
    if len({*x}) == 1 or len({*y}) == 1:
        assert math.isnan(kendall_tau(a, b))
        assert math.isnan(spearman(a, b))
        return
    assert kendall_tau(a, b) == pytest.approx(stats.kendalltau(x, y).statistic)
    assert spearman(a, b) == pytest.approx(stats.spearmanr(x, y).statistic)


def test_recall_by_hand():
    true = np.array([5.0, 4, 3, 2, 1])
    assert top_recall(true, true, 2) == 1
    assert top_recall(-true, true, 2) == 0
    assert top_recall(np.array([5.0, 1, 4, 0, 0]), true, 2) == 0.5
    assert top_recall(np.zeros(5), true, 2) == 1  # of equals the first


def test_the_interval_of_tau_holds_it_and_narrows(rng):
    widths = []
    for count in (20, 200):
        x = rng.normal(size=count)
        y = x + rng.normal(size=count)
        low, high = tau_interval(x, y, draws=300)
        assert low < kendall_tau(x, y) < high
        widths.append(high - low)
    assert widths[1] < 0.6 * widths[0]


@pytest.fixture
def data(tmp_path, rng):
    for split, count in (("train", 32), ("val", 20)):
        np.save(tmp_path / f"x_{split}.npy", rng.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8))
        np.save(tmp_path / f"y_{split}.npy", rng.integers(CLASSES, size=count))
    return tmp_path


def child(seed=0):
    return SMALL.decode(SMALL.sample(np.random.default_rng(seed)))


def kinds(base):
    return [pytest.param(k, id=name) for name, k in EVALUATORS.items() if issubclass(k, base)]


@pytest.mark.parametrize("kind", kinds(ZeroCost))
def test_a_measure_follows_its_seed(kind, data):
    evaluator = kind(data, FRAME, images=8)
    first, again, other = (evaluator(Train(child(), seed)).reward for seed in (1, 1, 2))
    assert math.isfinite(first)
    assert first == again != other


@pytest.mark.parametrize("kind", kinds(Size))
def test_counts_are_those_of_the_cost(kind):
    found = kind(FRAME)(Train(child(), 0))
    cost, _ = network_cost(FRAME.network(child()))
    expected = {"parameters": cost.trainable_parameters, "mult_adds": cost.mult_adds}
    assert found == Evaluation(math.log10(expected[kind.counted]), expected)


def test_a_short_training_on_all_images_is_the_childs(data):
    recipe = Recipe(batch_size=8, augmentation="none")
    trained = TrainChild(data, FRAME, recipe)
    whole, short = (one(Train(child(), 3)) for one in (trained, ShortTraining(trained, 32)))
    assert short.metrics["val_loss"] == pytest.approx(whole.metrics["val_loss"], rel=1e-6)


def test_a_warm_start_has_the_shared_weights(data, monkeypatch):
    from nasnet.stacking.flat.trainer import Trainer

    recipe = Recipe(batch_size=8, augmentation="none")
    shared = SharedWeights(data, data, SMALL, FRAME, recipe)
    layout = FlatLayout(shared.layout().parameters)
    for name, vector in zip((WEIGHTS, MOVING), layout.initial(9), strict=True):
        np.save(data / name, vector)
    seen = []
    monkeypatch.setattr(Trainer, "fit", lambda self, *_: seen.append(self.weights()) or [])
    trained = TrainChild(data, FRAME, recipe)
    for start in (shared, None):
        ShortTraining(trained, 8, start)(Train(child(), 0))
    stored = layout.unpack(*layout.initial(9))
    np.testing.assert_array_equal(seen[0]["stem_conv/kernel"], stored["stem_conv/kernel"])
    assert not np.array_equal(seen[1]["stem_conv/kernel"], stored["stem_conv/kernel"])


@dataclasses.dataclass(frozen=True)
class Gives(Evaluator):
    """An evaluator with a reward, or without."""

    reward: float | None

    def __call__(self, task):
        if self.reward is None:
            raise ZeroDivisionError("nothing to divide by")
        return Evaluation(self.reward)


def test_of_several_proxies_one_that_fails_costs_itself_alone():
    several = Several((("a", Gives(None)), ("b", Gives(2.0)), ("c", Gives(math.inf))))
    found = several(Train(child(), 0)).metrics
    assert [found[name]["reward"] for name in "abc"] == [None, 2.0, None]
    assert found["a"]["error"] == "ZeroDivisionError: nothing to divide by"
    assert (found["b"]["error"], found["c"]["error"]) == ("", "reward is inf")
