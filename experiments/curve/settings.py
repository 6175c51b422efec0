"""What a curve of accuracy against cost is."""

import dataclasses

from nasnet.experiments.runs.run import Run, RunKind
from nasnet.runtime.checks import check_fields
from nasnet.transfer.quantities import parse_count


@dataclasses.dataclass(frozen=True)
class CurveSettings:
    """Settings of a curve.

    Args:
        data: photos, as for nasnet transfer train.
        mult_adds: the ladder: the most multiply-adds of one image, rung by rung; each cell has the
            widest network within.
        repeats: N of all networks.
        step: F is a multiple of it; 1 comes nearest to equal cost.
        size: height and width of the photos in pixels.
        seeds: trainings of each network, with seeds from 0.
        train: more flags of nasnet transfer train, the recipe's among them, as in --train="--preset
            small --epochs 5".
    """

    data: str = ""
    mult_adds: tuple[str, ...] = ("5M", "10M", "20M", "40M")
    repeats: int = 1
    step: int = 1
    size: int = 96
    seeds: int = 3
    train: str = "--preset small"

    def __post_init__(self) -> None:
        check_fields(self, repeats=1, step=1, size=8, seeds=1)
        if not self.mult_adds:
            raise ValueError("mult_adds is empty, expected at least one, such as 10M")
        for text in self.mult_adds:
            parse_count(text, "mult-adds")


# More seeds and more rungs add to what is trained; where the photos are is every machine's own.
CURVE = RunKind(
    "nasnet-curve", "curve", "curve", CurveSettings, may_change=("data", "seeds", "mult_adds")
)
CurveRun = Run[CurveSettings]
