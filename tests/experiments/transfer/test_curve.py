"""`nasnet transfer curve`: the ladder, what is trained and what is not trained again."""

import json

import pytest

from nasnet.cells import ZOO
from nasnet.experiments.commands.transfer import curve as command
from nasnet.experiments.curve import ladder, report, trainings
from nasnet.experiments.curve.settings import CURVE, CurveSettings
from nasnet.experiments.errors import INTERRUPTED, OK
from nasnet.transfer.scaling import parse_plan

FLAGS = "--mult-adds 800k 3M 800001 --size 32 --seeds 2"
TRAIN = "--train=--preset small --epochs 1 --batch-size 8"


@pytest.fixture
def trained(monkeypatch):
    """Every command that is run; a training's accuracy grows with its filters and its seed."""
    seen = []

    def run(words, output=None):
        seen.append(words)
        folder = words[words.index("--out") + 1]
        plan, seed = words[words.index("--plan") + 1], int(words[words.index("--seed") + 1])
        (cell,) = (trainings.Path(word).stem for word in words if word.endswith(".json"))
        top1 = parse_plan(plan, ZOO[cell].genotype).filters / 100 + 0.01 * seed
        result = {"top1": top1, "top5": 1.0, "images": 8, "seconds": 1.2}
        path = trainings.Path(folder)
        path.mkdir(parents=True)
        (path / "result.json").write_text(json.dumps(result))
        return OK

    monkeypatch.setattr(trainings, "run_nasnet", run)
    return seen


def test_whole_ladders_are_trained_seed_by_seed_and_nothing_twice(
    trained, invoke, photos, tmp_path
):
    out = tmp_path / "curve"
    words = ["transfer", "curve", "nasnet-a", "nasnet-a-strict", "--data", photos, "--out", out]
    code, text, err = invoke(*words, *FLAGS.split(), TRAIN)
    assert code == 0, err
    assert len(trained) == 8  # two cells, two sizes (two rungs have the same network), two seeds
    assert [w[w.index("--seed") + 1] for w in trained] == ["0"] * 4 + ["1"] * 4
    assert trained[0][-4:] == ["--epochs", "1", "--batch-size", "8"]
    found = json.loads((out / "curve.json").read_text())["networks"]
    assert [row["cell"] for row in found] == ["nasnet-a"] * 2 + ["nasnet-a-strict"] * 2
    for row in found:
        filters = parse_plan(row["plan"], ZOO[row["cell"]].genotype).filters
        assert row["top1"] == pytest.approx([filters / 100, filters / 100 + 0.01])
        low, high = row["top1_interval"]
        assert low < row["top1_mean"] < high
        assert row["mult_adds"] <= 3e6
    assert f"{found[1]['top1_mean']:.4f}" in text
    assert (out / "curve.png").read_bytes().startswith(b"\x89PNG")
    code, text, err = invoke("transfer", "curve", "--resume", out, "--seeds", 3, "--json")
    assert code == 0, err
    assert len(trained) == 12
    assert [len(row["top1"]) for row in json.loads(text)["networks"]] == [3] * 4
    code, _, err = invoke("transfer", "curve", "nasnet-a", "--resume", out)
    assert code == 2
    assert "cells are nasnet-a beside --resume, expected one of" in " ".join(err.split())


def test_what_was_stopped_is_resumed(photos, tmp_path, monkeypatch):
    settings = CurveSettings(str(photos), ("800k",), size=32, seeds=2)
    run = ladder.begin(settings, ["nasnet-a"], tmp_path / "curve")
    seen = []

    def stop(words, output=None):
        seen.append(words)
        (folder := next(ladder.rungs(run)).folders[0]).mkdir(parents=True, exist_ok=True)
        (folder / "config.json").touch()
        return INTERRUPTED

    monkeypatch.setattr(trainings, "run_nasnet", stop)
    assert not ladder.train_all(run)
    assert not ladder.train_all(CURVE.open(run.path))
    assert "--out" in seen[0]
    assert seen[1][-2:] == ["--resume", str(next(ladder.rungs(run)).folders[0])]
    assert ladder.measured(run) == []


def test_a_training_that_fails_ends_it_with_its_folder(photos, tmp_path, monkeypatch, invoke):
    monkeypatch.setattr(trainings, "run_nasnet", lambda *_: 2)
    words = ["transfer", "curve", "nasnet-a", "--data", photos, "--out", tmp_path / "curve"]
    code, _, err = invoke(*words, *FLAGS.split())
    assert code == 1
    assert "seed-0 ended with code 2, expected 0" in " ".join(err.split())


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("--data {data}", "number of cells is 0, expected at least 1"),
        ("nasnet-a nasnet-a --data {data}", "cells are nasnet-a, nasnet-a, expected different"),
        ("nasnet-a", "data is '', expected --data DIR"),
        ("nasnet-a --data {data} --mult-adds 5", "smallest network is 1@192 with"),
        ("nasnet-a --data {data} --mult-adds much", "mult-adds is 'much', expected a number"),
        ("nasnet-a --data {data} --seeds 0", "seeds is 0, expected at least 1"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(invoke, photos, tmp_path, words, text):
    given = words.format(data=photos).split()
    code, _, err = invoke("transfer", "curve", *given, "--out", tmp_path / "curve")
    assert code == 2
    assert text in " ".join(err.split())
    assert not (tmp_path / "curve").exists()


def test_other_photos_are_refused(photos, tmp_path, invoke):
    from tests.transfer_runs import write_photos

    settings = CurveSettings(str(photos), ("800k",), size=32)
    ladder.begin(settings, ["nasnet-a"], tmp_path / "curve")
    other = write_photos(tmp_path / "other")
    (other / "train" / "dark" / "0.jpg").unlink()
    code, _, err = invoke("transfer", "curve", "--resume", tmp_path / "curve", "--data", other)
    assert code == 2
    assert "expected the images of" in " ".join(err.split())


def test_published_networks_are_counted_not_quoted():
    (points,) = report.published_points().values()
    assert [(p.value, p.costs["multiply-adds"], p.costs["parameters"]) for p in points] == [
        (0.74, 563_638_816, 5_289_978),
        (0.827, 23_783_414_658, 88_753_150),
    ]


def test_the_published_ones_have_panels_of_their_own(tmp_path, monkeypatch):
    from nasnet import viz

    seen = {}
    monkeypatch.setattr(viz, "cost_figure", lambda groups, title: seen.update(groups))
    monkeypatch.setattr(viz, "save_figure", lambda figure, path: None)
    row = {"cell": "a", "parameters": 1, "mult_adds": 2, "top1_mean": 0.5, "top1_interval": None}
    report.draw_curve([row], tmp_path / "c.png", published=True, title="t")
    assert [list(families) for families in seen.values()] == [["a"], ["nasnet-a"]]
    assert seen["top-1"]["a"][0].interval == (0.5, 0.5)


@pytest.mark.slow
def test_real_trainings_from_the_command_line(invoke, cell, photos, tmp_path):
    words = ["transfer", "curve", cell, "--data", photos, "--out", tmp_path / "curve"]
    rest = ["--mult-adds", "1M", "--size", 32, "--seeds", 1, TRAIN, "--published"]
    code, out, err = invoke(*words, *rest)
    assert code == 0, err
    assert "results are in" in out
    assert command.TransferCurveCommand.kind is CURVE
