"""Which report a run has, by the kind that its config names."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nasnet.experiments.bench.settings import BENCH_TABLE
from nasnet.experiments.compare.settings import COMPARISON
from nasnet.experiments.curve.settings import CURVE
from nasnet.experiments.proxies.settings import PROXIES
from nasnet.experiments.recurrent.settings import RECURRENT
from nasnet.experiments.reporting.base import Report
from nasnet.experiments.reporting.comparison import ComparisonReport
from nasnet.experiments.reporting.others import OtherReport
from nasnet.experiments.reporting.search import SearchReport
from nasnet.experiments.reporting.training import TrainingReport, TransferReport
from nasnet.experiments.reporting.tuning import TuningReport
from nasnet.experiments.rewards.settings import REWARD
from nasnet.experiments.runs.run import RunKind
from nasnet.experiments.searching.stored import open_search
from nasnet.experiments.training.settings import TRAINING
from nasnet.experiments.transfer.settings import TRANSFER
from nasnet.experiments.tuning.settings import TUNING
from nasnet.search.stores.address import is_url

REPORTS: Mapping[RunKind[Any], type[Report]] = MappingProxyType(
    {
        TUNING: TuningReport,
        COMPARISON: ComparisonReport,
        TRAINING: TrainingReport,
        TRANSFER: TransferReport,
        CURVE: OtherReport,
        REWARD: OtherReport,
        PROXIES: OtherReport,
        RECURRENT: OtherReport,
        BENCH_TABLE: OtherReport,
    }
)


def open_report(text: str, top: int) -> Report:
    """The report of a run.

    Args:
        text: its directory, or the address of a search in a database.
        top: how many of the best are shown.

    Raises:
        NotFoundError: there is none.
        ValueError: its files cannot be read.
    """
    if not is_url(text):
        for kind, report in REPORTS.items():
            if kind.is_at(Path(text)):
                return report(kind.open(Path(text)), top)
    return SearchReport(open_search(text), top)
