"""`nasnet code`: what is asked for, and where it goes."""

import json

import pytest

from nasnet.cells import network_cost
from nasnet.stacking.presets import PRESETS


@pytest.mark.parametrize(
    ("framework", "word"), [("keras", "import keras"), ("torch", "from torch")]
)
def test_code_goes_to_standard_output_or_a_file(framework, word, tmp_path, invoke):
    command = ["code", "darts-v2", "--framework", framework, "--repeats", 1, "--filters", 4]
    code, text, _ = invoke(*command)
    assert code == 0
    assert word in text
    assert text.startswith('"""darts-v2: N=1, F=4, 32x32, 10 classes.\n')
    assert invoke(*command, "-o", tmp_path / "net.py") == (0, f"{tmp_path / 'net.py'}\n", "")
    assert (tmp_path / "net.py").read_text() == text
    document = json.loads(invoke(*command, "--json")[1])
    assert (document["code"], document["files"]) == (text, [])


def test_a_preset_has_its_size_and_a_recipe_its_constants(invoke):
    command = ["code", "--preset", "imagenet-mobile", "--recipe-preset", "paper-imagenet-mobile"]
    code, text, _ = invoke(*command)
    assert code == 0
    count = network_cost(PRESETS["imagenet-mobile"].network)[0].trainable_parameters
    assert f"{count:,} trainable parameters" in text
    assert "BatchNormalization(momentum=0.9997, epsilon=0.001, name=name)" in text


def test_layers_have_code_too(invoke):
    code, text, _ = invoke("code", "mnist-hand")
    assert code == 0
    assert "layers.MaxPooling2D" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "nasnet-a --weights x.h5",
            "weights are 'x.h5' with framework keras and out None, expected",
        ),
        (
            "nasnet-a --framework torch --weights x.h5",
            "framework torch and out None, expected torc",
        ),
        ("metaqnn-1 --filters 4", "filters is set for a network of layers"),
        ("nasnet-a --recipe-preset x", "recipe preset is 'x', expected one of: paper-cifar"),
        ("nasnet-a --framework torch -o n.py --weights x.h5", "x.h5, which does not exist, expec"),
    ],
)
def test_what_does_not_fit_is_one_line(words, message, tmp_path, invoke, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = invoke("code", *words.split())
    assert (code, out) == (2, "")
    assert message in err
    assert list(tmp_path.iterdir()) == []
