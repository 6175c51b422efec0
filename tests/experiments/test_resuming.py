"""What a run began with it goes on with, whatever kind of run it is."""

import dataclasses
import json

import numpy as np
import pytest

from nasnet.cells import NASNET_A
from nasnet.data import mini_cifar10, shapes
from nasnet.data.sources import DataError
from nasnet.experiments.bench import driver as bench
from nasnet.experiments.bench.settings import BENCH_TABLE, BenchTableSettings
from nasnet.experiments.compare import comparison
from nasnet.experiments.compare.settings import COMPARISON, CompareSettings
from nasnet.experiments.proxies import quality
from nasnet.experiments.proxies.settings import PROXIES, ProxySettings
from nasnet.experiments.searching import driver
from nasnet.experiments.searching.settings import SEARCH, SearchSettings
from nasnet.experiments.training import driver as training
from nasnet.experiments.training.settings import TRAINING, TrainSettings

# How each kind begins, what it is, what it asks for, and settings that may change.
KINDS = {
    "search": (driver.begin, SEARCH, SearchSettings(trials=3), {"trials": 5}),
    "train": (
        lambda settings, path: training.begin(settings, "x", NASNET_A, path),
        TRAINING,
        TrainSettings(),
        {},
    ),
    "compare": (
        comparison.begin,
        COMPARISON,
        CompareSettings(evaluator="child", runs=1),
        {"runs": 2},
    ),
    "bench-table": (
        bench.begin,
        BENCH_TABLE,
        BenchTableSettings(data="auto", cells=2),
        {"cells": 3, "workers": 1},
    ),
    "proxy-quality": (
        quality.begin,
        PROXIES,
        ProxySettings(data="auto", cells=3),
        {"cells": 4},
    ),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def no_cifar(monkeypatch):
    """CIFAR-10 is out of reach, and shapes10 is drawn at once."""

    def draw(count, seed):
        rng = np.random.default_rng(seed)
        return rng.integers(0, 256, (count, 32, 32, 3), np.uint8), np.arange(count) % 10

    def out_of_reach():
        raise DataError("CIFAR-10 is out of reach")

    monkeypatch.setattr(shapes, "shapes10", draw)
    monkeypatch.setattr(mini_cifar10, "mini_cifar10", out_of_reach)


@each_kind
def test_data_that_were_found_out_are_the_runs_for_good(kind, tmp_path, monkeypatch):
    """A run that began on shapes10 goes on with it where CIFAR-10 could be had by then."""
    begin, kind_of_run, settings, _ = KINDS[kind]
    assert settings.data in ("auto", None)
    run = begin(settings, tmp_path / "run")
    assert run.settings.data == "shapes10"
    monkeypatch.setattr(mini_cifar10, "mini_cifar10", lambda: pytest.fail("asked for again"))
    again = kind_of_run.reopen(tmp_path / "run", settings)
    assert again.settings == dataclasses.replace(settings, data="shapes10")


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"train"}))
def test_other_data_are_refused(kind, tmp_path):
    """(A training looks at the images: they may lie elsewhere by now.)"""
    begin, kind_of_run, settings, _ = KINDS[kind]
    begin(settings, tmp_path / "run")
    before = (tmp_path / "run" / "config.json").read_bytes()
    with pytest.raises(ValueError, match=r"data: shapes10 in the run, mini-cifar10 now$"):
        kind_of_run.reopen(tmp_path / "run", dataclasses.replace(settings, data="mini-cifar10"))
    assert (tmp_path / "run" / "config.json").read_bytes() == before


@each_kind
def test_settings_that_may_change_are_recorded(kind, tmp_path):
    begin, kind_of_run, settings, changes = KINDS[kind]
    begin(settings, tmp_path / "run")
    kind_of_run.reopen(tmp_path / "run", dataclasses.replace(settings, **changes))
    found = kind_of_run.reopen(tmp_path / "run", dataclasses.replace(settings, **changes))
    expected = dataclasses.replace(settings, data="shapes10", **changes)
    assert found.settings == expected


def test_a_training_of_an_earlier_version_does_not_go_on_with_other_data(tmp_path, invoke):
    """It recorded "auto", and in words what that was."""
    run = training.begin(TrainSettings(), "x", NASNET_A, tmp_path / "run")
    config = json.loads(run.config.read_text())
    config["settings"]["data"] = "auto"
    config["source"] = "mini-cifar10, 14,000 images of CIFAR-10's training set"
    run.config.write_text(json.dumps(config))
    code, out, err = invoke("train", "--resume", run.path)
    assert (code, out) == (2, "")
    expected = "data is shapes10, drawn here: CIFAR-10 is out of reach, expected that of the run: "
    assert f"{expected}mini-cifar10, 14,000 images" in " ".join(err.split())
    assert not (run.path / "checkpoint.npz").exists()
