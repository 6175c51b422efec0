"""What `nasnet report` writes of each kind of run, when, and what it says at its end."""

import contextlib
import dataclasses
import importlib
import json
import re
import shlex
from pathlib import Path

import pytest

from nasnet.experiments.commands import report
from nasnet.experiments.reporting import opening
from nasnet.experiments.reporting.search import uniform_entropy
from nasnet.experiments.runs.run import RunKind
from nasnet.experiments.searching.settings import SEARCH
from nasnet.search import TrialStore
from nasnet.search.trial import best_trial
from tests import reported
from tests.viz.page.parsed import Parsed


@pytest.fixture
def read(invoke):
    """`read(run, ...)` reports a run: its page, its charts by their captions, what to type next."""

    def call(run, *flags):
        code, out, err = invoke("report", run, *flags)
        assert code == 0, err
        path, words = re.fullmatch(r"the report is (.*)\nnext: (nasnet .*)\n", out).groups()
        page = Parsed(Path(path).read_text())
        charts = json.loads(page.texts["script"][0])
        return (
            page,
            dict(zip(page.texts.get("figcaption", []), charts, strict=True)),
            shlex.split(words),
        )

    return call


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A search of 31 children; not to be changed."""
    return reported.write_search(tmp_path_factory.mktemp("runs") / "a <b>search</b>")


def rows(page, width):
    """The texts of table rows, of one table or of several as wide."""
    cells = page.texts["td"]
    return {tuple(cells[i : i + width]) for i in range(len(cells) - width + 1)}


def test_a_search_is_told_as_it_is_recorded(searched, read):
    page, charts, following = read(searched)
    trials = reported.trials()
    best = best_trial(trials)
    facts = dict(zip(page.texts["dt"], page.texts["dd"], strict=False))
    assert page.texts["title"] == [searched.name]
    assert facts["children done"] == "31 of 31"
    assert facts["best validation accuracy"] == f"{best.reward:.4f}, trial {best.number}"
    assert facts["failed"] == "4"
    assert following == ["nasnet", "train", str(searched)]
    course = charts["validation accuracy by trial"]["data"]
    by_name = {trace["name"]: trace for trace in course}
    assert by_name["failed"]["x"] == [3, 10, 17, 24]
    assert by_name["reused"]["x"] == [30]
    assert by_name["best so far"]["y"][-1] == best.reward
    assert {"operations: share of what was proposed", "inputs: share of what was proposed"} <= {
        *charts
    }
    assert [t["name"] for t in charts["what was evaluated when"]["data"]] == ["complete", "error"]
    front = charts["validation accuracy against parameters"]["data"][1]
    assert front["y"] == sorted(front["y"])
    assert front["y"][-1] == best.reward
    (uniform,) = (
        trace
        for trace in charts["minus log-probability of each proposal"]["data"]
        if trace["name"] == "no preference at all"
    )
    assert uniform["y"][0] == pytest.approx(reported.SPACE.entropy(), rel=1e-5)
    text = " ".join(page.texts["p"])
    assert "at most 2 at a time, busy 76 % of 30 s" in text
    assert "How far this is luck: the best leads the second by" in text
    assert ("error", f"step 3: {reported.MARKUP}", "4", "3, 10, 17, 24") in rows(page, 4)


def test_each_of_the_best_has_its_cells_and_its_network(searched, read):
    page, _, _ = read(searched, "--top", 4)
    keys = [row["data-key"] for row in page.all("tr") if "data-key" in row]
    complete = [trial for trial in reported.trials()[:-1] if trial.state == "complete"]
    wanted = sorted(complete, key=lambda trial: (-trial.reward, trial.number))[:4]
    assert keys == [str(trial.number) for trial in wanted]
    drawn = [image["alt"] for image in page.all("img")]
    for trial in wanted:
        name = f"trial {trial.number}, validation accuracy {trial.reward:.4f}"
        assert {f"the cells of {name}", f"the network of {name}"} <= {*drawn}
    assert "training images of 3 classes" in drawn


def test_no_text_of_a_run_becomes_more_than_text(searched, tmp_path, read, invoke):
    runs = [searched, reported.write_tuning(tmp_path / "t")]
    runs += [reported.write_training(tmp_path / "<i>x"), reported.write_transfer(tmp_path / "y")]
    for run in runs:
        page, _, _ = read(run)
        assert len(page.all("script")) == 3
        assert {image["src"][:11] for image in page.all("img")} <= {"data:image/"}
        assert not page.all("i") + page.all("b")


def test_a_search_that_has_not_ended_goes_on_first(tmp_path, read):
    run = reported.write_search(tmp_path / "run", reported.trials(4), trials=9)
    _, _, following = read(run)
    assert following == ["nasnet", "search", "--resume", str(run)]
    none = reported.write_search(tmp_path / "none", [], trials=9)
    page, charts, _ = read(none)
    assert charts == {}
    assert "No child has a result yet." in page.texts["p"]


def test_the_entropy_of_a_space_with_files_is_not_worked_out():
    assert uniform_entropy({"space": "mine.py:SPACE"}) is None
    assert uniform_entropy({"operations": ["mine.py:OPERATIONS"]}) is None
    assert uniform_entropy({"blocks": 2}) == reported.SPACE.entropy()
    assert uniform_entropy({"blocks": 2, "grow": True}) > 0


def test_a_tuning_is_told_by_its_objective(tmp_path, read):
    run = reported.write_tuning(tmp_path / "run")
    page, charts, following = read(run)
    assert charts["val_loss by trial"]["data"][-1]["y"] == [0.9, 0.4, 0.4]
    assert ("1", "0.4000", "2", "99", "1.0", "1", "0.05", "True") in rows(page, 8)
    assert "layers = 2" in charts["values: share of what was proposed"]["data"][0]["y"]
    assert following == ["nasnet", "retrain", str(run)]


@pytest.mark.parametrize("ended", [True, False])
def test_a_training_is_told_epoch_by_epoch(tmp_path, read, ended):
    run = reported.write_training(tmp_path / "run", ended=ended)
    page, charts, following = read(run)
    for trace in charts["accuracy by epoch"]["data"]:
        rate = {"training": 0.2, "validation": 0.15}[trace["name"]]
        assert trace["y"] == pytest.approx([rate * i for i in range(1, 5)])
    assert charts["loss by epoch"]["data"][0]["x"] == [1, 2, 3, 4]
    facts = dict(zip(page.texts["dt"], page.texts["dd"], strict=False))
    if ended:
        assert (facts["validation accuracy"], facts["multiply-adds"]) == ("0.6000", "5.6M")
        assert "test accuracy" not in facts
        assert following == ["nasnet", "export", str(run)]
    else:
        assert (facts["state"], facts["epochs done"]) == ("has not ended", "4 of 20")
        assert following == ["nasnet", "train", "--resume", str(run)]


def test_a_training_on_photos_is_told_step_by_step(tmp_path, read):
    run = reported.write_transfer(tmp_path / "run")
    page, charts, following = read(run)
    training, validation = charts["top-1 accuracy by step"]["data"]
    assert (training["x"], training["y"]) == ([5, 10], [0.3, 0.5])
    assert (validation["x"], validation["y"]) == ([5], [0.4])
    assert charts["learning rate by step"]["data"][0]["y"] == [0.1, 0.05]
    assert [image["alt"].split()[1] for image in page.all("img")] == ["cells", "network"]
    assert following == ["nasnet", "transfer", "train", "--resume", str(run)]


def test_a_comparison_is_told_with_its_statistics(tmp_path, read):
    run = reported.write_comparison(tmp_path / "run")
    page, charts, following = read(run)
    means = {"random": 0.2, "evolution": 0.3}
    curves = charts["test of the best so far (bands: 95 % of the mean)"]["data"]
    regrets = charts["regret in test of the best so far (bands: 95 % of the mean)"]["data"]
    for name, mean in means.items():
        (curve,) = (c["y"] for c in curves if c["name"] == name and c.get("showlegend", True))
        assert curve == pytest.approx([0] * 3 + [mean] * 5)
        (curve,) = (c["y"] for c in regrets if c["name"] == name and c.get("showlegend", True))
        assert curve == pytest.approx([0.5] * 3 + [0.5 - mean] * 5)
        reach = 4.302653 * 0.1 / 3**0.5  # Student's t of two degrees of freedom
        interval = f"{mean - reach:.4f} to {mean + reach:.4f}"
        assert ("8", name, "3", f"{mean:.4f}", interval, f"{0.5 - mean:.4f}") in rows(page, 6)
    assert following == ["nasnet", "compare", "--resume", str(run), "--runs", "6"]
    assert "3 runs of each are too few for the test to find any." in page.texts["p"]
    assert "evolution does not beat random search at any of these points." in page.texts["p"]


def test_a_run_of_another_kind_has_its_figures_and_settings(tmp_path, read):
    from nasnet.experiments.rewards.settings import REWARD, RewardSettings
    from nasnet.experiments.runs.facts import DataFacts

    run = REWARD.create(tmp_path / "run")
    run.record(RewardSettings(), DataFacts.of(reported.images()))
    (run.path / "rewards.png").write_bytes(b"\x89PNG")
    page, _, following = read(run.path)
    assert [image["alt"] for image in page.all("img")] == ["rewards"]
    assert "cells" in page.texts["td"]
    assert following == ["nasnet", "reward-quality", str(run.path)]


def test_every_kind_of_run_has_a_report():
    folder = Path(opening.__file__).parents[1]
    kinds = [
        value
        for path in sorted(folder.glob("*/settings.py"))
        for value in vars(
            importlib.import_module(f"nasnet.experiments.{path.parent.name}.settings")
        ).values()
        if isinstance(value, RunKind)
    ]
    assert len(kinds) > 5
    assert {*kinds} == {*opening.REPORTS, SEARCH}


@pytest.fixture
def steps(monkeypatch):
    """`steps` are what happens at each pause of a watch; none is waited for."""
    todo, slept = [], []

    class Time:
        @staticmethod
        def sleep(seconds):
            slept.append(seconds)
            todo.pop(0)()

    monkeypatch.setattr(report, "time", Time)
    return todo, slept


def test_a_watch_follows_a_search_until_its_process_is_gone(tmp_path, read, steps):
    found = reported.trials(6)
    run = SEARCH.open(reported.write_search(tmp_path / "run", found[:2], trials=7))
    todo, slept = steps
    page = run.path / "report.html"
    seen = []

    def go_on():
        seen.append(page.read_text())
        with TrialStore(run.store) as store:
            store.save(found)

    with contextlib.ExitStack() as process:
        process.enter_context(run.lock())
        todo += [go_on, lambda: (seen.append(page.read_text()), process.close())]
        last, _, _ = read(run.path, "--watch")
    assert slept == [10, 10]
    assert ["2 of 7" in text for text in seen] == [True, False]
    assert all('data-reload="10.0"' in text for text in seen)
    assert all("running now" in text for text in seen)
    assert "data-reload" not in last.all("html")[0]
    assert "7 of 7" in last.texts["dd"]


def test_a_watch_of_what_does_not_run_writes_once(searched, read, steps, tmp_path):
    read(searched, "--watch", "-o", tmp_path / "page.html")
    assert steps == ([], [])


def test_a_report_that_fails_leaves_the_one_before(tmp_path, invoke):
    run = reported.write_search(tmp_path / "run", reported.trials(3))
    assert invoke("report", run)[0] == 0
    before = (run / "report.html").read_bytes()
    with TrialStore(run / "nasnet.db") as store:
        store.save([dataclasses.replace(store.trials()[1], genotype="{}")])
    code, _, err = invoke("report", run)
    assert code == 2, err
    assert "genotype" in err
    assert (run / "report.html").read_bytes() == before
    assert not list(run.glob(".report*"))


def test_the_file_is_named_in_json(searched, tmp_path, invoke):
    code, out, _ = invoke("report", searched, "-o", tmp_path / "mine.htm", "--json")
    said = {"run": str(searched), "file": str(tmp_path / "mine.htm")}
    assert (code, json.loads(out)) == (0, {**said, "next": f"nasnet train '{searched}'"})
    assert (tmp_path / "mine.htm").is_file()


def test_a_search_in_a_database_is_reported_wherever_its_images_are(
    searched, invoke, read, postgresql, tmp_path, monkeypatch
):
    address = f"{postgresql.url}#reported"
    assert invoke("store", "copy", searched, address)[0] == 0
    _, charts, following = read(address, "-o", tmp_path / "here.html")
    assert following == ["nasnet", "train", address]
    with TrialStore(address) as store:
        config = json.loads(store.config())
        store.keep_config(json.dumps({**config, "path": str(tmp_path / "elsewhere")}))
    monkeypatch.chdir(tmp_path)
    page, same, following = read(address)
    assert (tmp_path / "report.html").is_file()
    assert same == charts
    assert following == ["nasnet", "best", address, "--pareto"]
    assert "The images are not on this machine." in page.texts["p"]
    assert {image["alt"].split()[1] for image in page.all("img")} == {"cells"}
