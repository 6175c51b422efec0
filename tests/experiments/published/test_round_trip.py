"""The table of docs/export.md is the one that the script prints."""

from pathlib import Path

from nasnet.experiments.published.round_trip import CASES, HEAD, RoundTripCommand, row_name

PAGE = Path(__file__).parents[3] / "docs" / "export.md"


def test_the_page_has_every_row():
    lines = PAGE.read_text().splitlines()
    first = lines.index("| " + " | ".join(HEAD) + " |")
    rows = [line.strip("| ").split(" | ") for line in lines[first + 2 :]]
    rows = rows[: len(CASES)]
    expected = [(row_name(shape), precision) for shape, precision in CASES]
    assert [tuple(row[:2]) for row in rows] == expected
    assert {len(row) for row in rows} == {len(HEAD)}


def test_a_row_is_measured(capsys):
    assert RoundTripCommand(rows=1, formats=1, images=20).run() == 0
    head, rule, row = capsys.readouterr().out.splitlines()
    assert (head, rule) == ("| network | precision | keras |", "|---|---|---|")
    assert row == "| 32 x 32, RGB | float32 | 0e+00, 100.0% |"
