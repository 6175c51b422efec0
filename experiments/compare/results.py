"""What the runs of a comparison that have ended show, whatever they run on."""

from nasnet.experiments.compare import report, searches, tables
from nasnet.experiments.compare.settings import Comparison

FEW_RUNS = 4  # of 3 and 3, the smallest p that the test can give is 0.1


def found(run: Comparison) -> report.Report:
    """The report on what has ended."""
    settings = run.settings
    if settings.evaluator != "table":
        return searches.search_report(run)
    _, table = tables.load_table(settings)
    return report.table_report(run, float(table.report.max()))
