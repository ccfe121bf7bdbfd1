"""The interactive SVG, used as a person would. What is where in it stands in src/flame/graph/svg_page.js."""

import re

import pytest
from flame_page import wait_until
from stack_model import Stacks
from profiles import HOSTILE, SMALL

FRAMES = """(() => [...document.querySelectorAll('#frames > *')].filter(g => g.querySelector('rect')).map(g => ({
  title: g.querySelector('title').textContent, x: +g.querySelector('rect').getAttribute('x'),
  width: +g.querySelector('rect').getAttribute('width'), hidden: g.classList.contains('hide'),
  match: g.dataset.match === '1', text: g.querySelector('text')?.textContent || '' })))()"""


class SvgPage:
    def __init__(self, page):
        self.page = page

    def frames(self):
        return self.page.evaluate(FRAMES)

    def shown(self):
        return [frame["title"].split(" (")[0] for frame in self.frames() if not frame["hidden"]]

    def click(self, title):
        """A real click in the middle of the first frame in view whose tooltip begins so."""
        box = self.page.evaluate(
            """(title) => { const g = [...document.querySelectorAll('#frames > *')].find(g =>
            !g.classList.contains('hide') && g.querySelector('title')?.textContent.startsWith(title));
            const b = g.querySelector('rect').getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }""",
            title,
        )
        self.page.mouse.click(*box)

    def search(self, pattern):
        self.page.keyboard.press("Control+f")
        self.page.fill("#search-input", pattern)
        self.page.keyboard.press("Enter")

    def matched(self):
        return float(re.search(r"([\d.]+)%", self.page.text_content("#matched"))[1])


@pytest.fixture
def svg(flame, open_page):
    where = flame("graph", {"small.folded": SMALL}, "--title", "A small profile", "-o", "small.svg")
    return SvgPage(open_page(where / "small.svg"))


def test_click_zooms_and_reset(svg, shot):
    before = svg.frames()
    svg.click("eval")
    assert set(svg.shown()) == {"all", "main", "eval", "call", "apply", "alloc"}
    widths = {frame["title"].split(" (")[0]: frame["width"] for frame in svg.frames() if not frame["hidden"]}
    assert widths["eval"] == pytest.approx(widths["all"], abs=0.2) == pytest.approx(widths["main"], abs=0.2)
    assert max(f["width"] for f in svg.frames() if f["title"].startswith("call (72") and not f["hidden"]) == pytest.approx(
        widths["eval"] * 72 / 82, abs=0.2)
    shot(svg.page, "svg-zoomed")
    svg.page.click("#unzoom")
    assert svg.shown() == [frame["title"].split(" (")[0] for frame in before]
    assert [frame["x"] for frame in svg.frames()] == pytest.approx([frame["x"] for frame in before], abs=0.11)
    svg.click("gc")
    svg.click("all")
    assert len(svg.shown()) == len(before)


@pytest.mark.parametrize("pattern", ["alloc", "call|apply", "^main$", "e.*l", "lex|gc|idle", "nothing here"])
def test_matched_share(svg, pattern):
    model = Stacks(SMALL)
    svg.search(pattern)
    hit, shown = model.matched(pattern)
    assert svg.matched() == pytest.approx(100 * hit / shown, abs=0.006)
    names = {frame["title"].split(" (")[0] for frame in svg.frames() if frame["match"]}
    assert names == {name for stack in model.counts for name in stack if re.search(pattern, name)}
    for path in [("main", "eval"), ("main", "parse")]:
        svg.click(path[-1])
        hit, shown = model.matched(pattern, path)
        assert svg.matched() == pytest.approx(100 * hit / shown, abs=0.006), path
        svg.page.click("#unzoom")


def test_case_and_clearing(svg, shot):
    svg.search("alloc")
    assert svg.matched() == pytest.approx(16.0, abs=0.006)
    svg.page.keyboard.press("Control+i")
    assert svg.matched() == pytest.approx(23.5, abs=0.006)
    shot(svg.page, "svg-search")
    svg.page.keyboard.press("Escape")
    assert not any(frame["match"] for frame in svg.frames())


def test_pointer_names_the_frame(svg):
    svg.page.mouse.move(5, 5)
    box = svg.page.locator("#frames rect").nth(2).bounding_box()
    svg.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 5)
    assert "samples" in svg.page.text_content("#details")


def test_permalink(svg, open_page):
    file = svg.page.evaluate("decodeURIComponent(location.pathname)")
    svg.click("eval")
    svg.search("app.y|alloc")
    link = svg.page.evaluate("location.hash")
    assert "z=" in link and "s=" in link
    other = SvgPage(open_page(file, link))
    assert other.shown() == svg.shown()
    assert other.matched() == svg.matched()
    other.page.evaluate("location.hash = ''")
    wait_until(other.page, "!document.querySelector('#frames > .hide')")


def test_hostile_names_are_text(flame, open_page, shot):
    lines = [f"root;{name};leaf {10 + i}".encode() for i, name in enumerate(HOSTILE)]
    lines.append(b"root;bad \xff\xfe\xc3( bytes;leaf 7")
    where = flame("graph", {"hostile.folded": b"\n".join(lines) + b"\n"}, "--title", "]]></script><script>window.pwned=5</script>",
                  "--notes", "--> <script>window.pwned=6</script>", "-o", "hostile.svg")
    page = SvgPage(open_page(where / "hostile.svg"))
    titles = [frame["title"] for frame in page.frames()]
    for name in HOSTILE[:4]:
        assert any(title.startswith(name) for title in titles), name
    page.click(HOSTILE[0])
    page.search("pwned=[12]")
    assert sum(frame["match"] for frame in page.frames()) == 2
    shot(page.page, "svg-hostile")
    assert page.page.evaluate("window.pwned") is None
