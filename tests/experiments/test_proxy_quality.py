"""`nasnet proxy-quality` and searches on proxies, from the command line to the files."""

import csv
import json
import re

import pytest

from nasnet.cells import Genotype
from nasnet.experiments import cli
from nasnet.experiments.proxies import quality
from nasnet.experiments.proxies import report as proxy_report
from nasnet.experiments.proxies.settings import ProxySettings
from nasnet.experiments.searching import driver
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.search import InlineExecutor, TrialStore
from nasnet.search.shared.settings import ENAS_POLICY, SharedSettings
from nasnet.search.shared.training import SharedTraining
from nasnet.search.trial import Trial
from nasnet.stacking import Recipe
from nasnet.viz import ProxyPanel, proxies_figure

TINY = """
    --train-images 40 --val-images 20 --blocks 1 --workers 1
    --stack.filters 2 --shared.epochs 2 --shared.batch-size 10 --shared.parts 1
    --shared.updates 2 --shared.least-updates 1 --shared.margin -9
"""
GUMBEL = SharedSettings(sampling="gumbel")


@pytest.fixture
def invoke(capsys, monkeypatch):
    """Runs a command with all children in this process."""
    for module in (quality, driver):
        monkeypatch.setattr(module, "start_pool", lambda evaluator, *_: InlineExecutor(evaluator))
    monkeypatch.setattr(driver, "draw_results", lambda *_: None)

    def call(*arguments):
        code = cli.run(lambda: cli.parse([str(a) for a in arguments]).run())
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def task(small_images):
    """The words that ask for small searches on a file of small images."""
    return ["--data", small_images, *TINY.split()]


@pytest.fixture
def interrupted(monkeypatch):
    """Lets Ctrl-C come when the first epoch of shared weights has been saved."""

    def call():
        save = SharedTraining._save

        def save_and_stop(self):
            save(self)
            monkeypatch.setattr(SharedTraining, "_save", save)
            raise KeyboardInterrupt

        monkeypatch.setattr(SharedTraining, "_save", save_and_stop)

    return call


def rewards(path):
    with TrialStore(path, create=False) as store:
        return [(trial.key, trial.reward) for trial in store.trials()]


@pytest.mark.slow
def test_all_proxies_are_measured_and_reported(invoke, task, tmp_path):
    out = tmp_path / "proxies"
    words = ["proxy-quality", *task, "--short-images", "20"]
    code, text, err = invoke(*words, "--cells", "3", "--out", out)
    assert code == 0, err
    assert f"results are in {out}: proxies.json, proxies.csv, proxies.png" in text
    assert "next: nasnet search --evaluator " in text
    report = json.loads((out / "proxies.json").read_text())
    names = {row["proxy"] for row in report["proxies"]}
    assert names == {
        "shared", "warm_start", "short", "synflow", "naswot", "jacob_cov", "grad_norm",
        "parameters", "mult_adds",
    }  # fmt: skip
    assert report["stand_alone_accuracy"]["cells"] == 3
    with (out / "proxies.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert names <= set(rows[0])
    alone = dict(rewards(out / "children.db"))
    assert {row["key"]: float(row["accuracy"]) for row in rows} == alone
    # More cells leave those that are there as they are.
    code, _, err = invoke("proxy-quality", "--resume", out, "--cells", "4")
    assert code == 0, err
    more = dict(rewards(out / "children.db"))
    assert len(more) == 4
    assert alone.items() <= more.items()
    code, _, err = invoke("proxy-quality", "--resume", out, "--short-images", "10")
    assert code == 2
    assert "short_images: 20 in the run, 10 now" in err


def test_a_folder_without_proxies_is_refused(invoke, tmp_path):
    code, _, err = invoke("proxy-quality", "--resume", tmp_path)
    assert code == 3
    assert f"{tmp_path} holds no comparison of proxies, expected a folder with config.json" in err


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"cells": 2}, "cells is 2, expected at least 3"),
        ({"timeout": 0.0}, "timeout is 0.0, expected above 0 seconds"),
        (
            {"shared": SharedSettings(sampling="controller")},
            "shared.sampling is 'controller', expected 'fair' or 'uniform'",
        ),
    ],
)
def test_settings_out_of_range_are_refused(changes, text):
    with pytest.raises(ValueError, match=text):
        ProxySettings(**changes)


def trial(number, key, reward=None, state="complete", **metrics):
    return Trial(number, None, "", key, 0, state=state, reward=reward, metrics=metrics)


def test_qualities_by_hand():
    """A proxy that is right, one that is upside down, and one that failed once."""
    children = [trial(i, f"k{i}", i / 10) for i in range(5)] + [trial(5, "k5", 0.0, "died")]
    found = [
        trial(
            i,
            f"k{i}",
            0.0,
            right={"reward": i, "seconds": 2.0},
            wrong={"reward": -i, "seconds": 1.0},
            patchy={"reward": None if i == 4 else i, "seconds": 1.0},
        )
        for i in range(6)
    ]
    cells = proxy_report.join(children, found)
    rows = {row.proxy: row for row in proxy_report.qualities(cells)}
    assert [rows[name].tau for name in ("right", "wrong", "patchy")] == [1, -1, 1]
    assert [rows[name].cells for name in ("right", "wrong", "patchy")] == [5, 5, 4]
    assert list(rows)[-1] == "wrong"
    assert rows["right"].seconds == 2
    document = proxy_report.document(cells, list(rows.values()))
    assert document["stand_alone_accuracy"]["max"] == 0.4
    assert document["cells"][5]["accuracy"] is None
    with pytest.raises(ValueError, match="cell 0 is k0 among children and other among proxies"):
        proxy_report.join(children, [trial(0, "other")])


