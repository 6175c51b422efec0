"""What docs/ shows is what tests run."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXTENSIONS = sorted((ROOT / "tests" / "extensions").glob("*.py"))


@pytest.mark.parametrize("path", EXTENSIONS, ids=lambda path: path.stem)
def test_each_extension_is_shown_in_full(path):
    assert f"```python\n{path.read_text()}```" in (ROOT / "docs" / "extending.md").read_text()


def test_the_readme_names_every_page():
    readme = (ROOT / "README.md").read_text()
    pages = sorted((ROOT / "docs").glob("*.md"))
    assert pages
    for page in pages:
        assert f"(docs/{page.name})" in readme
