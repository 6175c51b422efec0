"""What `nasnet profile` and `nasnet draw --network` count and draw, and what they refuse."""

import itertools
import json
import math
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import keras
import pytest

from nasnet.cells import ZOO, Block, Cell, Genotype, network_cost
from nasnet.cells.profile import profile, total
from nasnet.experiments.networks.chosen import PlanFlags, choose_network
from nasnet.stacking import Stack, build_network
from nasnet.stacking import latency as latency_module
from nasnet.stacking.latency import calmest
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.presets import PRESETS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("aux_head", [False, True])
@pytest.mark.parametrize("preset", PRESETS)
def test_the_rows_of_a_preset_are_its_whole_network(preset, aux_head):
    rows = profile(choose_network(None, PlanFlags(), preset=preset).network, aux_head=aux_head)
    cost, ends = network_cost(PRESETS[preset].network, aux_head=aux_head)
    whole = total(rows)
    assert whole.parameters == cost.total_parameters
    assert whole.trainable == cost.trainable_parameters
    assert whole.mult_adds == cost.mult_adds
    assert [row.name for row in rows] == ["Stem", *(name for name in ends if name != "Stem")]
    assert ("AuxLogits" in {row.name for row in rows}) == aux_head


def test_the_rows_are_the_layers_of_keras():
    """Keras' own network of the same plan, layer by layer; Stem is the convolution alone."""
    flags = PlanFlags(repeats=1, filters=8)
    network = choose_network(
        "nasnet-a", flags, preset="imagenet-mobile", size=64, classes=7
    ).network
    model = build_network(network)
    for row in profile(network):
        layers = [x for x in model.layers if x.name.startswith(f"{row.name.lower()}_")]
        assert sum(layer.count_params() for layer in layers) == row.parameters
        shapes = [math.prod(w.shape) for layer in layers for w in layer.trainable_weights]
        assert sum(shapes) == row.trainable
    assert profile(network)[0].shape == tuple(model.get_layer("stem_conv").output.shape[1:])


def test_imagenet_mobile_has_the_counts_of_keras_applications(invoke):
    code, out, err = invoke("profile", "nasnet-a", "--preset", "imagenet-mobile", "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    published = keras.applications.NASNetMobile(weights=None).count_params()
    assert document["total"]["parameters"] == published
    assert (document["cell"], document["preset"]) == ("nasnet-a", "imagenet-mobile")
    assert (document["input_shape"], document["classes"]) == ([224, 224, 3], 1000)
    assert document["stack"]["stem_filters"] == 32
    assert document["latency"] is None
    assert round(document["total"]["mult_adds"] / 1e6) == 564  # Table 2 of the paper


def test_a_stem_that_no_cell_reads_is_not_counted():
    """DARTS' stem ends in two outputs; cells that ignore the last cell never read the newer."""
    cell = Cell((Block(0, 0, "sep_conv_3x3", "identity"),))
    stack = Stack(1, 8, stem="darts-imagenet")  # each second cell, down to the stem's older output
    rows = profile(CellNetwork(Genotype(cell, cell), stack, (64, 64, 3), 10))
    assert (rows[0].name, rows[0].shape) == ("Stem", (16, 16, 8))
    convolutions, norms = 9 * 3 * 4 + 9 * 4 * 8, 4 * 4 + 4 * 8
    assert rows[0].parameters == convolutions + norms


def test_a_preset_takes_another_cell_and_flags_overrule_it():
    network = choose_network("darts-v2", PlanFlags(), preset="imagenet-mobile").network
    assert network.genotype == ZOO["darts-v2"].genotype
    assert network.stack == PRESETS["imagenet-mobile"].stack
    flags = PlanFlags(repeats=6, skip_reduction_input=True)
    chosen = choose_network(None, flags, preset="imagenet-mobile", size=96, classes=5)
    assert chosen.name == "nasnet-a"
    network = chosen.network
    assert network.stack == Stack(6, 44, 32, skip_reduction_input=True, stem="imagenet")
    assert (network.input_shape, network.classes) == ((96, 96, 3), 5)
    assert choose_network("enas", PlanFlags()).network.stack == Stack()


def test_latency_is_measured_on_a_named_device(invoke):
    command = "profile nasnet-a --repeats 1 --filters 2 --size 16 --latency --runs 3"
    code, out, _ = invoke(*command.split(), "--json")
    latency = json.loads(out)["latency"]
    assert code == 0
    assert 0 < latency["p10_ms"] <= latency["median_ms"] <= latency["p90_ms"]
    assert (latency["runs"], latency["batch"]) == (3, 1)
    assert latency["threads"] >= 1
    assert latency["device"].startswith(("CPU", "GPU"))
    code, out, _ = invoke(*command.split())
    assert code == 0
    assert "latency: median" in out


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1, 1, 1.2], [0.1] * 3], (1, 1, 1.16)),  # alike, so nothing is repeated
        ([[1, 3, 5], [2, 2, 2], [1] * 3], (2, 2, 2)),
        ([[1, 3, 5], [1, 2, 9], [4, 6, 9]], (1.2, 2, 7.6)),  # never alike
    ],
)
def test_a_latency_is_that_of_the_calmest_calls(clock, rows, expected):
    """By hand: seconds of the calls, and the percentiles between them."""
    seconds, hands = itertools.chain(*rows), clock(latency_module)
    assert calmest(lambda: hands.sleep(next(seconds)), 3) == pytest.approx(
        [1000 * x for x in expected]
    )


