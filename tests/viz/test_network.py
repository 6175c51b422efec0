"""A network's picture has every cell and arrow, readable, the same each time."""

import itertools
import re
import shutil
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from nasnet import viz
from nasnet.cells import Block, Cell, Genotype, Part
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import STEMS, Stack
from nasnet.stacking.presets import PRESETS
from nasnet.viz.network.drawing import network_picture
from nasnet.viz.network.graph import network_boxes
from tests.strategies import random_genotypes

SVG = "{http://www.w3.org/2000/svg}"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
NASTY = 'a "quoted" <b>&amp;</b> \\n \\ {x|y} $m$ : ü'
# Each cell on each stem, some of which ignore an input, and the published networks.
NETWORKS = [
    *(preset.network for preset in PRESETS.values()),
    *(
        CellNetwork(genotype, Stack(repeats, 8, stem=stem), (224, 224, 3), 10)
        for genotype in random_genotypes(4, blocks=1)
        for repeats, stem in zip((1, 5, 9), STEMS, strict=True)
    ),
]


def chain(count, kind="normal"):
    """An image and cells that read the two nodes before them."""
    nodes = [Part("image", "image")]
    for i in range(count):
        names = [node.name for node in nodes[-2:]]
        nodes.append(Part(f"cell {i}", kind, "F = 8", (4, 4, 8), tuple(reversed(names))))
    return nodes


def svg_groups(text, name):
    return [g for g in ET.fromstring(text.encode()).iter(f"{SVG}g") if g.get("class") == name]


@pytest.fixture(params=[False, True], ids=["collapsed", "expanded"])
def expand(request):
    return request.param


@pytest.mark.parametrize("network", NETWORKS)
def test_every_node_and_arrow_is_drawn(network, expand):
    nodes = network.parts(aux_head=True)
    boxes = network_boxes(nodes, expand=expand)
    edges = {(name, box.node.name) for box in boxes for name in box.node.inputs}
    if expand:
        assert [box.node for box in boxes] == nodes
    assert sum(box.count for box in boxes) == len(nodes)
    svg = viz.network_to_svg(nodes, expand=expand)
    assert svg == viz.network_to_svg(nodes, expand=expand)
    assert [g.findtext(f"{SVG}title") for g in svg_groups(svg, "node")] == [
        box.node.name for box in boxes
    ]
    drawn = [tuple(g.findtext(f"{SVG}title").split("->")) for g in svg_groups(svg, "edge")]
    assert len(drawn) == len(edges)
    assert set(drawn) == edges
    dot = viz.network_to_dot(nodes, expand=expand)
    assert dot == viz.network_to_dot(nodes, expand=expand)
    numbers = {box.node.name: f"n{i}" for i, box in enumerate(boxes)}
    found = set(re.findall(r"(n\d+) -> (n\d+)", dot))
    assert found == {(numbers[tail], numbers[head]) for tail, head in edges}
    assert len(re.findall(r"^\tn\d+ \[", dot, re.MULTILINE)) == len(boxes)


@pytest.mark.parametrize("network", NETWORKS)
def test_boxes_lie_apart_and_arrows_end_at_their_boxes(network, expand):
    nodes = network.parts(aux_head=True)
    drawing = network_picture(nodes, "title", expand=expand)
    spots = {box.node.name: spot for box, spot in drawing.boxes}
    for a, b in itertools.combinations([*spots.values(), *(s for _, s, _ in drawing.legend)], 2):
        apart = max(
            abs(a.x - b.x) - (a.width + b.width) / 2, abs(a.y - b.y) - (a.height + b.height) / 2
        )
        assert apart > 4, (a, b)
    for spot in spots.values():
        assert 0 < spot.x - spot.width / 2 < spot.x + spot.width / 2 < drawing.width
        assert 0 < spot.y - spot.height / 2 < spot.y + spot.height / 2 < drawing.height
    for line in drawing.lines:
        tail, head = spots[line.tail], spots[line.head]
        touches(line.points[0], tail)
        touches(line.tip[1], head)
        for x, y in along(line):
            assert 0 < x < drawing.width
            assert 0 < y < drawing.height
            for name, spot in spots.items():
                inside = abs(x - spot.x) < spot.width / 2 and abs(y - spot.y) < spot.height / 2
                assert not inside, (line.tail, line.head, name)


def touches(point, spot):
    """The point lies on the frame of the box."""
    dx, dy = abs(point[0] - spot.x) - spot.width / 2, abs(point[1] - spot.y) - spot.height / 2
    assert max(dx, dy) == pytest.approx(0, abs=1e-6)


def along(line):
    """Points of its curves, their ends left out."""
    for i in range(0, len(line.points) - 1, 3):
        corners = np.array(line.points[i : i + 4])
        for t in np.linspace(0.05, 0.95, 10):
            yield np.array([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]) @ corners


def test_nasnet_a_large_has_the_boxes_of_figure_2():
    network = PRESETS["imagenet-large"].network
    lines = [box.lines for box in network_boxes(network.parts(aux_head=True))]
    assert [name for name, _ in lines] == [
        "Image",
        "Stem",
        "Cell Stem 0",
        "Cell Stem 1",
        "Normal Cell × 6",
        "Reduction Cell 0",
        "Normal Cell × 6",
        "Auxiliary head",
        "Reduction Cell 1",
        "Normal Cell × 6",
        "Global pool",
        "Softmax",
    ]
    assert lines[-3] == ("Normal Cell × 6", "F = 672, 11 × 11 × 4032")
    assert lines[-2] == ("Global pool", "4032")


