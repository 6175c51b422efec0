"""A page as HTML: a template that escapes every text, and scripts that alone may run."""

import base64
import hashlib
from pathlib import Path

from nasnet.viz.page.parts import Chart, Page

_FOLDER = Path(__file__).parent


def render(page: Page) -> str:
    """The page as one HTML document, with plotly.js in it once.

    A browser runs no script but the two that are named by their digest, and reads nothing from a
    network, whatever texts the page holds.
    """
    import jinja2
    import markupsafe
    from plotly.offline import get_plotlyjs

    scripts = [markupsafe.Markup(text) for text in (get_plotlyjs(), _read("page.js"))]
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    sections = [section for section in page.sections if section.parts]
    charts = [
        {"data": part.data, "layout": part.layout}
        for section in sections
        for part in section.parts
        if isinstance(part, Chart)
    ]
    return environment.from_string(_read("page.html")).render(
        page=page,
        sections=sections,
        charts=charts,
        scripts=scripts,
        style=markupsafe.Markup(_read("page.css")),
        policy=(
            f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:"
        ),
    )


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
