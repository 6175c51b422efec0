"""Weight sharing as data: where every child of a search space finds its weights. No TensorFlow.

The weights of all candidates exist once, in one flat vector; a child is a choice of positions in
it (ENAS: Pham et al., https://arxiv.org/abs/1802.03268). Layers share weights by their names, which
have the operation in them. What this comes to in networks of NASNet's cells:

- An operation's weights belong to its place: which cell of the network, which block, first or
  second operand, which operation. They do not depend on the state that the operation reads. A
  state of F channels takes the first F rows of a kernel, one of 2 F (two results side by side) all.
- A kernel that reads the output of a cell, be it in a later cell's input or in the classifier, has
  F rows for each block of that cell, and takes those of the blocks that are emitted.
- Where the output brings a state of 2 F channels to F, the weights belong to the state.
- The stem and the inputs' batch normalization are everybody's.
- Where an operation has fewer output channels at stride 2 (the halves of a factorized reduction),
  they are the kernel's first ones.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from nasnet.cells import (
    NUM_INPUTS,
    Block,
    Cell,
    CellSpace,
    Cost,
    Frame,
    Genotype,
    Parameter,
    SearchSpace,
    Shape,
)
from nasnet.cells.backend import Option, X
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Slot


@dataclasses.dataclass(frozen=True, slots=True)
class Share:
    """A child's array inside the shared one: its parameter, and the rows that it takes.

    Attributes:
        parameter: shape and role as in the child, under the shared name.
        rows: which rows of the shared kernel, along its axis of input channels; None for a vector.
    """

    parameter: Parameter
    rows: np.ndarray | None


class Shares(Cost):
    """Counts the network of a child by the names under which its weights are shared.

    Attributes:
        shares: one for each of `parameters`, in the same order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shares: list[Share] = []

    def choice(self, place: str, option: Option, x: X, make: Callable[[Option, X], X]) -> X:
        """Names what is made after the option, too."""
        with self.extended(str(option)):
            return make(option, x)

    def _add_layer(self, kind: str, mult_adds: int, roles: dict[str, tuple[int, ...]]) -> None:
        before = len(self.parameters)
        super()._add_layer(kind, mult_adds, roles)
        for parameter in self.parameters[before:]:
            vector = len(parameter.shape) == 1
            self.shares.append(Share(parameter, None if vector else self._rows(parameter)))

    def _rows(self, parameter: Parameter) -> np.ndarray:
        return np.arange(parameter.shape[-2])


class SharedNames(Shares):
    """The same of a network of cells, in which kernels read the outputs of other cells.

    Args:
        network: the child; its cells emit their loose ends.
    """

    def __init__(self, network: CellNetwork) -> None:
        super().__init__()
        slots = list(network.stack)
        self._slots = {slot.name.lower(): slot for slot in slots}
        self._cells = {name: slot.cell(network.genotype) for name, slot in self._slots.items()}
        self._sources: list[Slot | None] = [*[None] * network.stack.stem_outputs, *slots]

    def layer_name(self, kind: str) -> str:
        """In a cell's output, layers are named after the state that they bring to F channels."""
        name = super().layer_name(kind)
        if self._scopes[1:] != ["output"]:
            return name
        cell = self._cells[self._scopes[0]]
        wide = [s for s in cell.concat if cell.blocks[s - NUM_INPUTS].combine == "concat"]
        base = f"{self._scopes[0]}_output_{kind}"
        number = 1 if name == base else int(name.removeprefix(f"{base}_"))
        return f"{self._scopes[0]}_output_{wide[number - 1]}_{kind}"

    def _rows(self, parameter: Parameter) -> np.ndarray:
        channels = parameter.shape[-2]
        if (source := self._source()) is not None:
            states = np.array(self._cells[source.name.lower()].concat) - NUM_INPUTS
            rows = states[:, None] * source.filters + np.arange(source.filters)
            if rows.size == channels:  # else it reads what a first kernel has made of the output
                return rows.ravel()
        return super()._rows(parameter)

    def _source(self) -> Slot | None:
        """The cell whose output is read here, if it is a cell's."""
        if self._scopes[-1] == "logits":
            return self._sources[-1]
        if self._scopes[-1] not in ("input_0", "input_1"):
            return None
        slot = self._slots[self._scopes[0]]
        number = slot.previous if self._scopes[-1] == "input_0" else slot.current
        return None if number is None else self._sources[number]


