"""The report of flame ladder, used as a person would: sorted, zoomed, searched, its sources opened."""

import json
import re
import subprocess
from math import log10

import pytest
from conftest import BIN
from flame_page import BOX, wait_until

SLOW = """def square(x):
    return x * x


total = sum(square(i) for i in range(10))
print(total)
"""


def results(*rungs):
    """A ladder.json to take up, so that the page needs no climb and its figures are known."""
    return json.dumps({
        "format": "flame ladder 1", "title": "x", "started": "2026-01-01T00:00:00+0000", "quick": False,
        "compares_answers": True,
        "machine": {"cpu": "", "cores": 1, "memory": 1, "kernel": "", "system": "", "versions": []},
        "rungs": [{
            "name": name, "slug": name, "command": command, "state": "done", "finished": True,
            "time_source": "wall", "answers": [{"summary": "285", "text": "285"}], "samples": samples,
            "recorder": "flame record",
            "runs": [{"seconds": s, "wall": s, "user": s, "system": 0, "peak_memory": memory} for s in seconds],
        } for name, command, seconds, memory, samples in rungs],
    })


@pytest.fixture
def report(flame, tmp_path):
    folder = tmp_path / "report"
    folder.mkdir()
    (tmp_path / "slow.py").write_text(SLOW)
    (folder / "slow.folded").write_text("slow.py:<module>:5;slow.py:<genexpr>:5;slow.py:square:2 70\n"
                                        "slow.py:<module>:5;slow.py:<genexpr>:5 20\nslow.py:<module>:6 10\n")
    (folder / "medium.folded").write_text("slow.py:<module>:5;slow.py:<genexpr>:5;slow.py:square:2 30\n"
                                          "slow.py:<module>:6 10\n")
    (folder / "ladder.json").write_text(results(
        ("slow", "echo 285", [4.0, 4.2, 4.1], 9_000_000, 100),
        ("medium", "echo '285'", [0.5, 0.6, 0.52], 20_000_000, 40),
        ("fast", "echo 285 ", [0.01, 0.012, 0.011], 4_000_000, 0)))
    (tmp_path / "plan.json").write_text(json.dumps({
        "title": "</script><b>Ten</b> squares", "answer": {"output": True}, "rungs": [
            {"name": "slow", "command": "echo 285", "sources": ["slow.py"], "note": "<i>first</i>"},
            {"name": "medium", "command": "echo '285'"},
            {"name": "fast", "command": "echo 285", "profile": False},
            {"name": "wrong", "command": "echo 284", "profile": False},
            {"name": "broken", "command": "ls /no/such/file", "profile": False}]}))
    return folder


