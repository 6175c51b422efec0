"""A headless Chromium, driven through a pipe by its DevTools protocol: no library is needed.

https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import fcntl
import itertools
import json
import os
import shutil
import subprocess
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome")
PROGRAM = next(filter(None, map(shutil.which, _NAMES)), None)
_FLAGS = "--headless=new --disable-gpu --no-first-run --hide-scrollbars --remote-debugging-pipe"
_BAD = ("error", "warning", "assert")


class Browser:
    """One process; `tab` opens pages in it.

    Args:
        folder: of its own files.
    """

    def __init__(self, folder: Path) -> None:
        theirs_in, ours_out = map(_above, os.pipe())
        ours_in, theirs_out = map(_above, os.pipe())
        words = [PROGRAM, *_FLAGS.split(), f"--user-data-dir={folder}"]
        if os.getuid() == 0:
            words.append("--no-sandbox")  # its sandbox is not for root
        # It reads from file descriptor 3 and writes to 4.
        shell = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
        with (folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                ["bash", "-c", shell, *words],
                pass_fds=(theirs_in, theirs_out),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out = os.fdopen(ours_in, "rb"), os.fdopen(ours_out, "wb")
        self._numbers, self._rest = itertools.count(1), b""
        self.events: list[dict] = []

    def call(self, method: str, session: str | None = None, **arguments) -> dict:
        """What a command gives; events that come before it are kept."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": arguments}
        if session is not None:
            message["sessionId"] = session
        self._out.write(json.dumps(message).encode() + b"\0")
        self._out.flush()
        while (found := self.read()).get("id") != number:
            self.events.append(found)
        assert "error" not in found, f"{method}: {found['error']}"
        return found["result"]

    def read(self) -> dict:
        """The next message."""
        while b"\0" not in self._rest:
            part = self._in.read1()
            assert part, "Chromium has ended"
            self._rest += part
        message, self._rest = self._rest.split(b"\0", 1)
        return json.loads(message)

    def close(self) -> None:
        self.call("Browser.close")
        self._process.wait()
        self._in.close()
        self._out.close()


class Tab:
    """A page in a browser.

    Args:
        browser: where.
        width: of the window in CSS pixels.
        height: of the window.
        dark: whether the person likes it dark.
        phone: whether it is a phone, with fingers for a mouse.
    """

    def __init__(self, browser: Browser, width=1280, height=900, *, dark=False, phone=False):
        self._browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._target = target
        found = browser.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = found["sessionId"]
        for name in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{name}.enable")
        self.resize(width, height, phone=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def call(self, method: str, **arguments) -> dict:
        return self._browser.call(method, self._session, **arguments)

    def close(self) -> None:
        self._browser.call("Target.closeTarget", targetId=self._target)

    def resize(self, width: int, height=900, *, phone=False) -> None:
        """Gives the window another size, and fingers to the person or a mouse."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)

    def open(self, path: Path) -> None:
        """Opens a file and waits until it is loaded."""
        found = self.call("Page.navigate", url=path.resolve().as_uri())
        assert "errorText" not in found, found
        self.wait("Page.loadEventFired")

    def wait(self, method: str) -> None:
        """Waits for an event behind the last that was waited for."""
        while not any(event["method"] == method for event in self._mine()):
            self._browser.events.append(self._browser.read())
        self._browser.events = [
            event for event in self._browser.events if event.get("method") != method
        ]

    def run(self, script: str):
        """The value of an expression."""
        found = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def click(self, selector: str) -> None:
        """Clicks into the middle of an element."""
        box = f"document.querySelector({json.dumps(selector)})"
        x, y = self.run(
            f"{box}.scrollIntoView({{block: 'center'}}), [{box}.getBoundingClientRect()]"
            ".map((r) => [r.x + Math.min(r.width, 100) / 2, r.y + r.height / 2])[0]"
        )
        for kind in ("mousePressed", "mouseReleased"):
            where = {"x": x, "y": y, "button": "left", "clickCount": 1}
            self.call("Input.dispatchMouseEvent", type=kind, **where)

    def complaints(self) -> list[str]:
        """What the console says of errors and of what was not allowed."""
        self.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        found = []
        for event in self._mine():
            values = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(values["exceptionDetails"]))
            if event["method"] == "Runtime.consoleAPICalled" and values["type"] in _BAD:
                found.append(str(values["args"]))
            if event["method"] == "Log.entryAdded":
                found.append(values["entry"]["text"])
        return found

    def requests(self) -> list[str]:
        """The URLs that were asked for, those of data in the page left out."""
        urls = [
            event["params"]["request"]["url"]
            for event in self._mine()
            if event["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in urls if not url.startswith("data:")]

    def screenshot(self, path: Path) -> None:
        """The whole page as a PNG file."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        found = self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

    def pdf(self) -> bytes:
        """The page as it is printed on A4."""
        size = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": True}
        found = self.call("Page.printToPDF", printBackground=True, **size)
        return base64.b64decode(found["data"])

    def _mine(self) -> list[dict]:
        events = self._browser.events
        return [event for event in events if event.get("sessionId") == self._session]


def _above(descriptor: int) -> int:
    """The same pipe under a number that no redirection takes."""
    found = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return found
