"""What is drawn is all of the genotype, readable, the same each time, and written whole or not."""

import itertools
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasnet import viz
from nasnet.cells import NASNET_A, OPERATIONS, ZOO
from nasnet.viz import render
from nasnet.viz.cell.columns import spaced
from nasnet.viz.cell.drawing import picture
from nasnet.viz.cell.graph import cell_graph, operation_label
from nasnet.viz.cell.layers import cell_units, crossings, ordered_layers
from nasnet.viz.palette import FALLBACK, PAINTS, clean_title, named_cells, paint
from tests.strategies import genotypes, random_genotypes

SVG = "{http://www.w3.org/2000/svg}"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
NASTY = 'a "quoted" <b>&amp;</b> \\n \\ {x|y} $m$ & ü'
needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")


EXAMPLES = [
    *(entry.genotype for entry in ZOO.values()),
    *(genotype for blocks in (1, 5, 7, 9) for genotype in random_genotypes(1, blocks=blocks)),
]


def cells_of(genotype):
    return genotype.normal, genotype.reduction


def expected_counts(genotype):
    """(nodes, edges) by counting: 3 nodes and 4 edges a block, 2 inputs, 1 output."""
    blocks = sum(len(cell.blocks) for cell in cells_of(genotype))
    emitted = sum(len(cell.concat) for cell in cells_of(genotype))
    return 3 * blocks + 3 * 2, 4 * blocks + emitted


def groups(root, name):
    return [g for g in root.iter(f"{SVG}g") if g.get("class") == name]


def check_svg(genotype):
    text = viz.genotype_to_svg(genotype)
    root = ET.fromstring(text.encode())
    counts = len(groups(root, "node")), len(groups(root, "edge"))
    assert counts == expected_counts(genotype)
    labels = [group.findtext(f"{SVG}text") for group in groups(root, "node")]
    for cell in cells_of(genotype):
        for block in cell.blocks:
            for _, operation in block.edges:
                labels.remove(operation_label(operation))
    assert set(labels) <= {"cell i-2", "cell i-1", "add", "concat"}
    assert text == viz.genotype_to_svg(genotype)


def expected_edges(genotype):
    """(tail, head) of all arrows, by the names of their boxes."""
    for prefix, cell in (("normal", genotype.normal), ("reduction", genotype.reduction)):
        names = [f"{prefix}/state_{i}" for i in range(2)]
        names += [f"{prefix}/block_{i}" for i in range(len(cell.blocks))]
        for block, name in zip(cell.blocks, names[2:], strict=True):
            for operand, (state, _) in zip("ab", block.edges, strict=True):
                yield names[state], f"{name}_{operand}"
                yield f"{name}_{operand}", name
        for state in cell.concat:
            yield names[state], f"{prefix}/output"


def check_dot(genotype):
    text = viz.genotype_to_dot(genotype)
    arrows = re.findall(r'^\s*"([^"]+)" -> "([^"]+)"', text, re.MULTILINE)
    assert sorted(arrows) == sorted(expected_edges(genotype))
    nodes = re.findall(r'^\s*"[^"]+" \[label=', text, re.MULTILINE)
    edges = re.findall(r'^\s*"[^"]+" -> "[^"]+"', text, re.MULTILINE)
    assert (len(nodes), len(edges)) == expected_counts(genotype)
    assert "Normal Cell" in text
    assert "Reduction Cell" in text
    assert text == viz.genotype_to_dot(genotype)


def check_layout(genotype):
    drawing = picture(named_cells(genotype), "title")
    swatches = [swatch for _, swatch, _ in drawing.legend]
    for panel in drawing.panels:
        for a, b in itertools.combinations([*panel.boxes, *swatches], 2):
            apart = max(
                abs(a.x - b.x) - (a.width + b.width) / 2,
                abs(a.y - b.y) - (a.height + b.height) / 2,
            )
            assert apart > 4, (a, b)
        assert 0 <= panel.x <= panel.x + panel.width <= drawing.width
        assert 0 <= panel.y <= panel.y + panel.height <= drawing.height
        for box in panel.boxes:
            assert panel.x < box.x - box.width / 2 < box.x + box.width / 2 < panel.x + panel.width
            assert panel.y < box.y - box.height / 2 < box.y + box.height / 2
            assert box.y + box.height / 2 < panel.y + panel.height
        boxes = {box.node.name: box for box in panel.boxes}
        for wire in panel.wires:
            assert boxes[wire.edge.head].y < boxes[wire.edge.tail].y
            check_wire(wire, panel)


