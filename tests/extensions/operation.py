"""An operation of one's own: a separable convolution whose result is added to its input."""

import dataclasses
from typing import ClassVar

from nasnet.cells.backend import Backend, X
from nasnet.cells.conventions import NASNET, Conventions
from nasnet.cells.operations import Identity, Separable


@dataclasses.dataclass(frozen=True)
class Residual:
    """`sep_conv` of this kernel, and a way around it."""

    kernel: int
    kind: ClassVar[str] = "residual"
    drops: ClassVar[bool] = True

    def __call__(
        self, backend: Backend[X], x: X, filters: int, stride: int, rules: Conventions = NASNET
    ) -> X:
        with backend.scope("around"):
            around = Identity()(backend, x, filters, stride, rules)
        through = Separable(self.kernel, repeats=1)(backend, x, filters, stride, rules)
        return backend.add([around, through])


OPERATIONS = {"res_sep_3x3": Residual(3), "res_sep_5x5": Residual(5)}
