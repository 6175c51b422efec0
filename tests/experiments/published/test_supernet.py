"""The ranking of a table's cells under shared weights: run at toy size, and goes on."""

import csv
import gzip
import json

import numpy as np
import pytest

from nasnet.cells.spaces.nasbench201 import NASBench201Space
from nasnet.experiments.published.supernet import Ranking, main, quality
from nasnet.search.shared.settings import GumbelSettings, SharedSettings

TINY = SharedSettings(updates=2, least_updates=1, epochs=2, batch_size=8, parts=1)


@pytest.fixture
def data(small_images):
    return str(small_images)


@pytest.fixture
def table(tmp_path, rng):
    """NAS-Bench-201's cells with accuracies of our own."""
    path, space = tmp_path / "table.csv.gz", NASBench201Space()
    with gzip.open(path, "wt") as file:
        writer = csv.writer(file)
        writer.writerow(["arch", "e12_cifar10_valid", "e200_cifar10_test"])
        for choices in space:
            writer.writerow([space.decode(choices).arch, *rng.uniform(10, 90, 2).round(2)])
    return path


def test_cells_are_ranked_and_a_second_call_ranks_the_same(data, tmp_path, capsys):
    settings = Ranking(tmp_path / "out", data=data, cells=3, filters=2, shared=TINY)
    main(settings)
    first = json.loads((settings.out / "ranking.json").read_text())
    assert [row["updates"] for row in first["curve"]] == [1, 2]
    assert first["doubt"].startswith("shared weights rank nothing: their mean loss is")
    assert len(first["cells"]) == 3
    main(settings)
    assert json.loads((settings.out / "ranking.json").read_text())["cells"] == first["cells"]
    assert json.loads(capsys.readouterr().out.rpartition("\n{")[2].join(["{", ""]))["parameters"]


def test_gradients_find_cells_of_nasbench201(data, table, tmp_path):
    shared = SharedSettings(
        **{f: getattr(TINY, f) for f in ("updates", "least_updates", "epochs", "batch_size")},
        parts=1,
        sampling="gumbel",
        gumbel=GumbelSettings(warmup=0.5),
    )
    settings = Ranking(
        tmp_path / "out",
        space="nasbench201",
        table=table,
        dataset="cifar10",
        data=data,
        cells=3,
        filters=2,
        shared=shared,
    )
    main(settings)
    found = json.loads((settings.out / "ranking.json").read_text())["found"]
    assert 0 < found["sampled"] <= 50
    assert 0.1 <= found["best_by_loss"] <= 0.9


def test_quality_by_hand():
    found = quality(np.arange(5.0), np.array([1.0, 2.0, 3.0, 5.0, 4.0]))
    assert (found["tau"], found["spearman"]) == (0.8, 0.9)