def check_wire(wire, panel):
    """It ends at its boxes, and enters none on its way."""
    boxes = {box.node.name: box for box in panel.boxes}
    tail, head = boxes[wire.edge.tail], boxes[wire.edge.head]
    (x, y), (end_x, end_y) = wire.points[0], wire.points[-1]
    assert y == pytest.approx(tail.y - tail.height / 2)
    assert head.y + head.height / 2 < end_y < head.y + head.height
    assert abs(x - tail.x) < tail.width / 2
    assert abs(end_x - head.x) < head.width / 2
    for i in range(0, len(wire.points) - 1, 3):
        p = np.array(wire.points[i : i + 4])
        for t in np.linspace(0.05, 0.95, 10):
            weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]
            x, y = weights @ p
            assert panel.x < x < panel.x + panel.width
            for box in panel.boxes:
                inside = abs(x - box.x) < box.width / 2 and abs(y - box.y) < box.height / 2
                assert not inside, (wire.edge, box.node.name)


@pytest.mark.parametrize("check", [check_svg, check_dot, check_layout])
@pytest.mark.parametrize("genotype", EXAMPLES)
def test_examples_are_drawn_whole(genotype, check):
    check(genotype)


@pytest.mark.parametrize("check", [check_svg, check_dot, check_layout])
def test_any_genotype_is_drawn_whole(check):
    settings(max_examples=25, deadline=None)(given(genotypes(max_blocks=4))(check))()


def test_svg_boxes_lie_in_the_view_box_and_apart():
    root = ET.fromstring(viz.genotype_to_svg(NASNET_A, title="x" * 300).encode())
    _, _, width, height = map(float, root.get("viewBox").split())
    areas = []
    for rect in (group.find(f"{SVG}rect") for group in groups(root, "node")):
        x, y, w, h = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
        areas.append((x, y, x + w, y + h))
    for a, b in itertools.combinations(areas, 2):
        assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]


def test_nasnet_a_has_the_arrows_of_its_blocks():
    edges = {(edge.tail, edge.head) for edge in cell_graph(NASNET_A.reduction).edges}
    assert {("block_1", "block_3_a"), ("block_3_a", "block_3"), ("block_1", "output")} <= edges
    assert ("block_0", "output") not in edges


def test_few_arrows_cross_in_the_cells_of_nasnet_a():
    assert crossings(ordered_layers(cell_units(NASNET_A.normal))) <= 1
    assert crossings(ordered_layers(cell_units(NASNET_A.reduction))) <= 4


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("sep_conv_5x5", "sep 5x5"),
        ("avg_pool_3x3", "avg 3x3"),
        ("identity", "identity"),
        ("conv_1x7_7x1", "1x7 7x1"),
        ("dil_conv_3x3", "dil 3x3"),
        ("max_pool_7x7", "max 7x7"),
        ("conv_1x1", "conv 1x1"),
        ("dil_sep_conv_3x3", "dil sep 3x3"),
        ("global_pool", "global pool"),
    ],
)
def test_labels_are_short_and_sizes_stay(name, label):
    assert operation_label(name) == label


def test_labels_differ_and_every_kind_has_its_colours():
    assert len({operation_label(name) for name in OPERATIONS}) == len(OPERATIONS)
    assert {operation.kind for operation in OPERATIONS.values()} <= set(PAINTS)
    assert paint("a kind of tomorrow") == FALLBACK


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=8), st.floats(0, 20))
def test_spaced_keeps_the_gaps_and_leaves_what_fits(wishes, gap):
    places = spaced(wishes, [1.0] * len(wishes), [gap] * (len(wishes) - 1))
    assert all(b - a >= gap - 1e-9 for a, b in itertools.pairwise(places))
    assert sum(places) == pytest.approx(sum(wishes), abs=1e-6)
    assert spaced(places, [1.0] * len(places), [gap * 0.99] * (len(places) - 1)) == pytest.approx(
        places, abs=1e-6
    )


def test_svg_escapes_titles():
    root = ET.fromstring(viz.genotype_to_svg(NASNET_A, title=NASTY).encode())
    assert NASTY in [text.text for text in root.iter(f"{SVG}text")]
    ET.fromstring(viz.genotype_to_svg(NASNET_A, title="\x00\ud800\ufffe\x1b").encode())


def test_dot_escapes_titles():
    text = viz.genotype_to_dot(NASNET_A, title='say "hi" \\n <b> &lt;')
    assert r'label="say \"hi\" \\n <b> &amp;lt;"' in text
    assert 'label="<b>"' in viz.genotype_to_dot(NASNET_A, title="<b>")


def test_titles_are_one_line():
    assert clean_title(" a\nb\t c ") == "a b c"
    assert clean_title(None) == ""


