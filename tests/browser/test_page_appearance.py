"""How the HTML page looks, in every form and window, and what a hostile name or a difference makes of it."""

import re
import xml.etree.ElementTree

import pytest
from flame_page import FlamePage, wait_until
from profiles import HOSTILE, PYTHON, SMALL
from stack_model import Stacks


def test_hostile_names_are_text(flame, open_page, shot):
    lines = [f"root;{name};leaf {10 + i}".encode() for i, name in enumerate(HOSTILE)]
    lines.append(b"root;bad \xff\xfe\xc3( bytes;leaf 7")
    where = flame("graph", {"hostile.folded": b"\n".join(lines) + b"\n"}, "--title", "</title><script>window.pwned=5</script>",
                  "--subtitle", "<b>&", "-o", "hostile.html")
    source = (where / "hostile.html").read_bytes()
    assert b"pwned=1" not in source and source.count(b"<script") == source.count(b"</script>") == 3
    page = FlamePage(open_page(where / "hostile.html"))
    assert page.text(".fl-title") == "</title><script>window.pwned=5</script>"
    page.press("t")
    for name in HOSTILE[:4]:
        page.click("root", name)
        assert page.text(".fl-foot-name") == name and page.crumbs()[-1] == name
        page.hover("root", name)
        assert page.text(".fl-tip-name") == name
        page.press("s")
        page.press("f", "0")
    recorded = page.page.evaluate("(n) => [...Array(n).keys()].map(i => FlameGraph.viewers[0].grouping.searchText(i))", len(HOSTILE) + 3)
    for name in HOSTILE:
        assert name in recorded, name
    assert "bad \ufffd\ufffd\ufffd( bytes" in recorded
    labels = {path[1] for path in page.tree() if len(path) == 2}
    assert "right\u27e8U+202E\u27e9to left\u27e8U+2066\u27e9" in labels and "\u2401\u241b[31m" in labels
    with page.page.expect_download() as download:
        page.press("e")
    drawing = xml.etree.ElementTree.parse(download.value.path()).getroot()
    titles = [element.text for element in drawing.iter("{http://www.w3.org/2000/svg}title")]
    for name in [*HOSTILE[:4], "@Y@${y}"]:
        assert any(title.startswith(f"{name} (") for title in titles), name
    shot(page.page, "flame-hostile")
    assert page.page.evaluate("window.pwned") is None


def test_the_page_cannot_ask_for_anything(small):
    """Not by accident and not if someone tried: the policy in its head forbids it."""
    blocked = small.page.evaluate("""async () => {
        const seen = [];
        document.addEventListener('securitypolicyviolation', e => seen.push(e.effectiveDirective));
        await fetch('http://127.0.0.1:9/x').catch(() => 0);
        const image = new Image(); image.src = 'http://127.0.0.1:9/y.png';
        const script = document.createElement('script'); script.src = 'http://127.0.0.1:9/z.js'; document.body.append(script);
        await new Promise(r => setTimeout(r, 200));
        return seen;
    }""")
    assert {"connect-src", "img-src", "script-src-elem"} <= set(blocked)
    assert small.page.watched.requests == []
    small.page.watched.errors.clear()  # the console told of what was blocked


BEFORE = "a;b 50\na;c 30\na;gone;deep 20\na;same 100\n"
AFTER = "a;b 90\na;c 10\na;fresh 25\na;same 100\n"


def test_difference(flame, open_page, shot):
    where = flame("diff", {"before.folded": BEFORE, "after.folded": AFTER}, "-o", "diff.html")
    page = FlamePage(open_page(where / "diff.html"))
    tree = page.tree()
    assert tree[("a", "b")][2] == 90
    assert tree[("a", "gone", "deep")][2] == 0 and tree[("a", "gone", "deep")][4] > 0, "vanished, and still there"
    assert tree[("a", "gone")][1] > 0, "with a width of its own"
    red, blue = [page.page.evaluate("""(name) => {
        const v = FlameGraph.viewers[0], pane = v.chart.panes[0];
        for (let i = 0; i < pane.tree.n; i++) if (v.labelOf(pane, i) === name) return v.fillOf(pane, i).match(/\\d+/g).map(Number);
    }""", name) for name in ["b", "c"]]
    assert red[0] > red[2] + 60 and blue[2] > blue[0] + 60
    page.hover("a", "gone")
    assert "vanished" in page.text(".fl-tip")
    page.hover("a", "fresh")
    assert "new" in page.text(".fl-tip")
    page.press("t")
    assert page.text(".fl-table-bar strong") == "Largest changes"
    changes = {row[-1]: row[0] for row in page.rows()}
    model_before, model_after = Stacks(BEFORE).functions(), Stacks(AFTER).functions()
    scale = page.page.evaluate("FlameGraph.viewers[0].profile.tree.totalB[0]") / Stacks(BEFORE).total
    for name in set(model_before) | set(model_after):
        change = model_after.get(name, (0, 0))[0] - scale * model_before.get(name, (0, 0))[0]
        shown = float(changes[name].replace("\u2212", "-").replace(",", "").replace("+", ""))
        assert shown == pytest.approx(change, abs=0.01), name
    sizes = [abs(float(row[0].replace("\u2212", "-").replace("+", ""))) for row in page.rows()]
    assert sizes == sorted(sizes, reverse=True)
    shot(page.page, "flame-diff")
    # the width may stand for either profile alone
    for width, path, gone in [("before", ("a", "gone"), ("a", "fresh")), ("after", ("a", "fresh"), ("a", "gone"))]:
        page.setting("Width", width)
        assert page.tree()[path][1] > 0 and page.tree()[gone][1] == 0
    page.setting("Change in", "share")
    assert all(row[0].endswith("%") for row in page.rows())
    page.search("b")
    assert re.match(r"[\d.]+% \u2192 [\d.]+% matched", page.text(".fl-match"))


