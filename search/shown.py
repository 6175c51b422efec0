"""How a search shows itself in notebooks, while it runs and afterwards."""

import html
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nasnet.runtime.shown import table

if TYPE_CHECKING:
    from nasnet.search.loop import Search

_ROWS = 5


def search_html(search: "Search") -> str:
    """How far a search is, and its best children, as HTML."""
    total = search.bound
    of = "" if total is None else f" of {total}"
    bar = "" if total is None else f'<progress value="{search.finished}" max="{total}"></progress> '
    words = [f"{search.finished}{of} children", f"{len(search.running)} running"]
    words.append(f"{search.failed} failed")
    if search.left is not None and not search.over:
        words.append(f"{search.left:.0f} s left")
    found = [(t.reward, t) for t in search.trials if t.state == "complete" and t.reward is not None]
    found.sort(key=lambda pair: (-pair[0], pair[1].number))
    rows = [
        (trial.number, f"{reward:.4f}", trial.key, f"{trial.seconds:.1f}")
        for reward, trial in found[:_ROWS]
    ]
    best = table(("trial", "reward", "network", "seconds"), rows) if rows else ""
    return f"<div>{bar}{html.escape(' · '.join(words))}</div>{best}"


class LiveDisplay:
    """Displays a search in a notebook, and again whenever it is called with it.

    Args:
        follow: called with the search first.
    """

    def __init__(self, follow: Callable[["Search"], None]) -> None:
        self._follow, self._shown = follow, ""
        self._handle: Any = None

    def __call__(self, search: "Search") -> None:
        self._follow(search)
        if (content := search_html(search)) == self._shown:
            return
        from IPython.display import HTML, display

        self._shown = content
        if self._handle is None:
            self._handle = display(HTML(content), display_id=True)
        else:
            self._handle.update(HTML(content))
