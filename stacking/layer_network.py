"""Networks of layers as data: a chain, or a graph with skip connections, and a classifier."""

import dataclasses
from collections.abc import Sequence

from nasnet.cells import Backend, Part, network_cost
from nasnet.cells.backend import X
from nasnet.cells.layers.architecture import Layers
from nasnet.cells.layers.kinds import Dense
from nasnet.runtime.shown import Drawn
from nasnet.stacking.network import check_images

_HEADS = {"mean": "Global pool", "flatten": "Flatten", "class-maps": "Class maps"}


@dataclasses.dataclass(frozen=True, slots=True)
class LayerNetwork(Drawn):
    """Layers behind the images, and a classifier behind the layers.

    Args:
        architecture: the layers.
        input_shape: height, width and channels of the images.
        classes: units of the classifier; None for no classifier.

    Raises:
        ValueError: the shape is none, or there are less than 1 classes.
    """

    architecture: Layers
    input_shape: tuple[int, int, int]
    classes: int | None

    def __post_init__(self) -> None:
        check_images(self.input_shape, self.classes)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the layers' end points: `Conv_0`, `Pool_1`, `Conv_2`, ..."""
        return tuple(f"{layer.name}_{i}" for i, layer in enumerate(self.architecture.layers))

    def build(self, backend: Backend[X], image: X, /, *, aux_head: bool = False) -> dict[str, X]:
        """Every layer's output by its name; `global_pool`, what the classifier reads; `Logits`.

        Raises:
            ValueError: an auxiliary classifier is asked for, or a window does not fit.
        """
        if aux_head:
            raise ValueError("aux_weight is above 0, expected 0 for a network of layers")
        found, flat, outputs = self.architecture, self.architecture.flat, list[X]()
        for i, (layer, read) in enumerate(zip(found.layers, found.inputs, strict=True)):
            with backend.scope(self.names[i].lower()):
                x = _joined(backend, [outputs[j] for j in read] or [image])
                if isinstance(layer, Dense) and not any(flat[j] for j in read):
                    x = _flattened(backend, x)
                outputs.append(layer(backend, x))
        ends = dict(zip(self.names, outputs, strict=True))
        with backend.scope("logits"):
            x = _joined(backend, [outputs[i] for i in found.loose_ends] or [image])
            if not any(flat[i] for i in found.loose_ends):
                x = self._features(backend, x)
            ends["global_pool"] = x
            if self.classes is not None:
                ends["Logits"] = backend.dense(backend.dropout(x), self.classes)
        return ends

    def _features(self, backend: Backend[X], x: X) -> X:
        """What the classifier reads, [N, P], of an image."""
        if self.architecture.head == "flatten":
            return _flattened(backend, x)
        if self.architecture.head == "class-maps" and self.classes is not None:
            x = backend.relu(backend.conv(x, self.classes, (1, 1), bias=True))
        return backend.global_pool(x)

    def parts(self, *, aux_head: bool = False) -> list[Part]:
        """The image, a box for each layer, and the classifier."""
        _, ends = network_cost(self, aux_head=aux_head)
        found, flat = self.architecture, self.architecture.flat
        parts = [Part("Image", "image", "", self.input_shape)]
        for i, (layer, read) in enumerate(zip(found.layers, found.inputs, strict=True)):
            shape = tuple(ends[self.names[i]])
            shape = shape[2:] if flat[i] else shape
            parts.append(Part(self.names[i], layer.kind, layer.detail, shape, self._named(read)))
        inputs = self._named(found.loose_ends)
        if not any(flat[i] for i in found.loose_ends):
            pooled = (ends["global_pool"].channels,)
            parts.append(Part(_HEADS[found.head], "head", "", pooled, inputs))
            inputs = (parts[-1].name,)
        if self.classes is not None:
            parts.append(Part("Softmax", "head", "", (self.classes,), inputs))
        return parts

    def _named(self, numbers: Sequence[int]) -> tuple[str, ...]:
        """What is read, the newest first."""
        return tuple(self.names[i] for i in reversed(numbers)) or ("Image",)


def _joined(backend: Backend[X], xs: Sequence[X]) -> X:
    """Tensors side by side in depth, the smaller ones with zeros at the bottom and the right."""
    if len(xs) == 1:
        return xs[0]
    sizes = [backend.size(x) for x in xs]
    most = max(height for height, _ in sizes), max(width for _, width in sizes)
    pairs = zip(xs, sizes, strict=True)
    return backend.concat([x if size == most else backend.pad(x, most) for x, size in pairs])


def _flattened(backend: Backend[X], x: X) -> X:
    height, width = backend.size(x)
    return backend.reshape(x, (height * width * backend.channels(x),))
