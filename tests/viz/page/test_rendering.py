"""A page is one file that says what it was given, and runs nothing but its own scripts."""

import base64
import hashlib
import json
import re

import pytest

from nasnet.viz.page import (
    Chart,
    Commands,
    Page,
    Row,
    Section,
    Table,
    Text,
    picture_of_png,
    picture_of_svg,
    render,
)
from tests.viz.page.parsed import Parsed

EVIL = "</script></style><script>alert(1)</script><img src=x onerror='alert(2)'>\"&{{ 7 * 7 }}"


@pytest.fixture(scope="module")
def parsed():
    """A page on which every text is evil."""
    pictures = (picture_of_svg(f"<svg>{EVIL}</svg>", EVIL),)
    parts = (
        Text(EVIL),
        Chart([{"type": "scatter", "name": EVIL, "y": [1.5, None]}], {"a": EVIL}, EVIL),
        Table((EVIL, "b"), (Row((EVIL, "1")), Row(("2", EVIL), pictures)), EVIL),
        picture_of_png(b"\x89PNG", EVIL),
        Commands(((EVIL, EVIL),)),
    )
    sections = (Section(EVIL, parts), Section(EVIL, (Text("x"),), folded=True), Section("no", ()))
    return Parsed(render(Page(EVIL, EVIL, ((EVIL, EVIL),), sections, 10.0)))


def test_every_text_is_shown_as_it_is(parsed):
    for tag in ("title", "h1", "p", "figcaption", "th", "td", "dt", "dd", "pre"):
        assert EVIL in parsed.texts[tag], tag
    assert parsed.texts["h2"] == [EVIL, EVIL]
    assert EVIL in {attributes["alt"] for attributes in parsed.all("img")}
    (chart,) = json.loads(parsed.texts["script"][0])
    assert chart["data"] == [{"type": "scatter", "name": EVIL, "y": [1.5, None]}]
    assert chart["layout"] == {"a": EVIL}


def test_nothing_runs_but_the_scripts_that_the_policy_names(parsed):
    (policy,) = (m["content"] for m in parsed.all("meta") if "http-equiv" in m)
    scripts = parsed.texts["script"][1:]
    assert len(scripts) == 2
    assert "plotly.js v" in scripts[0]
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["script-src"].split() == [f"'sha256-{digest}'" for digest in digests]
    assert (rules["default-src"], rules["img-src"]) == ("'none'", "data:")
    assert not [
        name for _, attributes in parsed.elements for name in attributes if name[:2] == "on"
    ]


def test_nothing_is_read_from_elsewhere(parsed):
    links = [a[name] for _, a in parsed.elements for name in ("src", "href") if name in a]
    assert links
    assert all(re.match(r"data:image/(png|svg\+xml);base64,", link) for link in links)
    assert not parsed.all("link")


def test_rows_with_pictures_can_be_chosen_and_the_first_one_is(parsed):
    keys = [attributes.get("data-key") for attributes in parsed.all("tr")[1:]]
    assert keys == [None, "2"]
    (chosen,) = (a for a in parsed.all("tr") if a.get("aria-selected") == "true")
    assert chosen["data-key"] == "2"
    (pictures,) = (a for a in parsed.all("div") if a.get("class") == "pictures")
    assert "hidden" not in pictures
    assert parsed.all("html") == [{"lang": "en", "data-reload": "10.0"}]


def test_what_is_no_json_is_no_chart():
    chart = Chart([{"y": [float("nan")]}], {}, "")
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        render(Page("", "", (), (Section("", (chart,)),)))
