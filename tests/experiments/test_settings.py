import dataclasses
import json

import pytest

from nasnet.experiments.cli import parse
from nasnet.experiments.runs.values import differences, from_json
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.experiments.training.settings import TrainSettings
from nasnet.stacking import RECIPES, Recipe, Stack

VARIED = SearchSettings(
    data="x.npz",
    trials=7,
    controller="reinforce,learning_rate=0.1,minibatch=3",
    image_size=16,
    operations=("identity", "conv_1x1"),
    stack=Stack(2, 4, stem_filters=5),
    recipe=Recipe(epochs=2),
)


@pytest.mark.parametrize("settings", [SearchSettings(), VARIED, TrainSettings(seed=4)])
def test_settings_survive_json(settings):
    text = json.dumps(dataclasses.asdict(settings))
    assert from_json(type(settings), json.loads(text)) == settings


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ([], r"settings is \[\], expected an object"),
        ({"trails": 3}, "settings has an unknown key 'trails', expected: data, trials"),
        ({"trials": "3"}, r"settings.trials is '3', expected int"),
        ({"trials": True}, r"settings.trials is True, expected int"),
        ({"timeout": None}, "settings.timeout is None, expected float"),
        ({"controller": "dqn"}, "controller is 'dqn', expected one of: random"),
        ({"operations": "identity"}, "settings.operations is 'identity', expected tuple"),
        ({"operations": [1]}, "settings.operations is 1, expected str"),
        ({"recipe": {"epoch": 1}}, "settings.recipe has an unknown key 'epoch'"),
        ({"recipe": {"epochs": 0}}, "epochs is 0, expected at least 1"),
        ({"image_size": "big"}, "settings.image_size is 'big', expected int"),
    ],
)
def test_foreign_json_is_refused(data, text):
    with pytest.raises(ValueError, match=text):
        from_json(SearchSettings, data)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"trials": 0}, "trials is 0, expected at least 1"),
        ({"workers": -1}, "workers is -1, expected at least 0"),
        ({"seed": -1}, "seed is -1, expected at least 0"),
        ({"timeout": 0}, "timeout is 0, expected above 0 seconds"),
        ({"timeout": float("nan")}, "timeout is nan, expected above 0 seconds"),
        ({"image_size": 4}, "image_size is 4, expected at least 8"),
        ({"blocks": 0}, "blocks is 0, expected at least 1"),
        ({"operations": ("conv_9x9",)}, r"operations is \['conv_9x9'\], expected different ones"),
        ({"controller": "dqn"}, "controller is 'dqn', expected one of: random, grid"),
        (
            {"controller": "reinforce,clip=0.1"},
            "setting of reinforce is 'clip', expected one of: learning_rate, entropy_weight",
        ),
        ({"grow": True, "blocks": 1}, "blocks is 1 of cells that grow, expected at least 2"),
        (
            {"controller": "progressive"},
            "controller is 'progressive' with cells of a fixed number of blocks, expected --grow",
        ),
        ({"recipe": Recipe(augmentation="inception")}, "augmentation is 'inception' of images in"),
        ({"controller": "ppo,minibatch=0"}, "minibatch is 0, expected"),
        ({"controller": "ppo,minibatch=x"}, "minibatch of ppo is 'x', expected int"),
        ({"controller": "tpe,multivariate=no"}, "multivariate of tpe is 'no', expected bool"),
        ({"controller": "ppo,random"}, "setting of ppo is 'random', expected name=value"),
        ({"controller": "nsga2,objectives=2"}, "objectives of the controller is 2, expected 1"),
    ],
)
def test_settings_out_of_range_are_refused(changes, text):
    with pytest.raises(ValueError, match=text):
        SearchSettings(**changes)


def test_differences_name_the_setting_and_both_values():
    assert differences(VARIED, VARIED) == []
    other = dataclasses.replace(VARIED, seed=5, recipe=Recipe(epochs=3))
    assert differences(VARIED, other) == [
        "seed: 0 in the run, 5 now",
        "recipe.epochs: 2 in the run, 3 now",
    ]


def test_settings_of_version_0_1_are_read():
    old = json.loads(json.dumps(dataclasses.asdict(SearchSettings())))
    old |= {"controller": "ppo", "policy": {"learning_rate": 8e-4, "minibatch": None}}
    assert from_json(SearchSettings, old) == SearchSettings(controller="ppo,learning_rate=8e-4")


def test_equal_settings_of_a_controller_are_equal_however_they_are_written():
    one, other = (SearchSettings(controller=f"ppo,learning_rate={x}") for x in ("1e-3", "0.001"))
    assert one == other
    assert parse(["search", "--controller", "ppo,learning_rate=1e-3"]).settings == one


def test_a_recipe_preset_can_be_changed_in_single_fields():
    words = ["train", "nasnet-a", "--recipe-preset", "paper-cifar", "--recipe.epochs", "20"]
    settings = parse(words).settings
    assert settings.recipe == dataclasses.replace(RECIPES["paper-cifar"], epochs=20)
    with pytest.raises(ValueError, match="recipe preset is 'paper', expected one of: paper-cifar"):
        parse(["train", "nasnet-a", "--recipe-preset", "paper"])
