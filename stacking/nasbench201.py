"""The networks of NAS-Bench-201: what its 15,625 cells were trained as.

Dong & Yang, https://arxiv.org/abs/2001.00326, section 2.2; D-X-Y/AutoDL-Projects,
models/cell_infers. PyTorch pads strided convolutions on the other side.
"""

import dataclasses
import functools
from collections.abc import Iterator

from nasnet.cells import Backend, Part, network_cost
from nasnet.cells.backend import X
from nasnet.cells.spaces.nasbench201 import EDGES, NASBench201Cell
from nasnet.runtime.shown import Drawn
from nasnet.stacking.network import check_images
from nasnet.stacking.plan import NUM_STAGES

_KERNELS = {"nor_conv_1x1": 1, "nor_conv_3x3": 3}


@dataclasses.dataclass(frozen=True, slots=True)
class NASBench201Network(Drawn):
    """Three stages of one cell with a residual block of stride 2 and twice the width between two.

    Args:
        cell: the cell.
        repeats: cells in a stage, 5 in the paper.
        filters: channels of the first stage, 16 in the paper.
        input_shape: height, width and channels of the images.
        classes: units of the classifier; None for no classifier.

    Raises:
        ValueError: a number is too small.
    """

    cell: NASBench201Cell
    repeats: int
    filters: int
    input_shape: tuple[int, int, int]
    classes: int | None

    def __post_init__(self) -> None:
        check_images(self.input_shape, self.classes)
        for name in ("repeats", "filters"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, expected at least 1")

    def build(self, backend: Backend[X], image: X, /, *, aux_head: bool = False) -> dict[str, X]:
        """Every end point: `Stem`, `Cell_0`, ..., `Reduction_0`, ..., `global_pool`, `Logits`.

        Raises:
            ValueError: an auxiliary classifier is asked for.
        """
        if aux_head:
            raise ValueError("aux_head is True, expected False: there is no auxiliary classifier")
        with backend.scope("stem"):
            x = backend.batch_norm(backend.conv(image, self.filters, (3, 3)))
        ends = {"Stem": x}
        for name, width in self._blocks():
            with backend.scope(name.lower()):
                if name.startswith("Cell"):
                    x = _build_cell(backend, self.cell, x, width)
                else:
                    x = _build_reduction(backend, x, width)
            ends[name] = x
        with backend.scope("head"):
            x = backend.relu(backend.batch_norm(x))
        ends["global_pool"] = x = backend.global_pool(x)
        if self.classes is not None:
            with backend.scope("logits"):
                ends["Logits"] = backend.dense(backend.dropout(x), self.classes)
        return ends

    def parts(self, *, aux_head: bool = False) -> list[Part]:
        """The stem, the cells and residual blocks, and the classifier."""
        _, ends = network_cost(self, aux_head=aux_head)
        parts = [Part("Image", "image", "", self.input_shape)]
        blocks = [("Stem", self.filters), *self._blocks()]
        for name, width in blocks:
            kind = {"S": "stem", "C": "normal", "R": "reduction"}[name[0]]
            shape, inputs = tuple(ends[name]), (parts[-1].name,)
            parts.append(Part(name, kind, f"C = {width}", shape, inputs))
        pooled = (ends["global_pool"].channels,)
        parts.append(Part("Global pool", "head", "", pooled, (parts[-1].name,)))
        if self.classes is not None:
            parts.append(Part("Softmax", "head", "", (self.classes,), ("Global pool",)))
        return parts

    def _blocks(self) -> Iterator[tuple[str, int]]:
        """Names and widths from the stem to the head."""
        for stage in range(NUM_STAGES):
            width = self.filters * 2**stage
            if stage:
                yield f"Reduction_{stage - 1}", width
            for i in range(stage * self.repeats, (stage + 1) * self.repeats):
                yield f"Cell_{i}", width


@dataclasses.dataclass(frozen=True, slots=True)
class NASBench201Frame:
    """Makes networks of cells by the same numbers; the arguments are the network's."""

    repeats: int
    filters: int
    input_shape: tuple[int, int, int]
    classes: int | None

    def network(self, cell: NASBench201Cell, /) -> NASBench201Network:
        """The network of a cell."""
        return NASBench201Network(cell, self.repeats, self.filters, self.input_shape, self.classes)


def _build_cell(backend: Backend[X], cell: NASBench201Cell, x: X, width: int) -> X:
    nodes = [x]
    for head in range(1, 1 + max(head for _, head in EDGES)):
        terms = []
        for (tail, other), name in zip(EDGES, cell.operations, strict=True):
            if other == head:
                make = functools.partial(_operation, backend, width)
                with backend.scope(f"edge_{tail}_{head}"):
                    terms.append(backend.choice(f"edge_{tail}_{head}", name, nodes[tail], make))
        with backend.scope(f"node_{head}"):
            nodes.append(backend.add(terms) if len(terms) > 1 else terms[0])
    return nodes[-1]


def _operation(backend: Backend[X], width: int, name: str, x: X) -> X:
    if name == "none":
        return backend.zeros(x)
    if name == "avg_pool_3x3":
        return backend.pool(x, "avg", 3)
    return x if name == "skip_connect" else _convolution(backend, x, width, _KERNELS[name])


def _convolution(backend: Backend[X], x: X, width: int, size: int, stride: int = 1) -> X:
    x = backend.conv(backend.relu(x), width, (size, size), stride=(stride, stride))
    return backend.batch_norm(x)


def _build_reduction(backend: Backend[X], x: X, width: int) -> X:
    """A residual block of stride 2 (He et al., https://arxiv.org/abs/1512.03385)."""
    y = _convolution(backend, _convolution(backend, x, width, 3, stride=2), width, 3)
    shortcut = backend.conv(backend.pool(x, "avg", 2, stride=2), width, (1, 1))
    return backend.add([shortcut, y])