@needs_dot
@pytest.mark.parametrize("title", [None, NASTY, "<b>", "\\N", '"', "x" * 300])
def test_dot_draws_any_title(title, tmp_path):
    path = viz.draw_genotype(NASNET_A, tmp_path / "a.svg", title=title, engine="dot")
    root = ET.parse(path).getroot()
    assert (len(groups(root, "node")), len(groups(root, "edge"))) == expected_counts(NASNET_A)
    if title and len(title) < 80:
        assert title in [(text.text or "").replace("\xa0", " ") for text in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("engine", ["auto", "own", pytest.param("dot", marks=needs_dot)])
@pytest.mark.parametrize("suffix", [".gv", ".dot", ".svg", ".png", ".PNG"])
def test_draw_genotype_writes_every_suffix(engine, suffix, tmp_path):
    path = tmp_path / "new" / f"cells{suffix}"
    assert viz.draw_genotype(NASNET_A, str(path), title="A", engine=engine) == path
    data = path.read_bytes()
    if suffix.lower() == ".png":
        assert data.startswith(PNG_SIGNATURE)
    elif suffix == ".svg":
        ET.fromstring(data)
    else:
        assert data.startswith(b"digraph")
    assert list(path.parent.iterdir()) == [path]


def test_auto_does_without_graphviz(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    path = viz.draw_genotype(NASNET_A, tmp_path / "a.svg", title="t")
    assert path.read_text() == viz.genotype_to_svg(NASNET_A, title="t")
    assert viz.draw_genotype(NASNET_A, tmp_path / "a.png").read_bytes().startswith(PNG_SIGNATURE)
    assert viz.draw_genotype(NASNET_A, tmp_path / "a.gv", engine="dot").exists()
    with pytest.raises(OSError, match="Graphviz is not installed, expected a `dot` command"):
        viz.draw_genotype(NASNET_A, tmp_path / "b.svg", engine="dot")
    assert not (tmp_path / "b.svg").exists()


@pytest.mark.skipif(os.name != "posix", reason="a shell script as `dot`")
def test_auto_does_without_a_graphviz_that_fails(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "dot").write_text("#!/bin/sh\nexit 1\n")
    (folder / "dot").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    path = viz.draw_genotype(NASNET_A, tmp_path / "a.svg")
    assert path.read_text() == viz.genotype_to_svg(NASNET_A)
    with pytest.raises(OSError, match="Graphviz failed; engine 'own' draws without"):
        viz.draw_genotype(NASNET_A, tmp_path / "b.svg", engine="dot")


def test_bad_arguments_are_named(tmp_path):
    expected = "suffix of 'a.jpg' is '.jpg', expected one of: .dot, .gv, .png, .svg"
    with pytest.raises(ValueError, match=re.escape(expected)):
        viz.draw_genotype(NASNET_A, tmp_path / "a.jpg")
    with pytest.raises(ValueError, match="suffix of 'a' is '', expected one of"):
        viz.draw_genotype(NASNET_A, tmp_path / "a")
    with pytest.raises(ValueError, match="engine is 'neato', expected one of: auto, dot, own"):
        viz.draw_genotype(NASNET_A, tmp_path / "a.svg", engine="neato")
    with pytest.raises(ValueError, match=r"expected one of: \.pdf, \.png, \.svg"):
        viz.save_figure(viz.search_figure([0.5]), tmp_path / "a.txt")
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.svg"
    path.write_text("old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(render.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        viz.draw_genotype(NASNET_A, path, engine="own")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_files_have_usual_permissions(tmp_path):
    (tmp_path / "plain").touch()
    path = viz.draw_genotype(NASNET_A, tmp_path / "a.svg", engine="own")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_own_png_is_the_same_each_time(tmp_path):
    a, b = (
        viz.draw_genotype(NASNET_A, tmp_path / name, title="$x", engine="own").read_bytes()
        for name in ("a.png", "b.png")
    )
    assert a == b


def test_import_is_light_and_drawing_needs_no_pyplot(tmp_path):
    code = """
import sys
from nasnet import viz
heavy = {"matplotlib", "graphviz", "keras", "tensorflow"} & set(sys.modules)
from nasnet.cells import NASNET_A
viz.draw_genotype(NASNET_A, sys.argv[1] + "/a.png", engine="own")
viz.save_figure(viz.search_figure([0.5, 0.6]), sys.argv[1] + "/b.png")
print(sorted(heavy), "matplotlib.pyplot" in sys.modules)
"""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=root, check=True)
    assert result.stdout == "[] False\n"


def test_public_names_are_sorted_and_there():
    assert list(viz.__all__) == sorted(viz.__all__)
    assert all(hasattr(viz, name) for name in viz.__all__)
