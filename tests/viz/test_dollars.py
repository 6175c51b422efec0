"""Names of a user's may have dollar signs, which are no formulas."""

import numpy as np
import pytest

from nasnet import viz
from nasnet.cells import NASNET_A
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Stack

NAME = r"a $\nothing$ b"  # as a formula it could not be drawn
_BAND = viz.Band([0.1, 0.2], [0.0, 0.1], [0.2, 0.3])
_PANEL = viz.ProxyPanel(NAME, [0.1, 0.2], 0.5, (0.1, 0.9))
_IMAGES = np.zeros((2, 4, 4, 3), np.uint8)
FIGURES = {
    "search": lambda: viz.search_figure([0.1, 0.2], title=NAME, label=NAME),
    "training": lambda: viz.training_figure({f"{NAME} loss": [0.1, 0.2]}, title=NAME),
    "comparison": lambda: viz.comparison_figure({NAME: _BAND}, value=NAME, step=NAME, title=NAME),
    "groups": lambda: viz.groups_figure({NAME: [0.1]}, value=NAME, title=NAME),
    "pareto": lambda: viz.pareto_figure(
        {NAME: [1e6]}, [0.1], {NAME: [0]}, value=NAME, labels=[NAME], title=NAME
    ),
    "proxies": lambda: viz.proxies_figure([0.1, 0.2], [_PANEL], title=NAME),
    "samples": lambda: viz.samples_figure(_IMAGES, np.arange(2), (NAME, "b"), title=NAME),
    "cells": lambda: viz.genotype_figure(NASNET_A, title=NAME),
    "network": lambda: viz.network_figure(
        CellNetwork(NASNET_A, Stack(1, 2), (8, 8, 3), 2).parts(), title=NAME
    ),
}


@pytest.mark.parametrize("what", FIGURES)
def test_names_with_dollar_signs_are_drawn_as_they_are(what):
    from matplotlib.text import Text

    figure = FIGURES[what]()
    figure.draw_without_rendering()
    given = [text for text in figure.findobj(Text) if NAME in text.get_text()]
    assert given
    assert not any(text.get_parse_math() for text in given)
