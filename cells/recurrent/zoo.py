"""Published recurrent cells."""

import dataclasses
import re
from collections.abc import Mapping
from types import MappingProxyType

from nasnet.cells.recurrent.architecture import Recurrent
from nasnet.cells.recurrent.reading import RecurrentCell
from nasnet.cells.recurrent.tree import Tree


@dataclasses.dataclass(frozen=True, slots=True)
class RecurrentEntry:
    """A published cell.

    Attributes:
        architecture: the cell.
        year: in which it was published.
        source: where it is published.
        note: what is known of it.
    """

    architecture: RecurrentCell
    year: int
    source: str
    note: str


def _cell(text: str) -> Recurrent:
    """A cell of words such as `relu1`: an activation and the node that it reads, behind a tanh."""
    pairs = [re.fullmatch(r"([a-z]+)(\d+)", word) for word in text.split()]
    names, nodes = zip(*(pair.groups() for pair in pairs if pair), strict=True)
    return Recurrent(("tanh", *names), tuple(map(int, nodes)))


_NAS = Tree(
    tuple("add" if sign == "+" else "multiply" for sign in "+++x++++x+x+x+x"),
    (
        *("sigmoid", "relu", "sigmoid", "relu", "tanh", "sigmoid", "tanh", "sigmoid"),
        *("tanh", "tanh", "tanh", "sigmoid"),
        *("identity", "tanh", "tanh"),
    ),
    inject=("add", "tanh"),
    gives=12,
    takes=8,
)
RECURRENT_ZOO: Mapping[str, RecurrentEntry] = MappingProxyType(
    {
        "nas-recurrent": RecurrentEntry(
            _NAS,
            2016,
            "Zoph and Le, https://arxiv.org/abs/1611.01578, figure 8; TensorFlow 1's NASCell",
            "test perplexity 62.4 on Penn Treebank in the paper (54M parameters)",
        ),
        "enas-recurrent": RecurrentEntry(
            _cell("tanh0 tanh1 relu1 tanh3 tanh3 relu3 relu4 relu7 relu8 relu8 relu8"),
            2018,
            "Pham et al., https://arxiv.org/abs/1802.03268; as DARTS' code lists it",
            "test perplexity 56.3 on Penn Treebank in the paper (24M parameters)",
        ),
        "darts-recurrent": RecurrentEntry(
            _cell("sigmoid0 relu1 relu1 identity1 tanh2 sigmoid5 tanh3 relu5"),
            2018,
            "Liu et al., https://arxiv.org/abs/1806.09055; DARTS_V2 of the released code",
            "its output is the mean of all nodes but the first; 55.7 on Penn Treebank (23M)",
        ),
    }
)
