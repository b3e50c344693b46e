"""A real browser for tests of pages: Debian's chromium, driven by playwright."""

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
"""A red pixel, as PNG."""
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    # A container has no namespaces for chromium's own sandbox, and often no large /dev/shm.
    *("--no-sandbox", "--disable-dev-shm-usage"),
    # Nothing leaves this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Start chromium; where there is none, skip the tests that need it, and say so."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("There is no chromium here: apt-get install chromium, to test the pages.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_OPTIONS)
        yield browser
        browser.close()


class Watched:
    """A page, and what went wrong in it."""

    def __init__(self, context: "BrowserContext") -> None:
        self.errors: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _console(self, message: "ConsoleMessage") -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)


@contextmanager
def watching(browser: "Browser", milliseconds: int, but: str = "") -> Iterator[Watched]:
    """Open a wide page in which nothing may go wrong, but for what is told with the text `but`.

    `milliseconds` is how long a change may take until it is seen.
    """
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    opened = Watched(context)
    opened.page.set_default_timeout(milliseconds)
    yield opened
    context.close()
    wrong = [each for each in opened.errors if not but or but not in each]
    assert not wrong, "\n".join(wrong)


class Elsewhere:
    """Another server, which notes who asks it for an image: the sender of a mail may have one."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "image/png")
                self.send_header("Content-Length", str(len(PIXEL)))
                self.end_headers()
                self.wfile.write(PIXEL)

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