@pytest.fixture
def page(report, tmp_path, open_page):
    # echo '285' and echo 285 are the same words: the plan shows them alike.
    text = (report / "ladder.json").read_text().replace("echo '285'", "echo 285").replace('"echo 285 "', '"echo 285"')
    (report / "ladder.json").write_text(text)
    done = subprocess.run([BIN / "flame", "ladder", "plan.json", "--resume", "--runs", "3"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "1 of 5 rungs failed, 1 gave another answer" in done.stderr, done.stderr

    def open_it(**options):
        shown = open_page(report / "index.html", **options)
        wait_until(shown, "[...document.querySelectorAll('.flamescale')].every(e => e.dataset.state === 'ready')")
        return shown

    return open_it


def names(page):
    return page.eval_on_selector_all("table.figures tbody tr td:first-child a", "all => all.map(a => a.textContent)")


def test_figures(page):
    shown = page()
    assert names(shown) == ["slow", "medium", "fast", "wrong", "broken"]
    cells = shown.eval_on_selector_all("table.figures tbody tr:nth-child(2) td", "all => all.map(c => c.textContent)")
    assert cells == ["medium", "520 ms", "±4.8%", "7.88×", "7.88×", "520 ms", "20.0 MB", "✓"]
    assert "373×" in shown.inner_text(".headline")
    assert shown.inner_text("h1") == "</script><b>Ten</b> squares"
    assert shown.locator("h1 b").count() == 0
    assert "<i>first</i>" in shown.inner_text("table.figures")


def test_the_table_sorts(page):
    shown = page()

    def press(column):
        shown.click(f"table.figures th:nth-child({column}) button")

    press(2)
    assert [name for name in names(shown) if name != "wrong"] == ["fast", "medium", "slow", "broken"]
    assert shown.get_attribute("table.figures th:nth-child(2)", "aria-sort") == "ascending"
    press(2)
    assert [name for name in names(shown) if name != "wrong"] == ["slow", "medium", "fast", "broken"]
    press(4)
    assert names(shown)[:3] == ["slow", "medium", "fast"]  # by speed-up; those without one stay below
    press(4)
    assert names(shown)[:3] == ["fast", "medium", "slow"]
    press(1)
    assert names(shown) == ["slow", "medium", "fast", "wrong", "broken"]


def test_the_table_sorts_by_keyboard(page):
    shown = page()
    shown.focus("table.figures th:nth-child(7) button")
    shown.keyboard.press("Enter")
    assert [name for name in names(shown) if name in ("slow", "medium", "fast")] == ["fast", "slow", "medium"]


def test_bars_are_logarithmic(page):
    shown = page()
    widths = shown.eval_on_selector_all(".chart .bar", "all => all.map(b => parseFloat(b.style.width))")[:3]
    ticks = shown.eval_on_selector_all(".chart .row:first-child .tick", "all => all.map(t => parseFloat(t.style.left))")
    decade = ticks[1] - ticks[0]
    assert widths[0] - widths[1] == pytest.approx(decade * log10(4.1 / 0.52), abs=0.1)
    assert widths[1] - widths[2] == pytest.approx(decade * log10(0.52 / 0.011), abs=0.1)


def test_flame_graphs_zoom_and_search_inside_the_page(page):
    shown = page()
    graph = shown.locator("#graph-slow")
    graph.scroll_into_view_if_needed()
    graph.locator(".fl-search-box").fill("square")
    wait_until(shown, "document.querySelector('#graph-slow').innerText.includes('70')")
    assert re.search(r"70(\.0+)?\s*%", graph.inner_text())
    box = shown.evaluate(BOX.replace("FlameGraph.viewers[0]", "document.querySelector('#graph-slow').viewer"),
                         [["<module>", "<genexpr>"], 0])
    crumbs = graph.locator(".fl-crumb").count()
    shown.mouse.click(box["left"] + box["width"] / 2, box["top"] + box["height"] / 2)
    wait_until(shown, "n => document.querySelectorAll('#graph-slow .fl-crumb').length > n", crumbs)
    wait_until(shown, "location.hash.includes('graph-slow')")  # the view can be sent to someone


def test_differences_stand_between_neighbours(page):
    shown = page()
    assert shown.locator("section[id^=change-]").count() == 1
    text = shown.inner_text("#change-medium table")
    assert "square" in text
    # 70 of 100 samples of 4.1 s before, 30 of 40 of 0.52 s after
    assert re.search(r"square\s+2\.87 s\s+390 ms\s+−2\.48 s", text)


def test_source_lines_open(page):
    shown = page()
    rows = shown.eval_on_selector_all("#rung-slow .hot tbody tr", "all => all.map(r => r.innerText.split(/\\s*\\t\\s*/))")
    assert rows[0][0].strip().startswith("70.0%") and rows[0][1] == "slow.py:2" and rows[0][2] == "return x * x"
    assert rows[1][1] == "slow.py:5" and "total = sum(" in rows[1][2]
    source = shown.locator("#rung-slow details.file").first
    assert source.get_attribute("open") is None
    shown.click("#rung-slow a.line >> nth=0")
    assert source.get_attribute("open") is not None
    here = shown.locator("#rung-slow .source tr.here")
    assert here.is_visible() and here.inner_text().split() == ["2", "70.0%", "return", "x", "*", "x"]
    shown.click("#rung-slow summary")
    assert source.get_attribute("open") is None


def test_failures_are_told(page):
    shown = page()
    assert "ended with status 2" in shown.inner_text("#rung-broken .problem")
    assert "No such file" in shown.inner_text("#rung-broken pre")
    assert "another answer than 'slow': 284 where the first has 285" in shown.inner_text("#rung-wrong .problem")
    assert shown.locator("#rung-wrong .facts").inner_text().count("over") == 0


def test_light_and_dark(page):
    shown = page(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = shown.evaluate(ground)
    shown.click(".theme")
    dark = shown.evaluate(ground)
    assert light != dark
    # The flame graphs follow the page, and the page follows them.
    wait_until(shown, "document.querySelector('#graph-slow .fl-viewer').dataset.theme === 'dark'")
    shown.evaluate("document.documentElement.dataset.theme = 'light'")
    wait_until(shown, "document.querySelector('.theme').textContent === '\u263e'")
    assert page(color_scheme="dark").evaluate(ground) == dark


@pytest.mark.parametrize("size, scheme", [((1280, 900), "light"), ((1280, 900), "dark"), ((390, 844), "light"), ((390, 844), "dark")])
def test_no_sideways_scrolling(page, shot, size, scheme):
    shown = page(size=size, color_scheme=scheme)
    assert shown.evaluate("document.documentElement.scrollWidth") <= size[0]
    shot(shown, f"ladder-{size[0]}-{scheme}-top")
    shown.locator("#rung-slow").scroll_into_view_if_needed()
    shown.evaluate("document.querySelector('#rung-slow').scrollIntoView()")
    shot(shown, f"ladder-{size[0]}-{scheme}-rung")


def test_printed(page, tmp_path):
    shown = page()
    shown.emulate_media(media="print")
    assert not shown.is_visible(".theme") and not shown.is_visible("nav")
    pdf = shown.pdf(path=tmp_path / "page.pdf")
    assert len(pdf) > 20_000
