"""The scripts of the systems before NASNet: what they run is what the commands take."""

import json

import pytest

from nasnet.cells.layers.kinds import Raster
from nasnet.cells.spaces.registry import make_space
from nasnet.experiments import cli
from nasnet.experiments.commands.compare import CompareCommand
from nasnet.experiments.commands.train import TrainCommand
from nasnet.experiments.errors import FAILURE, OK
from nasnet.experiments.published import beside_random
from nasnet.experiments.published.layer_search import LayerSearch
from nasnet.experiments.published.metaqnn import MetaQNN
from nasnet.experiments.published.mnist_policy import MnistPolicy

SCRIPTS = {
    "layers": LayerSearch(),
    "metaqnn": MetaQNN(),
    "mnist": MnistPolicy(seeds=2),
    "mnist, one dimension": MnistPolicy(dimensions=1),
}
RESULT = {"test_accuracy": 0.98, "parameters": 1000}


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """The commands that a script runs; trainings end at once."""
    monkeypatch.chdir(tmp_path)
    found = []

    def run(arguments):
        found.append(cli.parse(arguments))
        out = found[-1].out
        if isinstance(found[-1], TrainCommand):
            out.mkdir(parents=True)
            (out / "result.json").write_text(json.dumps(RESULT))
        return OK

    monkeypatch.setattr(beside_random, "run_nasnet", run)
    return found


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_system_is_compared_with_random_search_and_its_references(name, ran):
    script = SCRIPTS[name]
    assert script.run() == OK
    comparison, *trainings = ran
    assert isinstance(comparison, CompareCommand)
    settings = comparison.settings
    assert settings.names[0] == "random"
    assert len(settings.chosen) == 2
    assert (settings.budget, settings.runs, settings.retrain) == (script.trials, script.runs, 1)
    assert settings.search.space == script.space
    assert len(trainings) == script.seeds * len(script.references)
    for training in trainings:
        assert training.settings.recipe == settings.final.recipe
    assert script.run() == OK  # what is there is not trained again
    assert len(ran) == 2 + len(trainings)


def test_one_dimension_is_the_tutorials():
    found = make_space(SCRIPTS["mnist, one dimension"].space)
    assert isinstance(found.decode((0,) * len(found.decisions)).layers[0], Raster)


def test_a_comparison_that_is_there_goes_on_and_a_failure_ends_it(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    folder = MnistPolicy().out / "comparison"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    found = []
    monkeypatch.setattr(beside_random, "run_nasnet", lambda words: found.append(words) or FAILURE)
    assert MnistPolicy().run() == FAILURE
    assert found == [["compare", "--resume", str(folder), "--runs", "3"]]
