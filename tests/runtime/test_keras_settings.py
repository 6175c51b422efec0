"""Settings of Keras under which a training would fail at its end are refused at its start."""

import json
import os
import subprocess
import sys

import pytest

from nasnet.runtime.keras_settings import NEEDED, check_keras


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)

    def write(**settings):
        (tmp_path / "keras.json").write_text(json.dumps(settings))

    return write


def test_what_is_needed_is_what_keras_itself_begins_with(home, tmp_path):
    """Keras writes its defaults into a folder that has none, and these pass."""
    code = "import keras"
    subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        check=True,
        capture_output=True,
    )
    stored = json.loads((tmp_path / "keras.json").read_text())
    assert {name: stored[name] for name in NEEDED} == NEEDED
    check_keras()


@pytest.mark.parametrize(
    ("name", "value"),
    [("image_data_format", "channels_first"), ("floatx", "float16"), ("backend", "jax")],
)
def test_other_settings_are_refused_by_name_and_place(home, tmp_path, name, value):
    home(**{name: value})
    text = f"{name} of Keras is '{value}' in {tmp_path}/keras.json, expected '{NEEDED[name]}'"
    with pytest.raises(ValueError, match=text):
        check_keras()


def test_the_environment_goes_before_the_file(home, monkeypatch):
    home(backend="jax")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    check_keras()
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(ValueError, match=r"backend of Keras is 'torch' in the environment variab"):
        check_keras()


def test_a_file_that_is_no_json_is_named(home, tmp_path):
    (tmp_path / "keras.json").write_text("{")
    with pytest.raises(ValueError, match=r"keras\.json cannot be read: "):
        check_keras()


@pytest.mark.parametrize("command", ["search", "train nasnet-a", "reward-quality"])
def test_commands_that_train_say_so_before_they_begin(home, invoke, tmp_path, command):
    home(image_data_format="channels_first")
    code, _, err = invoke(*command.split(), "--data", "shapes10", "--out", tmp_path / "run")
    assert code == 2
    assert "image_data_format of Keras is 'channels_first'" in err
    assert not (tmp_path / "run").exists()
