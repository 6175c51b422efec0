"""Macro networks: one operation a layer, and which earlier outputs each layer reads.

Pham et al., Efficient Neural Architecture Search via Parameter Sharing,
https://arxiv.org/abs/1802.03268, section 2.3; structure as in the released code
(src/cifar10/general_child.py of melodyguan/enas), its fixed networks. There a separable operation
becomes a plain convolution in them, and a pool none; here both are what they are called.
"""

import dataclasses
import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from nasnet.cells.operations import Convolution, Operation, Pool, Separable
from nasnet.runtime.checks import check_known
from nasnet.runtime.documents import document, read_document

FORMAT = "nasnet-macro"
VERSION = 1
_KEYS = ("operations", "skips", "filters")
# In the order of the released code, whose arcs number them.
MACRO_OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "conv_3x3": Convolution(((3, 3),)),
        "sep_conv_3x3": Separable(3, repeats=1),
        "conv_5x5": Convolution(((5, 5),)),
        "sep_conv_5x5": Separable(5, repeats=1),
        "avg_pool_3x3": Pool("avg", 3),
        "max_pool_3x3": Pool("max", 3),
    }
)


@dataclasses.dataclass(frozen=True, slots=True)
class Macro:
    """The operations of a macro network, and its skip connections.

    Outputs are numbered: 0 is the stem's, 1 + i that of layer i. Layer i reads output i, that of
    the layer before, always.

    Args:
        operations: a name in `MACRO_OPERATIONS` for each layer.
        skips: for each layer the outputs that it reads beside, rising, all below its number.
        filters: channels of the stem; they double where the image is halved, behind a third of the
            layers and behind two.

    Raises:
        ValueError: an operation is unknown, a skip is none, or `filters` is below 2.
    """

    operations: tuple[str, ...]
    skips: tuple[tuple[int, ...], ...]
    filters: int = 36

    def __post_init__(self) -> None:
        if type(self.filters) is not int or self.filters < 2:
            raise ValueError(f"filters is {self.filters!r}, expected a whole number from 2")
        if not self.operations or len(self.skips) != len(self.operations):
            count = len(self.operations)
            raise ValueError(f"{len(self.skips)} skips of {count} layers, expected one a layer")
        for i, (name, read) in enumerate(zip(self.operations, self.skips, strict=True)):
            check_known(f"operation of layer {i}", name, MACRO_OPERATIONS)
            if list(read) != sorted({*read} & {*range(i)}):
                raise ValueError(f"skips of layer {i} are {list(read)}, expected rising, below {i}")

    @classmethod
    def from_arc(cls, text: str, filters: int) -> "Macro":
        """The network of an arc of the released code: for each layer an operation and its bits.

        Raises:
            ValueError: the text is none.
        """
        numbers, names = [int(word) for word in text.split()], tuple(MACRO_OPERATIONS)
        operations, skips, start = list[str](), list[tuple[int, ...]](), 0
        while start < len(numbers):
            i = len(operations)
            operation, bits = numbers[start], numbers[start + 1 : start + 1 + i]
            if not 0 <= operation < len(names) or len(bits) != i or not {*bits} <= {0, 1}:
                raise ValueError(f"arc of layer {i} is {[operation, *bits]}, expected {i} bits")
            operations.append(names[operation])
            skips.append(tuple(j for j, bit in enumerate(bits) if bit))
            start += 1 + i
        return cls(tuple(operations), tuple(skips), filters)

    @property
    def halved(self) -> tuple[int, ...]:
        """The layers behind which the image is halved."""
        third = len(self.operations) // 3
        return (third - 1, 2 * third - 1) if third else ()

    @property
    def key(self) -> str:
        """A short name: 16 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    @property
    def sketch(self) -> str:
        """One line for a person."""
        words = [
            f"{name} + {', '.join(map(str, read))}" if read else name
            for name, read in zip(self.operations, self.skips, strict=True)
        ]
        return " → ".join(["image", *words, "classes"])

    def to_json(self, *, indent: int | None = None) -> str:
        """The network as text, with a format version; one line without `indent`."""
        return document(FORMAT, VERSION, dataclasses.asdict(self), indent)

    @classmethod
    def from_json(cls, text: str) -> "Macro":
        """The network of `to_json`.

        Raises:
            ValueError: the text is none.
        """
        data = read_document(text, "macro network is", FORMAT, VERSION, _KEYS)
        operations, skips = data["operations"], data["skips"]
        if not (isinstance(operations, list) and isinstance(skips, list)):
            raise ValueError(f"operations are {operations!r:.60}, expected lists beside skips")
        if not all(isinstance(read, list) for read in skips):
            raise ValueError(f"skips are {skips!r:.60}, expected lists of numbers")
        return cls(tuple(map(str, operations)), tuple(map(tuple, skips)), data["filters"])