def test_a_network_is_drawn_with_its_auxiliary_head(tmp_path, invoke):
    path = tmp_path / "large.svg"
    arguments = ["draw", "--network", "--preset", "imagenet-large", "--aux", "-o", path]
    code, out, err = invoke(*arguments, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {"cell": "nasnet-a", "file": str(path)}
    collapsed = "".join(ET.parse(path).getroot().itertext())
    assert "Normal Cell × 6" in collapsed
    assert "331 × 331 × 3" in collapsed
    assert "Auxiliary head" in collapsed
    assert invoke(*arguments, "--expand")[0] == 0
    assert "Cell 17" in "".join(ET.parse(path).getroot().itertext())


def test_a_network_is_drawn_by_its_flags(tmp_path, invoke, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = invoke("draw", "nasnet-a", "--network", "--stack.repeats", 3, "--size", 48)
    assert (code, out.strip()) == (0, "nasnet-a-network.svg")
    text = Path("nasnet-a-network.svg").read_text()
    assert "Normal Cell × 3" in text
    assert "48 × 48 × 3" in text


def test_the_picture_in_the_readme_is_what_draw_makes(tmp_path, invoke):
    path = tmp_path / "x.svg"
    invoke("draw", "--network", "--preset", "imagenet-mobile", "--aux", "-o", path)
    shown = ROOT / "experiments" / "published" / "figures" / "nasnet-a-imagenet.svg"
    assert path.read_text() == shown.read_text()


@pytest.mark.parametrize(
    ("command", "code", "text"),
    [
        ("profile nasnet-a --preset x", 2, "preset is 'x', expected one of: cifar, imagenet-mob"),
        ("draw nasnet-a --network --preset x", 2, "preset is 'x', expected one of: cifar, imag"),
        ("profile", 2, "cell and preset are None, expected at least one of the two"),
        ("profile nasnet-z --preset cifar", 3, "cell is 'nasnet-z', expected a JSON file"),
        ("profile nasnet-a --latency --runs 0", 2, "runs is 0, expected at least 1"),
        ("profile nasnet-a --aux --size 8", 2, "expected larger images"),
        ("draw", 2, "cell is None, expected one to draw"),
        ("draw nasnet-a --aux", 2, "aux is set for a drawing of cells, expected --network, too"),
        ("draw nasnet-a --stack.repeats 2", 2, "stack is set for a drawing of cells, expected"),
        ("draw nasnet-a --network --stack.repeats 0", 2, "repeats is 0, expected a whole number"),
        ("draw nasnet-a --network --size 0", 2, "input shape is (0, 0, 3)"),
        ("draw nasnet-a --network -o x.gif", 2, "suffix of 'x.gif' is '.gif'"),
    ],
)
def test_bad_input_is_one_line(command, code, text, tmp_path, invoke, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found, out, err = invoke(*command.split())
    assert (found, out) == (code, "")
    assert text in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["profile", "nasnet-a", "--preset", "imagenet-large", "--aux"],
        ["draw", "nasnet-a", "--network", "--preset", "imagenet-large", "-o", "x.svg"],
        ["draw", "nasnet-a", "--network", "-o", "x.gv"],
        ["zoo", "--json"],
    ],
)
def test_no_tensorflow_and_no_matplotlib_is_loaded_by(arguments, tmp_path):
    code = (
        "import sys\n"
        "from nasnet.experiments.cli import parse\n"
        f"parse({arguments!r}).run()\n"
        "heavy = [m for m in ('keras', 'tensorflow', 'matplotlib') if m in sys.modules]\n"
        "print(heavy)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert result.stdout.splitlines()[-1] == "[]"
