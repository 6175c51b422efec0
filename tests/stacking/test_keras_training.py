"""One recipe, two ways to train: Keras' stock parts against the fast trainer."""

import dataclasses

import keras
import numpy as np
import pytest

from nasnet.cells import Block, Cell, Genotype, network_cost
from nasnet.stacking import (
    DropPathSchedule,
    FlatLayout,
    Recipe,
    Stack,
    Trainer,
    build_network,
    compile_network,
)
from nasnet.stacking.keras.training import WarmUp
from nasnet.stacking.network import CellNetwork

SHAPE, CLASSES, STACK = (16, 16, 3), 4, Stack(1, 4)
_SMALL = Cell((Block(0, 1, "sep_conv_3x3", "identity"),))
SMALL = Genotype(_SMALL, _SMALL)
PLAIN = Recipe(batch_size=8, learning_rate=0.1, augmentation="none")
# What does not change a first step is on as well: drop path begins with 0, one average is one step.
FULL = dataclasses.replace(
    PLAIN,
    weight_decay=0.01,
    label_smoothing=0.1,
    clip_norm=2.0,
    aux_weight=0.4,
    drop_path_keep=0.5,
)


def arrays(trainer, recipe):
    """Every weight of a trainer by path, auxiliary classifier included, averages left out."""
    cost, _ = network_cost(
        CellNetwork(SMALL, STACK, SHAPE, CLASSES), aux_head=recipe.aux_weight > 0
    )
    state = trainer.state()
    return FlatLayout(cost.parameters).unpack(state["weights"], state["moving"])


@pytest.mark.parametrize(
    "recipe",
    [
        FULL,
        pytest.param(
            dataclasses.replace(FULL, nesterov=True, clip_norm=0, aux_weight=0, ema_decay=0.99),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            dataclasses.replace(
                FULL, optimizer="rmsprop", schedule="constant", rmsprop_epsilon=0.1
            ),
            marks=pytest.mark.slow,
        ),
    ],
    ids=["auxiliary", "nesterov", "rmsprop"],
)
def test_one_step_is_one_step_of_the_trainer(recipe, rng):
    images = rng.integers(0, 256, (8, *SHAPE), dtype=np.uint8)
    labels = np.arange(8) % CLASSES
    trainer = Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), recipe, seed=3)
    model = build_network(CellNetwork(SMALL, STACK, SHAPE, CLASSES), recipe, training=True)
    before = arrays(trainer, recipe)
    for variable in model.weights:
        if "drop_path" not in variable.path:
            variable.assign(before[variable.path])
    callbacks = compile_network(model, recipe, steps_per_epoch=1)
    model.run_eagerly = True  # a trace would take longer than the one step
    assert [type(callback) for callback in callbacks] == [DropPathSchedule]
    one_hot = keras.ops.one_hot(labels, CLASSES)
    y = {"predictions": one_hot, "aux": one_hot} if recipe.aux_weight else one_hot
    x = images / np.float32(127.5) - 1
    model.fit(x, y, batch_size=8, callbacks=callbacks, verbose=0)
    trainer.fit(images, labels)
    after = arrays(trainer, recipe)
    changes = {path: after[path] - before[path] for path in after}
    largest = max(np.abs(change).max() for change in changes.values())
    assert largest > 0.01
    for variable in model.trainable_variables:
        path = variable.path
        np.testing.assert_allclose(
            variable.numpy() - before[path], changes[path], atol=1e-3 * largest, err_msg=path
        )


@pytest.fixture(scope="module")
def model():
    image = keras.Input((4,))
    return keras.Model(image, keras.layers.Dense(2, name="logits_dense")(image))


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(epochs=3),
        Recipe(epochs=12, schedule="exponential"),
        Recipe(epochs=8, schedule="exponential", decay_epochs=1, decay_rate=0.9, warmup_epochs=3),
        Recipe(epochs=3, warmup_epochs=1.5),
        Recipe(epochs=2, schedule="constant"),
        Recipe(epochs=2, schedule="constant", warmup_epochs=1),
    ],
)
def test_the_learning_rate_is_the_recipes_at_every_step(model, recipe):
    compile_network(model, recipe, steps_per_epoch=5)
    total = 5 * recipe.epochs
    expected = [recipe.learning_rate_at(step / total) for step in range(total)]
    found = []
    for step in range(total):
        model.optimizer.iterations.assign(step)
        found.append(float(model.optimizer.learning_rate))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)


def test_the_optimizer_has_the_recipes_constants(model):
    recipe = Recipe(
        optimizer="rmsprop", rmsprop_decay=0.8, rmsprop_epsilon=0.5, momentum=0.7, ema_decay=0.99
    )
    compile_network(model, recipe, steps_per_epoch=5)
    config = model.optimizer.get_config()
    assert (config["rho"], config["epsilon"], config["momentum"]) == (0.8, 0.5, 0.7)
    assert (config["global_clipnorm"], config["ema_momentum"]) == (5.0, 0.99)
    compile_network(model, Recipe(clip_norm=0, nesterov=True), steps_per_epoch=5)
    config = model.optimizer.get_config()
    assert (config["momentum"], config["nesterov"]) == (0.9, True)
    assert (config["global_clipnorm"], config["use_ema"]) == (None, False)


def test_a_warm_up_comes_back_from_its_config():
    for schedule in (0.1, keras.optimizers.schedules.CosineDecay(0.1, 20)):
        warm_up = WarmUp(schedule, 0.1, 10)
        again = WarmUp.from_config(warm_up.get_config())
        rates = [float(warm_up(step)) for step in (0, 5, 15)]
        assert [float(again(step)) for step in (0, 5, 15)] == rates


def test_logits_are_told_from_probabilities(model):
    compile_network(model, PLAIN, steps_per_epoch=1)
    assert model.loss.from_logits
    network = build_network(CellNetwork(SMALL, STACK, SHAPE, CLASSES))
    assert compile_network(network, PLAIN, steps_per_epoch=1) == []
    assert not network.loss.from_logits
    network = build_network(
        CellNetwork(SMALL, STACK, SHAPE, CLASSES), classifier_activation="sigmoid"
    )
    with pytest.raises(ValueError, match="activation is sigmoid, expected softmax or None"):
        compile_network(network, PLAIN, steps_per_epoch=1)


@pytest.mark.parametrize(
    ("recipe", "text"),
    [
        (Recipe(aux_weight=0.4), "model is without an auxiliary classifier, expected one with it"),
        (Recipe(drop_path_keep=0.6), "model is without drop path, expected one with it"),
        (Recipe(dropout_keep=0.5), "model is without dropout, expected one with it"),
    ],
)
def test_a_model_that_does_not_fit_the_recipe_is_refused(model, recipe, text):
    with pytest.raises(ValueError, match=text):
        compile_network(model, recipe, steps_per_epoch=1)
    with pytest.raises(ValueError, match="steps_per_epoch is 0, expected at least 1"):
        compile_network(model, recipe, steps_per_epoch=0)