def test_dark_and_light(small, open_page, shot):
    file = small.page.evaluate("decodeURIComponent(location.pathname)")
    assert small.page.evaluate("getComputedStyle(document.querySelector('.fl-viewer')).backgroundColor") == "rgb(255, 255, 255)"
    dark = FlamePage(open_page(file, color_scheme="dark"))
    assert dark.page.evaluate("getComputedStyle(document.querySelector('.fl-viewer')).backgroundColor") == "rgb(22, 24, 29)"
    shot(dark.page, "flame-dark")
    dark.page.get_by_role("button", name="Dark or light").click()
    assert dark.page.evaluate("getComputedStyle(document.querySelector('.fl-viewer')).backgroundColor") == "rgb(255, 255, 255)"


def test_phone(flame, open_page, shot):
    where = flame("graph", {"python.folded": PYTHON}, "--title", "A phone in the hand", "-o", "python.html")
    page = FlamePage(open_page(where / "python.html", size=(390, 844), has_touch=True, is_mobile=True, device_scale_factor=2))
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    off = page.page.evaluate("[...document.querySelectorAll('button, input')].filter(e => e.offsetWidth && e.getBoundingClientRect().right > 391).length")
    assert off == 0
    page.page.touchscreen.tap(*page.point("main", "execute"))
    assert page.crumbs()[-1] == "execute"
    assert "Sandwich" in page.text(".fl-foot-actions")
    shot(page.page, "flame-phone")
    page.page.get_by_role("button", name="Table of functions").first.tap()
    assert len(page.rows()) > 3
    shot(page.page, "flame-phone-table")
    assert page.page.evaluate("document.querySelector('.fl-canvas').width") >= 2 * 350, "sharp on a dense screen"


def test_glide_ends_where_it_should(flame, open_page):
    where = flame("graph", {"small.folded": SMALL}, "-o", "small.html")
    page = FlamePage(open_page(where / "small.html", reduced_motion="no-preference"))
    page.click("main", "eval")
    wait_until(page.page, "FlameGraph.viewers[0].goal === null")
    assert page.window() == pytest.approx([48 / 200, 130 / 200])


def test_window_size_changes(small):
    small.click("main", "eval")
    small.page.set_viewport_size({"width": 700, "height": 500})
    wait_until(small.page, "FlameGraph.viewers[0].chart.width < 700")
    assert small.box("main", "eval")["width"] == pytest.approx(small.box("main")["width"], abs=1)
    assert small.box()["top"] < 500


def test_print(small, tmp_path, shot):
    small.click("main", "eval")
    small.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    small.page.emulate_media(media="print")
    drawing = small.page.locator(".fl-print svg")
    assert drawing.is_visible() and not small.page.locator(".fl-canvas").is_visible()
    assert {"eval", "call", "apply"} <= set(drawing.locator("text").all_text_contents())
    shot(small.page, "flame-print")
    small.page.emulate_media(media="screen")
    small.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert drawing.count() == 0
    small.page.pdf(path=tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


def test_fractional_counts_time_order_and_icicle(flame, open_page):
    text = "main;b 1.5\nmain;a 0.25\nmain;b 2\n"
    where = flame("graph", {"time.folded": text}, "--flamechart", "--inverted", "--countname", "ms", "-o", "time.html")
    page = FlamePage(open_page(where / "time.html"))
    order = page.page.evaluate("""(() => { const v = FlameGraph.viewers[0], p = v.chart.panes[0];
        return [...Array(p.tree.n).keys()].slice(2).map(i => [v.labelOf(p, i), p.tree.totalA[i]]); })()""")
    assert order == [["b", 1.5], ["a", 0.25], ["b", 2]]
    assert page.box("main")["top"] > page.box()["top"], "the root is on top"
    assert "3.75 ms" in page.text(".fl-summary")


def test_two_graphs_in_one_page(flame, open_page, shot):
    import subprocess

    from conftest import TEST_BIN

    where = flame("collapse", {"small.folded": SMALL}, "-o", "one.folded")
    (where / "two.folded").write_text(PYTHON)
    subprocess.run([TEST_BIN / "embed_page", "page.html", "one.folded", "two.folded"], cwd=where, check=True)
    page = open_page(where / "page.html", size=(1100, 900))
    wait_until(page, "document.querySelectorAll('.flamescale[data-state=ready]').length === 2")
    assert page.inner_text("#first .fl-title") == 'The first <profile> & "more"'
    # the wheel scrolls the page; keys go to the graph that has the focus
    page.mouse.move(500, 300)
    page.mouse.wheel(0, 300)
    wait_until(page, "scrollY > 100")
    assert page.evaluate("FlameGraph.viewers.map(v => v.chart.right - v.chart.left)") == [1, 1]
    page.focus("#second .fl-canvas")
    page.keyboard.press("c")
    assert page.evaluate("[first.viewer.state.view, second.viewer.state.view]") == ["flame", "callers"]
    page.focus("#first .fl-canvas")
    page.keyboard.press("s")
    page.wait_for_timeout(250)
    assert re.search(r"first\.view=sandwich", page.url) and re.search(r"second\.view=callers", page.url)
    again = open_page(where / "page.html", "#" + page.url.split("#")[1])
    wait_until(again, "document.querySelectorAll('.flamescale[data-state=ready]').length === 2")
    assert again.evaluate("[first.viewer.state.view, second.viewer.state.view]") == ["sandwich", "callers"]
    page.evaluate("scrollTo(0, 0)")
    shot(page, "flame-embedded")