def test_the_figure_has_a_panel_a_proxy():
    panels = [ProxyPanel(name, [1.0, 2.0, None], 0.5, (0.1, 0.9)) for name in "abcd"]
    figure = proxies_figure([0.1, None, 0.3], panels, title="cells")
    assert [axes.get_xlabel() for axes in figure.axes] == list("abcd")
    assert figure.axes[0].get_title(loc="left") == "τ = 0.50  (0.10 to 0.90)"
    with pytest.raises(ValueError, match="panels is empty, expected at least one proxy"):
        proxies_figure([0.1], [])
    with pytest.raises(ValueError, match="a has 3 values, expected 2"):
        proxies_figure([0.1, 0.2], panels)


@pytest.mark.parametrize("evaluator", ["synflow", "parameters"])
def test_a_search_runs_on_a_proxy(invoke, task, tmp_path, evaluator):
    out = tmp_path / "run"
    words = ["search", *task, "--trials", "3", "--controller", "random", "--out", out]
    code, _, err = invoke(*words, "--evaluator", evaluator)
    assert code == 0, err
    best = json.loads(invoke("best", out, "--json")[1])
    assert [row["reward"] for row in best] == sorted((r["reward"] for r in best), reverse=True)
    assert all(row["parameters"] > 0 for row in best)


def test_a_search_under_shared_weights_can_be_stopped_and_gone_on_with(
    invoke, interrupted, task, tmp_path
):
    words = [*task, "--evaluator", "shared", "--shared.controller-children", "4"]
    words += ["--shared.sampling", "controller", "--operations", "identity", "conv_1x1"]
    words += ["--shared.reward-images", "10", "--controller", "ppo,minibatch=2", "--trials", "3"]
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    code, _, err = invoke("search", *words, "--out", whole)
    assert code == 0, err
    assert "shared weights: epoch 2/2 · loss " in err
    interrupted()
    code, _, err = invoke("search", *words, "--out", halves)
    assert code == 130
    assert f"go on with: nasnet search --resume {halves}" in err
    code, out, err = invoke("search", "--resume", halves)
    assert code == 0, err
    assert "1 of 2 epochs done" in err
    assert rewards(whole / "nasnet.db") == rewards(halves / "nasnet.db")
    assert f"next: nasnet train {halves}" in out
    assert json.loads(invoke("status", halves, "--json")[1])["done"] == 3
    assert Genotype.from_json((halves / "best.json").read_text())


def test_a_search_by_gradients_goes_on_where_it_was(invoke, interrupted, task, tmp_path):
    words = [*task, "--evaluator", "shared", "--shared.sampling", "gumbel", "--trials", "4"]
    words += ["--operations", "identity", "conv_1x1", "--combines", "add"]
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    code, _, err = invoke("search", *words, "--out", whole)
    assert code == 0, err
    assert "identities 0." in err
    interrupted()
    assert invoke("search", *words, "--out", halves)[0] == 130
    code, _, err = invoke("search", "--resume", halves)
    assert code == 0, err
    assert rewards(whole / "nasnet.db") == rewards(halves / "nasnet.db")


def test_weights_that_have_not_learned_rank_nothing(invoke, task, tmp_path):
    words = ["search", *task, "--evaluator", "shared", "--operations", "identity", "conv_1x1"]
    code, out, err = invoke(*words, "--shared.margin", "0.9", "--out", tmp_path / "run")
    assert (code, out) == (2, "")
    found = re.search(r"their mean loss is ([\d.]+) nats behind 2 updates an operation, where", err)
    assert float(found[1]) > 0.11
    assert "chance is 1.099 (ln 3); expected below 0.110, which takes more than that" in err
    assert rewards(tmp_path / "run" / "nasnet.db") == []


def test_images_are_as_many_as_children_or_shared_weights_need():
    assert SearchSettings().images == (1000, 500)
    assert SearchSettings(evaluator="shared").images == (0, 2000)
    assert SearchSettings(evaluator="shared", train_images=5, val_images=0).images == (5, 0)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"controller": "random", "shared": SharedSettings(sampling="controller")},
            "shared.sampling is 'controller' with the random controller, exp",
        ),
        ({"recipe": Recipe(ema_decay=0.9)}, "recipe.ema_decay is 0.9 with shared weights"),
        (
            {"shared": GUMBEL},
            "combines is add concat with shared.sampling gumbel, expected one",
        ),
        ({"shared": GUMBEL, "grow": True}, "grow is True with shared.sampling gumbel, expected Fa"),
        (
            {"shared": GUMBEL, "controller": "nsga2", "objectives": ("accuracy", "parameters")},
            "objectives is accuracy parameters with shared.sampling gumbel, expected accuracy",
        ),
        ({"evaluator": "flops"}, "evaluator is 'flops', expected one of: child, shared, synflow"),
    ],
)
def test_searches_that_cannot_be_are_refused(changes, text):
    with pytest.raises(ValueError, match=text):
        SearchSettings(**{"evaluator": "shared", **changes})


def test_other_sampling_goes_with_any_controller():
    settings = SearchSettings(evaluator="shared", controller="random")
    assert settings.chosen.settings == {}
    enas = SearchSettings(
        evaluator="shared",
        controller="ppo,minibatch=4",
        shared=SharedSettings(sampling="controller"),
    )
    assert enas.chosen.settings == {**ENAS_POLICY, "minibatch": 4}
