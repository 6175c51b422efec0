"""Reports in a browser: they open, say nothing on the console, and answer to a click."""

import pytest

from nasnet.experiments import cli
from tests import browser, reported

pytestmark = pytest.mark.slow
ALL = "[...document.querySelectorAll"
FOLLOWED = f"""new Promise((done) => {{
  const wide = (chart) => chart.querySelector('.main-svg').clientWidth > innerWidth;
  const look = () => {ALL}('.chart')].some(wide) ? setTimeout(look, 50) : done();
  look();
}})"""
KINDS = ("search", "tuning", "comparison", "training", "transfer")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    if browser.PROGRAM is None:
        pytest.skip("Chromium is not installed: reports are not opened in a browser")
    found = browser.Browser(tmp_path_factory.mktemp("chromium"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The report of a run of each kind."""
    folder = tmp_path_factory.mktemp("runs")

    found = {}
    for kind in KINDS:
        run = getattr(reported, f"write_{kind}")(folder / kind)
        assert cli.run(lambda run=run: cli.parse(["report", str(run)]).run()) == 0
        found[kind] = run / "report.html"
    return found


@pytest.fixture
def tab(chromium):
    """A page of a person who likes it dark."""
    found = browser.Tab(chromium, dark=True)
    yield found
    found.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_opens_without_a_complaint_and_fits(tab, pages, kind):
    tab.open(pages[kind])
    assert tab.requests() == [pages[kind].resolve().as_uri()]
    assert tab.run("document.title") == kind
    charts = tab.run(f"{ALL}('.chart')].map((c) => c.querySelectorAll('.main-svg').length)")
    assert charts
    assert all(charts)
    for width in (1280, 390):
        tab.resize(width, phone=width == 390)
        tab.run(FOLLOWED)  # charts follow the window a moment later
        # Wide tables scroll in a box of their own.
        assert tab.run("document.documentElement.scrollWidth") <= width
    broken = tab.run(f"{ALL}('.pictures:not([hidden]) img')].filter((i) => !i.naturalWidth).length")
    assert broken == 0
    assert tab.complaints() == []


def shown(tab):
    """The descriptions of the pictures below the table that are seen."""
    return tab.run(f"{ALL}('.pictures:not([hidden]) img')].map((image) => image.alt)")


def test_a_click_on_a_row_shows_its_cell_and_network(tab, pages):
    tab.open(pages["search"])
    keys = tab.run(f"{ALL}('tr[data-key]')].map((r) => r.dataset.key)")
    first = shown(tab)
    assert [text.split(",")[0] for text in first] == [
        f"the {part} of trial {keys[0]}" for part in ("cells", "network")
    ]
    tab.click(f"tr[data-key='{keys[2]}'] td")
    assert all(f"trial {keys[2]}," in text for text in shown(tab))
    assert len(shown(tab)) == 2
    # A page that is read again shows what was chosen.
    tab.call("Page.reload")
    tab.wait("Page.loadEventFired")
    assert all(f"trial {keys[2]}," in text for text in shown(tab))
    tab.run("document.querySelector('tr[data-key]').focus()")
    tab.call("Input.dispatchKeyEvent", type="keyDown", key="Enter")
    assert shown(tab) == first
    assert tab.complaints() == []


def test_pointing_at_a_trial_says_what_it_was(tab, pages):
    tab.open(pages["search"])
    tab.run("Plotly.Fx.hover(document.querySelector('.chart'), [{curveNumber: 0, pointNumber: 0}])")
    text = tab.run("document.querySelector('.chart .hoverlayer').textContent")
    best = reported.trials()[0]
    assert text.startswith(f"trial 0: validation accuracy {best.reward:.4f}")


def test_a_page_is_printed_light_and_whole(tab, pages):
    tab.open(pages["search"])
    tab.run(
        "window.printed = null; addEventListener('beforeprint', () => { window.printed = {"
        "  ink: getComputedStyle(document.body).color,"
        "  widths: [...document.querySelectorAll('.main-svg')].map((s) => s.clientWidth),"
        "  open: [...document.querySelectorAll('details')].every((d) => d.open),"
        "} })"
    )
    dark = tab.run("getComputedStyle(document.body).color")
    assert tab.pdf().startswith(b"%PDF")
    printed = tab.run("window.printed")
    assert printed["open"]
    assert printed["ink"] != dark
    assert max(printed["widths"]) <= 680
    assert tab.run("getComputedStyle(document.body).color") == dark
    assert tab.complaints() == []