class SharedLayout:
    """The shared weights of all networks of a space, and the positions of each child's own.

    Args:
        space: the architectures.
        frame: makes networks of them.

    Attributes:
        trainable: the trained parameters, in the order of the flat vector [P].
        moving: batch normalization's running statistics, in the order of theirs [M].

    Raises:
        ValueError: as `network_cost`.
    """

    def __init__(self, space: SearchSpace[Any], frame: Frame[Any]) -> None:
        self.space, self.frame = space, frame
        largest: dict[str, Parameter] = {}
        for architecture in self.probes():
            for share in self.shares(architecture):
                wanted = share.parameter
                shape = list(wanted.shape)
                if share.rows is not None:
                    shape[-2] = int(share.rows.max()) + 1
                known = largest.get(wanted.path, wanted)
                shape = [max(sizes) for sizes in zip(shape, known.shape, strict=True)]
                largest[wanted.path] = dataclasses.replace(wanted, shape=tuple(shape))
        self.trainable = [p for p in largest.values() if p.trainable]
        self.moving = [p for p in largest.values() if not p.trainable]
        self._offsets: dict[str, tuple[int, tuple[int, ...]]] = {}
        for part in (self.trainable, self.moving):
            start = 0
            for parameter in part:
                self._offsets[parameter.path] = start, parameter.shape
                start += parameter.size

    @property
    def parameters(self) -> list[Parameter]:
        """All shared parameters, for `FlatLayout`."""
        return [*self.trainable, *self.moving]

    @property
    def sizes(self) -> tuple[int, int]:
        """The lengths P and M of the two flat vectors."""
        return sum(p.size for p in self.trainable), sum(p.size for p in self.moving)

    def positions(self, architecture: Any) -> tuple[np.ndarray, np.ndarray]:
        """Where a child's weights are.

        Args:
            architecture: of the space.

        Returns:
            For each value of the child's two flat vectors (`FlatLayout` of its `network_cost`) its
            position in the shared ones, int64 [p] and [m]; no position comes twice.

        Raises:
            ValueError: the architecture is not in the space.
        """
        self.space.encode(architecture)
        parts: tuple[list[np.ndarray], list[np.ndarray]] = [], []
        for share in self.shares(architecture):
            offset, shape = self._offsets[share.parameter.path]
            where = np.arange(offset, offset + np.prod(shape)).reshape(shape)
            where = where[..., : share.parameter.shape[-1]]
            if share.rows is not None:
                where = where.take(share.rows, axis=-2)
            parts[not share.parameter.trainable].append(where.ravel())
        return np.concatenate(parts[0]), np.concatenate(parts[1])

    def shares(self, architecture: Any) -> list[Share]:
        """A child's arrays, in the order of its `network_cost`."""
        network = self.frame.network(architecture)
        names = SharedNames(network) if isinstance(network, CellNetwork) else Shares()
        network.build(names, Shape(*network.input_shape))
        return names.shares

    def probes(self) -> list[Any]:
        """Architectures that ask for everything that any one of the space may ask for.

        Where only operations are searched, each has one of them everywhere. In a `CellSpace`, with
        every operation in every place, each operand reads both inputs and the widest inner state;
        both inputs are read in cells of which every block is emitted.
        """
        space = self.space
        if not isinstance(space, CellSpace):
            count = max(space.counts)
            return [space.decode([min(i, n - 1) for n in space.counts]) for i in range(count)]
        combine = "concat" if "concat" in space.combines else "add"
        probes = []
        for name in space.operations:
            for reads in ((0, 1), (1, 0), (None, 0), (None, 1), (0, None), (1, None)):
                blocks = []
                for i in range(space.blocks):
                    a, b = (1 + i if state is None else state for state in reads)
                    blocks.append(Block(a, b, name, name, combine))
                cell = Cell(tuple(blocks))
                probes.append(Genotype(cell, cell))
        return probes