def test_older_inputs_follow_the_plan():
    network = PRESETS["imagenet-large"].network
    inputs = {node.name: node.inputs for node in network.parts()}
    assert inputs["Cell_Stem_0"] == ("Stem",)
    assert inputs["Cell_7"] == ("Cell_6", "Reduction_Cell_0")
    assert inputs["Cell_6"] == ("Reduction_Cell_0", "Cell_4")  # past the reduction's own input
    assert "Auxiliary head" not in inputs


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (1, {"Cell_0": ("Stem",), "Cell_1": ("Cell_0",), "Cell_2": ("Reduction_Cell_0",)}),
        # Each cell reads the last but one, so that every second cell reaches nothing.
        (0, {"Cell_1": ("Stem",), "Cell_2": ("Cell_1",)}),
    ],
)
def test_an_input_that_a_cell_ignores_has_no_arrow(state, expected):
    cell = Cell((Block(state, state, "sep_conv_3x3", "identity"),))
    network = CellNetwork(Genotype(cell, cell), Stack(2, 8), (32, 32, 3), 10)
    inputs = {node.name: node.inputs for node in network.parts()}
    first = {name: inputs[name] for name in ("Cell_0", "Cell_1", "Cell_2") if name in inputs}
    assert first == expected


def test_runs_of_equal_normal_cells_are_one_box():
    nodes = [*chain(3), Part("wide", "normal", "F = 9", (4, 4, 9), ("cell 2", "cell 1"))]
    boxes = network_boxes(nodes)
    assert [box.count for box in boxes] == [1, 3, 1]
    assert boxes[1].node.inputs == ("image",)
    assert boxes[2].node.inputs == ("cell 2",)
    assert [box.count for box in network_boxes(chain(3, kind="reduction"))] == [1, 1, 1, 1]


@pytest.mark.parametrize("count", [0, 1, 14, 15, 40, 3000])
def test_any_length_is_drawn_without_a_column_of_its_whole_height(count):
    drawing = network_picture(chain(count), expand=True)
    assert len(drawing.boxes) == count + 1
    assert drawing.height < 1200


def test_two_side_branches_of_one_box_lie_apart():
    nodes = [*chain(2), *(Part(f"aux {i}", "aux", inputs=("cell 0",)) for i in range(2))]
    drawing = network_picture(nodes, expand=True)
    one, other = (spot for box, spot in drawing.boxes if box.node.kind == "aux")
    assert one.x + one.width / 2 < other.x - other.width / 2


@pytest.mark.parametrize("suffix", ["svg", "png", "gv"])
def test_any_text_is_drawn_as_it_is(suffix, tmp_path):
    nodes = [
        Part(NASTY, "image", NASTY + "\x00\ud800", (4, 4)),
        Part("a:b", "head", inputs=(NASTY,)),
    ]
    path = viz.draw_network(nodes, tmp_path / f"deep/network.{suffix}", title=NASTY + "\n\x00")
    data = path.read_bytes()
    if suffix == "png":
        assert data.startswith(PNG_SIGNATURE)
    elif suffix == "svg":
        texts = [text.text or "" for text in ET.fromstring(data).iter(f"{SVG}text")]
        assert any("\\n \\ {x|y} $m$ : ü" in text for text in texts)
        assert any("<b>&amp;</b>" in text for text in texts)
    else:
        assert "n0 -> n1" in data.decode()
        assert r"\\n" in data.decode()
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    again = viz.draw_network(nodes, tmp_path / f"again.{suffix}", title=NASTY + "\n\x00")
    assert again.read_bytes() == data


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
def test_graphviz_takes_the_text(tmp_path):
    nodes = NETWORKS[0].parts(aux_head=True)
    path = viz.draw_network(nodes, tmp_path / "x.svg", title=NASTY, engine="dot")
    assert len(svg_groups(path.read_text(), "node")) == len(network_boxes(nodes))


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        (lambda: [], "network has 0 nodes, expected at least 1"),
        (lambda: chain(1) + chain(0), "node 'image' comes twice, expected each name once"),
        (
            lambda: [Part("x", "head", inputs=("y",)), Part("y", "image")],
            "node 'x' reads 'y', expected an earlier node",
        ),
        (
            lambda: [
                *chain(0),
                Part("a", "aux", inputs=("image",)),
                Part("x", "head", inputs=("a",)),
            ],
            "node 'x' reads 'a', expected an earlier node",
        ),
        (lambda: [Part("x", "box")], "kind of 'x' is 'box', expected one of: image, stem"),
        (
            lambda: [Part("x", "head", inputs=("y", "y"))],
            r"inputs of 'x' are \('y', 'y'\), expected each once",
        ),
        (lambda: [Part("x", "aux")], r"inputs of 'x' are \(\), expected one"),
    ],
)
def test_what_is_no_network_is_an_error(nodes, text, tmp_path):
    with pytest.raises(ValueError, match=text):
        viz.draw_network(nodes(), tmp_path / "x.svg")
    assert list(tmp_path.iterdir()) == []


def test_unknown_suffixes_and_engines_are_errors(tmp_path):
    with pytest.raises(ValueError, match=r"suffix of 'x.gif' is '.gif', expected one of"):
        viz.draw_network(chain(1), tmp_path / "x.gif")
    with pytest.raises(ValueError, match="engine is 'neato', expected one of: auto, dot, own"):
        viz.draw_network(chain(1), tmp_path / "x.svg", engine="neato")
