"""Search by gradients of choices: its arithmetic, toys with known answers, and goes on."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from nasnet.cells import Decision, GrowingCellSpace, TableSpace
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.shared.gumbel import Gumbel, Path
from nasnet.search.shared.settings import GumbelSettings
from nasnet.search.shared.training import SharedTraining
from tests.search.shared.networks import FRAME, IMAGES, PLAIN, SPACE, UNIFORM, Watching

TOY = TableSpace(
    [
        Decision("a", ("identity", "signal", "noise", "noise too")),
        Decision("b", ("noise", "signal", "identity")),
    ]
)
QUICK = GumbelSettings(warmup=0.0, learning_rate=0.05, weight_decay=0.0, last_temperature=1.0)


def test_the_gradient_is_that_of_the_softmax_behind_a_one_hot_forward(rng):
    """GDAS: onehot - constant(p) + p, and the loss sees the entry of the choice."""
    logits, noise = rng.normal(size=(2, 3, 4))
    upstream, temperature = rng.normal(size=3), 0.7
    alpha = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(alpha)
        p = tf.nn.softmax((tf.nn.log_softmax(alpha) + noise) / temperature)
        onehot = tf.one_hot(tf.argmax(p, 1), 4, dtype=tf.float64)
        hard = onehot - tf.stop_gradient(p) + p
        chosen = tf.reduce_sum(hard * onehot, 1)
        loss = tf.reduce_sum(chosen * upstream)
    np.testing.assert_allclose(chosen, 1)
    choices = tuple(tf.argmax(p, 1).numpy().tolist())
    found = Path(choices, p.numpy(), temperature).gradient(upstream)
    np.testing.assert_allclose(found, tape.gradient(loss, alpha).numpy(), atol=1e-12)


def test_beta_decay_is_the_gradient_of_the_mean_logsumexp():
    """Of logits 1, 0, -1 it is their softmax."""
    space = TableSpace([Decision("a", ("x", "y", "z"))])
    gumbel = Gumbel(space, dataclasses.replace(QUICK, beta_decay=1.0))
    gumbel.logits = np.array([[1.0, 0.0, -1.0]])
    gumbel.descend(Path((0,), gumbel.probabilities, 1.0), np.zeros(1))
    gradient = gumbel.memory()["moments"][0, 0] / 0.5
    np.testing.assert_allclose(gradient, [0.665241, 0.244728, 0.090031], atol=1e-6)


def descended(gumbel, losses, steps, rng):
    """Steps at the gradient of a loss that is the sum of what each choice costs."""
    for step in range(steps):
        if not gumbel.teaches(1.0):
            break
        path = gumbel.path(step / steps, rng)
        costs = [row[choice] for row, choice in zip(losses, path.choices, strict=True)]
        gumbel.descend(path, np.array(costs) + 0.3 * rng.normal(size=len(costs)))
        if step % 50 == 49:
            gumbel.end_epoch()


def test_the_operation_with_a_signal_is_found(rng):
    gumbel = Gumbel(TOY, QUICK)
    descended(gumbel, [(0, -1, 0, 0), (0, -1, 0)], 600, rng)
    assert np.argmax(gumbel.logits, axis=1).tolist() == [1, 1]
    assert not gumbel.stopped
    cells = {proposal.choices for proposal in gumbel.propose(50)}
    assert (1, 1) in cells
    assert all(choices[1] < 3 for choices in cells)


def test_a_trap_of_identities_stops_it(rng):
    gumbel = Gumbel(TOY, dataclasses.replace(QUICK, most_identities=0.6))
    descended(gumbel, [(-1, 0, 0, 0), (0, 0, -1)], 1000, rng)
    assert gumbel.stopped
    assert not gumbel.teaches(1.0)
    assert gumbel.identities <= 0.6


def test_without_a_limit_identities_win(rng):
    gumbel = Gumbel(TOY, dataclasses.replace(QUICK, most_identities=1.0))
    descended(gumbel, [(-1, 0, 0, 0), (0, 0, -1)], 1000, rng)
    assert gumbel.identities > 0.6


def test_cells_that_grow_are_refused():
    with pytest.raises(ValueError, match="space has decisions that are not always made, expected"):
        Gumbel(GrowingCellSpace(2))


@pytest.fixture
def search(data, tmp_path):
    """Trains in a folder of that name, until `stop` epochs are done."""

    def call(name, *, stop=None, learning_rate=0.1, warmup=0.25, data=data):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        settings = dataclasses.replace(
            UNIFORM,
            sampling="gumbel",
            learning_rate=learning_rate,
            gumbel=dataclasses.replace(QUICK, warmup=warmup),
        )
        evaluator = SharedWeights(data, folder, SPACE, FRAME, PLAIN)
        gumbel = Gumbel(SPACE, settings.gumbel, seed=3)
        training = SharedTraining(
            folder,
            evaluator.layout(),
            settings,
            PLAIN,
            images=IMAGES,
            seed=3,
            controller=gumbel,
        )

        def on_epoch(epoch):
            if epoch.number == stop:
                raise KeyboardInterrupt

        executor = Watching(evaluator)
        training.run(executor, on_epoch=on_epoch)
        return gumbel, executor.steps, training

    return call


def test_logits_learn_on_validation_images_behind_the_warm_up(search):
    gumbel, steps, training = search("run")
    assert gumbel.logits[gumbel.logits != 0].size
    asked = [step for step in steps if step.gates]
    assert len(asked) == 9  # behind a quarter of twelve steps
    assert min(step.progress for step in asked) == 0.25
    assert {step.split for step in asked} == {"val"}
    assert {step.split for step in steps if not step.gates} == {"train"}
    assert all(step.images.max() < IMAGES["val"] for step in asked)
    assert training.epochs[-1].note.startswith("identities 0.")


def test_their_gradient_does_not_depend_on_training_images(search, data, tmp_path):
    """Of first order: but for what these have made of the weights, here nothing."""
    other = tmp_path / "other"
    other.mkdir()
    for path in data.iterdir():
        np.save(other / path.name, np.load(path)[:: -1 if "train" in path.name else 1])
    first, _, _ = search("first", learning_rate=1e-9, warmup=0.0)
    second, _, _ = search("second", learning_rate=1e-9, warmup=0.0, data=other)
    np.testing.assert_allclose(first.logits, second.logits, atol=1e-4)


def test_a_search_by_gradients_that_was_stopped_goes_on_as_if_it_had_not(search):
    whole, _, _ = search("whole")
    with pytest.raises(KeyboardInterrupt):
        search("halves", stop=1)
    halves, _, _ = search("halves")
    np.testing.assert_array_equal(whole.logits, halves.logits)
    assert whole.propose(5) == halves.propose(5)
