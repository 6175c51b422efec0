"""A TensorFlow graph written node by node, and its gradients: what `tf.gradients` would trace.

Tracing a child's training step through TensorFlow's Python takes longer than many of its steps. A
`Graph` writes the same nodes as protocol buffers, each in some microseconds, and a backward pass
from what every operation recorded; TensorFlow imports the whole in one call.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

Shape = tuple[int | None, ...]
Back = Callable[["Symbol"], Iterable[tuple["Symbol", "Symbol"]]]
_FLOAT, _INT = tf.float32.as_datatype_enum, tf.int32.as_datatype_enum
# Attributes that name a type: of values in float32, and of places and lengths.
_TYPES = {"T": _FLOAT, "U": _FLOAT, "Index": _INT, "Tlen": _INT}


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Symbol:
    """An output of a node.

    Attributes:
        name: as inputs of nodes name it.
        shape: None where the number of images is open.
        trained: whether it depends on what gradients are taken by.
    """

    name: str
    shape: Shape
    trained: bool = False

    @property
    def tensor(self) -> str:
        """Its name as a tensor of an imported graph."""
        return self.name if ":" in self.name else f"{self.name}:0"


class Graph:
    """Nodes, and what is needed to go backward through them.

    Attributes:
        definition: the nodes so far.
    """

    def __init__(self) -> None:
        self.definition = tf.compat.v1.GraphDef()
        self.definition.versions.producer = tf.version.GRAPH_DEF_VERSION
        self._constants: dict[Any, Symbol] = {}
        self._tape: list[tuple[Symbol, Back]] = []

    def input(
        self, name: str, shape: Shape, *, trained: bool = False, dtype: Any = tf.float32
    ) -> Symbol:
        """A value that is given when the graph is imported."""
        node = self.definition.node.add(op="Placeholder", name=name)
        node.attr["dtype"].type = dtype.as_datatype_enum
        node.attr["shape"].shape.CopyFrom(tf.TensorShape(shape).as_proto())
        return Symbol(name, shape, trained)

    def constant(self, value: Any, dtype: Any = np.int32) -> Symbol:
        """A constant; equal ones are one node."""
        array = np.asarray(value, dtype)
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self._constants:
            node = self.definition.node.add(op="Const", name=f"c{len(self._constants)}")
            node.attr["dtype"].type = _INT if dtype is np.int32 else _FLOAT
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(array))
            self._constants[key] = Symbol(node.name, array.shape)
        return self._constants[key]

    def emit(
        self,
        op: str,
        inputs: Sequence[Symbol],
        *shapes: Shape,
        back: Back | None = None,
        types: Sequence[str] = ("T",),
        **attributes: Any,
    ) -> list[Symbol]:
        """A node.

        Args:
            op: the operation, of TensorFlow's raw ones.
            inputs: of the node.
            shapes: of its outputs.
            back: from the gradient by the first output to those by inputs that are trained.
            types: attributes of `op` that name a type and have no default, or another.
            attributes: the others that differ from their defaults.
        """
        name = f"n{len(self.definition.node)}"
        node = self.definition.node.add(op=op, name=name, input=[x.name for x in inputs])
        for key in types:
            node.attr[key].type = _TYPES[key]
        for key, value in attributes.items():
            _set(node.attr[key], value)
        trained = back is not None and any(x.trained for x in inputs)
        names = [name, *(f"{name}:{i}" for i in range(1, len(shapes)))]
        outputs = [Symbol(n, shape, trained) for n, shape in zip(names, shapes, strict=True)]
        if trained and back is not None:
            self._tape.append((outputs[0], back))
        return outputs

    def gradients(self, seeds: Mapping[Symbol, Symbol]) -> dict[Symbol, Symbol]:
        """Emits the backward pass.

        Args:
            seeds: by what it begins, the gradient by that.

        Returns:
            The gradient by every symbol on the way that is trained.
        """
        terms: dict[Symbol, list[Symbol]] = {symbol: [seed] for symbol, seed in seeds.items()}
        found: dict[Symbol, Symbol] = {}
        tape, self._tape = self._tape, []
        for symbol, back in reversed(tape):
            if symbol in terms:
                found[symbol] = self._total(symbol, terms.pop(symbol), found)
                for x, dx in back(found[symbol]):
                    terms.setdefault(x, []).append(dx)
        return found | {symbol: self.add(each) for symbol, each in terms.items()}

    def _total(self, symbol: Symbol, terms: list[Symbol], found: Mapping[Symbol, Symbol]) -> Symbol:
        """The gradient by `symbol` of its terms; `found` are those behind it."""
        return self.add(terms)

    def add(self, xs: Sequence[Symbol]) -> Symbol:
        """The sum of values of one shape."""
        if len(xs) == 1:
            return xs[0]
        [total] = self.emit(
            "AddN", xs, xs[0].shape, back=lambda dy: [(x, dy) for x in xs if x.trained], N=len(xs)
        )
        return total


def _set(attribute: Any, value: Any) -> None:
    if isinstance(value, bool):
        attribute.b = value
    elif isinstance(value, int):
        attribute.i = value
    elif isinstance(value, float):
        attribute.f = value
    elif isinstance(value, str):
        attribute.s = value.encode()
    else:
        attribute.list.i.extend(value)
