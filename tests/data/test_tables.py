"""The tables of docs/data.md say what the readers do."""

import pytest

from tests.data.tables import PAGE, TABLES, markdown, placed


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_the_page_is_what_the_readers_do(name):
    text = PAGE.read_text(encoding="utf-8")
    assert placed(text, name, TABLES[name]()) == text, "python -m tests.data.tables writes it anew"


def test_a_table_goes_where_its_marks_are():
    table = markdown(["a", "b"], [["1|2", "x\ny"]])
    assert table == "| a | b |\n| --- | --- |\n| 1\\|2 | x y |"
    page = "before\n<!-- t -->\nold\n<!-- /t -->\nbehind\n"
    once = placed(page, "t", table)
    assert once == f"before\n<!-- t -->\n\n{table}\n\n<!-- /t -->\nbehind\n"
    assert placed(once, "t", table) == once
    with pytest.raises(ValueError, match="no place for the table 'u', expected its two marks"):
        placed(page, "u", table)
