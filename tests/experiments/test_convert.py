"""`nasnet convert`, and what others have written where a command wants a cell."""

import json

import pytest

from nasnet.cells import Genotype, network_cost
from nasnet.cells.notations.registry import NOTATIONS
from nasnet.cells.spaces.nasbench201 import NASBench201Cell
from nasnet.cells.zoo import DARTS_V2, ENAS_MICRO, NASNET_A
from nasnet.experiments.networks.chosen import PlanFlags, choose_network
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.experiments.searching.starting import starting_trials
from nasnet.stacking.nasbench201 import NASBench201Network

ARCH = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|none~2|"


def test_a_cell_goes_through_every_notation_and_back(tmp_path, invoke):
    """A file each time, as Windows' editors write them, too."""
    cell = "enas"
    for notation in ("darts", "enas", "slim", "nni", "json"):
        path = tmp_path / f"{notation}.txt"
        assert invoke("convert", cell, "--to", notation, "-o", path) == (0, f"{path}\n", "")
        path.write_text(path.read_text(), encoding="utf-8-sig")
        cell = str(path)
    assert Genotype.from_json(path.read_text(encoding="utf-8-sig")) == ENAS_MICRO


def test_json_goes_to_standard_output(invoke):
    code, out, _ = invoke("convert", "darts-v2", "--to", "darts", "--json")
    document = json.loads(out)
    assert (code, document["cell"], document["file"]) == (0, "darts-v2", None)
    assert NOTATIONS["darts"].read(document["text"]) == DARTS_V2


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("convert nasnet-a --to enas", "ENAS arc cannot express it: normal cell: states [0, 2, 3"),
        ("convert nasnet-a --to nasbench201", "architecture is a Genotype, expected NASBench201"),
        ("convert metaqnn-1 --to darts", "architecture is a Layers, expected Genotype"),
        ("draw Genotype(normal=[])", "DARTS Genotype: normal_concat is missing"),
        (f"draw {ARCH} --stack.stem imagenet", "stem is set for a cell of NAS-Bench-201, expect"),
        (f"profile {ARCH} --preset cifar", "preset cifar is set for a cell of NAS-Bench-201"),
    ],
)
def test_what_does_not_fit_is_one_line(command, text, tmp_path, invoke, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = invoke(*command.split(), *(["-o", "x"] if "convert" in command else []))
    assert (code, out) == (2, "")
    assert text in err
    assert err.splitlines()[-1].startswith("nasnet: error: ")
    assert list(tmp_path.iterdir()) == []


def test_a_text_is_drawn_as_it_stands(tmp_path, invoke, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = NOTATIONS["darts"].write(NASNET_A)
    assert invoke("draw", text, "-o", "a.gv")[0] == invoke("draw", ARCH)[0] == 0
    assert invoke("draw", "nasnet-a", "--title", "darts-cell", "-o", "b.gv")[0] == 0
    assert (tmp_path / "a.gv").read_text() == (tmp_path / "b.gv").read_text()
    assert (tmp_path / "nasbench201-cell.svg").is_file()


@pytest.mark.parametrize(
    ("flags", "sizes"), [({}, (5, 16)), ({"repeats": 1, "filters": 4}, (1, 4))]
)
def test_a_cell_of_nasbench201_has_the_papers_network(flags, sizes):
    cell = NASBench201Cell.from_arch(ARCH)
    network = choose_network(ARCH, PlanFlags(**flags)).network
    assert network == NASBench201Network(cell, *sizes, (32, 32, 3), 10)
    assert network_cost(network)[0].trainable_parameters > 0


def test_a_search_starts_from_a_text():
    text = NOTATIONS["enas"].write(ENAS_MICRO)
    (trial,) = starting_trials(SearchSettings(start_from=(text,)))
    assert (trial.genotype, trial.origin) == (ENAS_MICRO.to_json(), "enas-cell")
    with pytest.raises(ValueError, match="it is of a cell of NAS-Bench-201, expected cells"):
        starting_trials(SearchSettings(start_from=(ARCH,)))
