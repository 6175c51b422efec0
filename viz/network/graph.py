"""A whole network as a picture's data, in the manner of Figure 2 of the NASNet paper.

What is drawn are a network's parts; nothing here knows how one is planned.
Zoph et al., https://arxiv.org/abs/1707.07012.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from nasnet.cells import Part
from nasnet.runtime.checks import check_known
from nasnet.viz.palette import PAINTS, Paint, clean_title

NETWORK_PAINTS: Mapping[str, Paint] = MappingProxyType(
    {
        "image": PAINTS["identity"],
        "stem": PAINTS["previous"],
        "normal": PAINTS["separable"],
        "reduction": PAINTS["convolution"],
        "head": PAINTS["output"],
        "aux": PAINTS["concat"],
        "conv": PAINTS["convolution"],
        "separable": PAINTS["separable"],
        "max_pool": PAINTS["pooling"],
        "dense": PAINTS["add"],
        "dropout": PAINTS["identity"],
        "raster": PAINTS["previous"],
        "state": PAINTS["last"],
        "tanh": PAINTS["separable"],
        "relu": PAINTS["convolution"],
        "identity": PAINTS["identity"],
        "sigmoid": PAINTS["pooling"],
    }
)
SPINE_COLOUR, OLDER_COLOUR, AUX_COLOUR = "#2f3b4a", "#8a97a8", PAINTS["concat"].line
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "stem": "stem",
        "normal": "normal cell",
        "reduction": "reduction cell",
        "head": "classifier",
        "aux": "auxiliary head",
        "conv": "convolution",
        "separable": "separable",
        "max_pool": "pooling",
        "dense": "dense layer",
        "dropout": "dropout",
    }
)


@dataclasses.dataclass(frozen=True, slots=True)
class NetworkBox:
    """A part, or a run of equal normal cells as one; `count` is how many.

    The box shows the part's name, underscores as spaces.
    """

    node: Part
    count: int = 1

    @property
    def lines(self) -> tuple[str, str]:
        """What the box says."""
        name = f"Normal Cell × {self.count}" if self.count > 1 else self.node.name
        shape = " × ".join(map(str, self.node.shape))
        words = [word for word in (clean_title(self.node.detail), shape) if word]
        return clean_title(name.replace("_", " ")), ", ".join(words)


def network_boxes(nodes: Sequence[Part], *, expand: bool = False) -> list[NetworkBox]:
    """The boxes of a network, in order.

    Args:
        nodes: from the image on, each behind all that it reads.
        expand: whether each normal cell has a box of its own; else a run of normal cells of equal
            detail and shape is one box, named as its last cell, that reads what its cells read.

    Raises:
        ValueError: there is no node, a kind is unknown, a name comes twice, or an input
            is no earlier node.
    """
    if not nodes:
        raise ValueError("network has 0 nodes, expected at least 1")
    seen: set[str] = set()
    leaves = {node.name for node in nodes if node.kind == "aux"}
    for node in nodes:
        check_known(f"kind of {node.name!r}", node.kind, NETWORK_PAINTS)
        if node.name in seen:
            raise ValueError(f"node {node.name!r} comes twice, expected each name once")
        for name in node.inputs:
            if name not in seen - leaves:
                raise ValueError(f"node {node.name!r} reads {name!r}, expected an earlier node")
        seen.add(node.name)
    runs: list[list[Part]] = []
    for node in nodes:
        if not expand and runs and _alike(runs[-1][-1], node):
            runs[-1].append(node)
        else:
            runs.append([node])
    home = {node.name: run[-1].name for run in runs for node in run}
    boxes = []
    for run in runs:
        own = run[-1].name
        read = [home[name] for node in run for name in node.inputs if home[name] != own]
        node = dataclasses.replace(run[-1], inputs=tuple(dict.fromkeys(read)))
        boxes.append(NetworkBox(node, len(run)))
    return boxes


def legend_entries(boxes: Sequence[NetworkBox]) -> list[tuple[str, str]]:
    """(kind, word) of all kinds drawn that need a word."""
    found = {box.node.kind for box in boxes}
    return [(kind, word) for kind, word in _WORDS.items() if kind in found]


def _alike(one: Part, other: Part) -> bool:
    kinds = (one.kind, other.kind)
    return kinds == ("normal", "normal") and (one.detail, one.shape) == (other.detail, other.shape)
