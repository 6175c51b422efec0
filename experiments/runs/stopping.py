"""Ctrl-C: the first one lets what is under way end, the second one doesn't."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

from nasnet.experiments.console.lines import say


@contextlib.contextmanager
def stoppable(stop: Callable[[], object], what: Callable[[], str]) -> Iterator[None]:
    """Answers the first Ctrl-C; the second one is a `KeyboardInterrupt`.

    Args:
        stop: begins nothing more.
        what: names what may end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_interrupt(*_: object) -> None:
        say(
            f"stopping: {what()} may end; "
            "Ctrl-C again to stop at once (they will run again on --resume)"
        )
        stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
