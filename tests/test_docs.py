"""What docs/ shows is what tests run."""

import ast
import json
import re
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
EXTENSIONS = sorted((ROOT / "tests" / "extensions").glob("*.py"))


@pytest.mark.parametrize("path", EXTENSIONS, ids=lambda path: path.stem)
def test_each_extension_is_shown_in_full(path):
    assert f"```python\n{path.read_text()}```" in (ROOT / "docs" / "extending.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_notebook_is_executed_and_its_cells_run(path, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "mkdtemp", lambda: str(tmp_path))
    cells = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    names = {}
    for cell in cells:
        assert not any(output["output_type"] == "error" for output in cell["outputs"])
        found = [o["data"] for o in cell["outputs"] if o["output_type"] == "execute_result"]
        lines = [line for line in cell["source"] if not line.startswith("%")]
        *body, last = ast.parse("".join(lines)).body
        text = f"{ast.unparse(body)}\n{'value = ' if found else ''}{ast.unparse(last)}"
        exec(compile(text, path.name, "exec"), names)
        for shown in found:
            assert ("image/svg+xml" in shown) == hasattr(names["value"], "_repr_svg_")
            if len(shown) == 1:  # text alone, which says the same each time
                assert plain("".join(shown["text/plain"])) == plain(repr(names["value"]))


def plain(text):
    """Without what separates words in lines."""
    return re.sub(r"\s+", "", text)


def test_the_readme_names_every_page():
    readme = (ROOT / "README.md").read_text()
    # The site's first page and those that show what README links to.
    own = {ROOT / "docs" / f"{name}.md" for name in ("index", "results", "speed")}
    pages = sorted({*(ROOT / "docs").glob("*.md")} - own)
    assert pages
    for page in pages:
        assert f"(docs/{page.name})" in readme
