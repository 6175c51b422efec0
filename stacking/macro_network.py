"""Macro networks of ENAS as data: those that are trained alone, and those that share weights."""

import dataclasses
import functools

from nasnet.cells import Backend, Part, network_cost
from nasnet.cells.backend import X
from nasnet.cells.layers.macro import MACRO_OPERATIONS, Macro
from nasnet.cells.operations import factorized_reduction, project
from nasnet.runtime.shown import Drawn
from nasnet.stacking.network import check_images

_KERNELS = {name: int(name[-1]) for name in MACRO_OPERATIONS}
_KINDS = {"convolution": "conv", "separable": "separable", "pooling": "max_pool"}


@dataclasses.dataclass(frozen=True, slots=True)
class MacroNetwork(Drawn):
    """A stem, the layers of a macro network, and a classifier.

    A layer is ReLU, 1x1 convolution and its operation; what it reads beside is concatenated behind
    it, and a 1x1 convolution brings that to the layer's width. Where the image is halved, each
    output that a later layer reads is so by a factorized reduction of its own.

    Args:
        architecture: operations and skip connections.
        input_shape: height, width and channels of the images.
        classes: units of the classifier; None for no classifier.

    Raises:
        ValueError: the shape is none, or there are less than 1 classes.
    """

    architecture: Macro
    input_shape: tuple[int, int, int]
    classes: int | None

    def __post_init__(self) -> None:
        check_images(self.input_shape, self.classes)

    def build(self, backend: Backend[X], image: X, /, *, aux_head: bool = False) -> dict[str, X]:
        """`Stem`, `Layer_0`, ..., `Reduction_0`, ..., `global_pool`, `Logits`.

        Raises:
            ValueError: an auxiliary classifier is asked for.
        """
        if aux_head:
            raise ValueError("aux_weight is above 0, expected 0 for a macro network")
        found, filters = self.architecture, self.architecture.filters
        with backend.scope("stem"):
            outputs = {0: backend.batch_norm(backend.conv(image, filters, (3, 3)))}
        ends = {"Stem": outputs[0]}
        for i, name in enumerate(found.operations):
            with backend.scope(f"layer_{i}"):
                x = project(backend, backend.relu(outputs[i]), filters)
                x = MACRO_OPERATIONS[name](backend, x, filters, 1)
                if i:
                    read = [*(outputs[j] for j in found.skips[i]), x]
                    x = backend.concat(read) if len(read) > 1 else x
                    x = project(backend, backend.relu(x), filters)
            ends[f"Layer_{i}"] = outputs[i + 1] = x
            if i in found.halved:
                filters *= 2
                with backend.scope(f"reduction_{found.halved.index(i)}"):
                    outputs = self._halved(backend, outputs, i + 1, filters)
                ends[f"Reduction_{found.halved.index(i)}"] = outputs[i + 1]
        ends["global_pool"] = backend.global_pool(outputs[len(found.operations)])
        if self.classes is not None:
            with backend.scope("logits"):
                x = backend.dropout(ends["global_pool"])
                ends["Logits"] = backend.dense(x, self.classes, bias=False)
        return ends

    def _halved(
        self, backend: Backend[X], outputs: dict[int, X], newest: int, filters: int
    ) -> dict[int, X]:
        """The outputs that later layers read, at half the size."""
        later = {j for read in self.architecture.skips[newest:] for j in read} | {newest}
        halved = {}
        for number in sorted(later & {*outputs}):
            with backend.scope(f"output_{number}"):
                halved[number] = factorized_reduction(backend, outputs[number], filters)
        return halved

    def parts(self, *, aux_head: bool = False) -> list[Part]:
        """The image, the stem, a box for each layer, and the classifier."""
        _, ends = network_cost(self, aux_head=aux_head)
        found, names = self.architecture, ["Stem"]
        parts = [
            Part("Image", "image", "", self.input_shape),
            Part("Stem", "stem", "conv 3×3", tuple(ends["Stem"]), ("Image",)),
        ]
        for i, operation in enumerate(found.operations):
            kind = _KINDS[MACRO_OPERATIONS[operation].kind]
            inputs = (names[i], *(names[j] for j in reversed(found.skips[i])))
            shape = tuple(ends[f"Layer_{i}"])
            parts.append(Part(f"Layer_{i}", kind, operation.replace("_", " "), shape, inputs))
            names.append(f"Layer_{i}")
        pooled = (ends["global_pool"].channels,)
        parts.append(Part("Global pool", "head", "", pooled, (names[-1],)))
        if self.classes is not None:
            parts.append(Part("Softmax", "head", "", (self.classes,), ("Global pool",)))
        return parts


class MacroSearchNetwork(MacroNetwork):
    """The same architecture in the search, where all of them share weights.

    As in the released code (src/cifar10/general_child.py): a layer is a 1x1 convolution and its
    operation, each behind batch normalization; what it reads beside is added to it, and normalized.
    All widths are equal, and where the image is halved every output is so, whoever reads it.
    """

    __slots__ = ()

    def build(self, backend: Backend[X], image: X, /, *, aux_head: bool = False) -> dict[str, X]:
        """`Stem`, `Layer_0`, ..., `Reduction_0`, ..., `global_pool`, `Logits`.

        Raises:
            ValueError: an auxiliary classifier is asked for.
        """
        if aux_head:
            raise ValueError("aux_weight is above 0, expected 0 for a macro network")
        found, filters = self.architecture, self.architecture.filters
        with backend.scope("stem"):
            outputs = [backend.batch_norm(backend.conv(image, filters, (3, 3)))]
        ends = {"Stem": outputs[0]}
        for i, name in enumerate(found.operations):
            with backend.scope(f"layer_{i}"):
                make = functools.partial(_branch, backend, filters)
                x = backend.choice(f"layer_{i}/operation", name, outputs[i], make)
                skips = [self._skip(backend, i, j, outputs[j]) for j in range(i)]
                x = backend.batch_norm(backend.add([x, *skips])) if i else x
            outputs.append(x)
            ends[f"Layer_{i}"] = x
            if i in found.halved:
                number = found.halved.index(i)
                for j, output in enumerate(outputs):
                    with backend.scope(f"reduction_{number}_output_{j}"):
                        outputs[j] = factorized_reduction(backend, output, filters)
                ends[f"Reduction_{number}"] = outputs[-1]
        ends["global_pool"] = backend.global_pool(outputs[-1])
        if self.classes is not None:
            with backend.scope("logits"):
                x = backend.dropout(ends["global_pool"])
                ends["Logits"] = backend.dense(x, self.classes, bias=False)
        return ends

    def _skip(self, backend: Backend[X], layer: int, number: int, x: X) -> X:
        """What a layer adds of an earlier output: it, or 0."""
        option = "yes" if number in self.architecture.skips[layer] else "no"
        return backend.choice(
            f"layer_{layer}/reads_{number}",
            option,
            x,
            lambda read, x: x if read == "yes" else backend.zeros(x),
        )


def _branch(backend: Backend[X], filters: int, name: str, x: X) -> X:
    x = backend.relu(backend.batch_norm(backend.conv(x, filters, (1, 1))))
    operation = MACRO_OPERATIONS[name]
    if operation.kind == "pooling":
        return operation(backend, x, filters, 1)
    kernel = _KERNELS[name]
    if operation.kind == "separable":
        x = backend.separable_conv(x, filters, kernel)
    else:
        x = backend.conv(x, filters, (kernel, kernel))
    return backend.relu(backend.batch_norm(x))
