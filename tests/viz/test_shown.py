"""What notebooks show of values, and of a search while it runs."""

import dataclasses
import sys
import types
import xml.etree.ElementTree as ET

import pytest

from nasnet.cells import LAYER_ZOO, NASNET_A
from nasnet.cells.recurrent.zoo import RECURRENT_ZOO
from nasnet.controller import make_controller
from nasnet.search import InlineExecutor, LoopSettings, Search, TrialStore
from nasnet.stacking import CellFrame, Stack
from nasnet.stacking.architectures import ImageFrame
from nasnet.testing import SPACES
from tests.fakes import SPACE, Share

FRAME = ImageFrame(Stack(1, 8), (32, 32, 3), 10)
DRAWN = {
    "genotype": (NASNET_A, "Reduction Cell"),
    "cell": (NASNET_A.normal, "Cell"),
    "recurrent": (RECURRENT_ZOO["enas-recurrent"].architecture, "mean: next h"),
    "network": (CellFrame(Stack(1, 8), (32, 32, 3), 10).network(NASNET_A), "Softmax"),
    "layers": (FRAME.network(LAYER_ZOO["mnist-hand"].architecture), "Softmax"),
    "macro": (FRAME.network(LAYER_ZOO["enas-macro"].architecture), "Softmax"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_values_show_their_drawings(name):
    value, word = DRAWN[name]
    root = ET.fromstring(value._repr_svg_())
    assert root.tag.endswith("svg")
    assert any(word in text for text in root.itertext())


@pytest.mark.parametrize("name", SPACES)
def test_spaces_show_their_decisions(name):
    space = SPACES[name]
    text = space._repr_html_()
    assert text.count("<tr>") == 1 + len(space.decisions)
    assert f"{space.size():,} architectures" in text


def small_search(store, **options):
    executor, settings = InlineExecutor(Share()), LoopSettings(12)
    return Search(SPACE, make_controller("random", SPACE), store, executor, settings, **options)


def test_a_search_and_its_trials_show_what_came_of_them(tmp_path):
    with TrialStore(tmp_path / "s.db") as store:
        search = small_search(store)
        assert "0 of 12 children" in search._repr_html_()
        search.run()
        text = search._repr_html_()
        assert "12 of 12 children · 0 running · 0 failed" in text
        assert text.count("<tr>") == 6
        assert f"<td>{search.best.reward:.4f}</td>" in text
        assert search.best.key in search.best._repr_html_()


def test_what_failed_is_escaped(tmp_path):
    with TrialStore(tmp_path / "s.db") as store:
        search = small_search(store)
        search.run()
        trial = dataclasses.replace(search.trials[0], state="error", error="<script>")
        assert "&lt;script&gt;" in trial._repr_html_()


def test_a_notebook_shows_a_search_while_it_runs(tmp_path, monkeypatch):
    shown, followed = [], []
    handle = types.SimpleNamespace(update=lambda value: shown.append(value))

    def display(value, display_id):
        assert display_id
        shown.append(value)
        return handle

    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    screen = types.SimpleNamespace(HTML=str, display=display)
    monkeypatch.setitem(sys.modules, "IPython.display", screen)
    with TrialStore(tmp_path / "s.db") as store:
        small_search(store, on_change=followed.append).run()
    assert "12 of 12 children" in shown[-1]
    assert 2 <= len(shown) <= len(followed)
