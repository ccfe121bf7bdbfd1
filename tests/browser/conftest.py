"""Pages in headless Chromium. Every page opened through `open_page` is watched: a request that leaves it, an
error or a warning in its console fails the test that opened it."""

import os
import pathlib
import shutil
import subprocess

import pytest
from flame_page import FlamePage
from profiles import PYTHON, SMALL

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("FLAMESCALE_BIN", ROOT / "build/release/bin"))
TEST_BIN = pathlib.Path(os.environ.get("FLAMESCALE_TEST_BIN", ROOT / "build/release/tests"))
SCREENSHOTS = ROOT / "build/screenshots"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None


def pytest_collection_modifyitems(items):
    reason = None
    if sync_playwright is None:
        reason = "playwright is not installed here; ./run test browser installs it"
    elif not CHROMIUM:
        reason = "there is no chromium; ./run test browser installs it"
    if reason:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as driver:
        # Chromium's own sandbox does not work for root, which is who runs tests in a container.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        made = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield made
        made.close()


class Watched:
    """A page and what was seen of it that should not have been."""

    def __init__(self, browser, size, **options):
        options.setdefault("reduced_motion", "reduce")
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        self.context.set_default_timeout(20000)
        self.requests, self.errors = [], []
        self.page = self.context.new_page()
        self.page.route("**/*", self._route)
        self.page.on("console", lambda message: message.type in ("error", "warning") and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _route(self, route):
        url = route.request.url
        if url.startswith("file:") and route.request.is_navigation_request():
            route.continue_()
        elif url.startswith(("blob:", "data:")):
            route.continue_()
        else:
            self.requests.append(url)
            route.abort()

    def close(self):
        self.context.close()
        assert not self.requests, f"requests left the page: {self.requests}"
        assert not self.errors, f"the page complained: {self.errors}"


@pytest.fixture
def open_page(browser):
    """open_page(path, fragment="", size=(1280, 800), **context_options) -> a playwright page."""
    opened = []

    def open_it(path, fragment="", size=(1280, 800), **options):
        watched = Watched(browser, size, **options)
        opened.append(watched)
        watched.page.watched = watched
        watched.page.goto(pathlib.Path(path).as_uri() + fragment)
        return watched.page

    yield open_it
    for watched in opened:
        watched.close()


@pytest.fixture
def shot():
    """shot(page, "name"): a picture for people to look at."""

    def take(page, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")

    return take


@pytest.fixture
def flame(tmp_path):
    """flame("graph", {"in.folded": text}, "-o", "out.html", ...): run the program in a fresh folder; returns it.
    Dictionaries are files to write first."""

    def run(*arguments):
        words = []
        for argument in arguments:
            if isinstance(argument, dict):
                for name, content in argument.items():
                    if isinstance(content, str):
                        content = content.encode()
                    (tmp_path / name).write_bytes(content)
                    words.append(name)
            else:
                words.append(str(argument))
        done = subprocess.run([BIN / "flame", *words], cwd=tmp_path, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return tmp_path

    return run


@pytest.fixture
def small(flame, open_page):
    where = flame("graph", {"small.folded": SMALL}, "--title", "A small profile", "-o", "small.html")
    return FlamePage(open_page(where / "small.html"))


@pytest.fixture
def python_page(flame, open_page):
    where = flame("graph", {"python.folded": PYTHON}, "-o", "python.html")
    return FlamePage(open_page(where / "python.html"))
