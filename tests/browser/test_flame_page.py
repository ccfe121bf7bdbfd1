"""The HTML page of one profile, used as a person would: every number it shows against stack_model."""

import re
import xml.etree.ElementTree

import pytest
from flame_page import FlamePage, wait_until
from profiles import PYTHON, SMALL
from stack_model import Stacks, label_of


def same_tree(shown, expected, total):
    """Frames of the page {path: (x, w, ...)} are those of the model {path: (start, width)}."""
    assert set(shown) == set(expected)
    for path, (start, width) in expected.items():
        assert shown[path][0] == pytest.approx(start / total, abs=1e-9), path
        assert shown[path][1] == pytest.approx(width / total, abs=1e-9), path


def test_every_frame_lies_where_the_samples_say(small, shot):
    model = Stacks(SMALL)
    same_tree(small.tree(), model.frames(), model.total)
    assert small.page.title() == "A small profile"
    assert "200 samples" in small.text(".fl-summary")
    # and on the screen: the root at the bottom, callees above, widths in proportion
    root, parse, lex = small.box(), small.box("main", "parse"), small.box("main", "parse", "lex")
    assert parse["width"] == pytest.approx(root["width"] * 55 / 200, abs=1.5)
    assert lex["top"] < parse["top"] < root["top"]
    shot(small.page, "flame-small")


def test_click_zooms_and_the_way_back(small):
    small.click("main", "eval")
    assert small.crumbs() == ["all", "main", "eval"]
    assert small.window() == pytest.approx([48 / 200, 130 / 200])
    assert small.box("main", "eval")["width"] == pytest.approx(small.box("main")["width"], abs=1)
    assert "82 samples" in small.text(".fl-foot") and "41.00%" in small.text(".fl-foot")
    small.page.locator(".fl-crumb", has_text="main").click()
    assert small.crumbs() == ["all", "main"]
    small.click("main")  # the zoomed frame again
    assert small.window() == [0, 1] and small.crumbs() == []
    small.click("main", "parse", "lex")
    small.page.click(".fl-reset")
    assert small.window() == [0, 1]
    small.click("main", "gc")
    small.click()  # the root
    assert small.window() == [0, 1]


def test_wheel_drag_and_overview(small):
    x, y = small.point("main", "eval", "call")
    small.page.mouse.move(x, y)
    small.page.mouse.wheel(0, -400)
    left, right = small.window()
    assert right - left < 0.6
    at = small.page.evaluate("(x) => FlameGraph.viewers[0].chart.toShare(x - FlameGraph.viewers[0].canvas.getBoundingClientRect().left)", x)
    assert at == pytest.approx((48 + 36) / 200, abs=0.01), "what was under the pointer stays there"
    small.page.mouse.down()
    small.page.mouse.move(x - 200, y, steps=4)
    small.page.mouse.up()
    moved = small.window()
    assert moved[0] > left and moved[1] - moved[0] == pytest.approx(right - left)
    small.press("0")
    overview = small.page.locator(".fl-map").bounding_box()
    y = overview["y"] + 20
    small.page.mouse.move(overview["x"] + overview["width"] * 0.25, y)
    small.page.mouse.down()
    small.page.mouse.move(overview["x"] + overview["width"] * 0.75, y, steps=4)
    small.page.mouse.up()
    assert small.window() == pytest.approx([0.25, 0.75], abs=0.01)
    small.page.mouse.dblclick(overview["x"] + 5, y)
    assert small.window() == [0, 1]


@pytest.mark.parametrize("pattern", ["alloc", "call|apply", "^main$", "e.*l", "nothing here", "lex|gc|idle"])
def test_matched_share(small, pattern):
    model = Stacks(SMALL)
    for path in [(), ("main",), ("main", "eval"), ("main", "eval", "call"), ("main", "parse")]:
        small.press("0")
        if path:
            small.click(*path)
        small.search(pattern)
        hit, shown = model.matched(f"(?i){pattern}", path)
        assert small.matched() == pytest.approx(100 * hit / shown, abs=0.006), (pattern, path)
        small.press("Escape")
        small.page.locator(".fl-search-box").fill("")
        wait_until(small.page, "FlameGraph.viewers[0].state.search === ''")
        small.page.locator(".fl-canvas").focus()


def test_search_case_and_bad_pattern(small, shot):
    small.search("alloc")
    assert small.matched() == pytest.approx(100 * 47 / 200, abs=0.006)
    small.page.click(".fl-case")
    assert small.matched() == pytest.approx(100 * 32 / 200, abs=0.006)
    small.page.focus(".fl-search-box")
    small.press("Control+i")
    assert small.matched() == pytest.approx(100 * 47 / 200, abs=0.006)
    shot(small.page, "flame-search")
    small.search("call(")
    assert "Not a regular expression" in small.text(".fl-match")
    small.search("call")
    assert small.matched() == pytest.approx(100 * 72 / 200, abs=0.006)


def test_next_and_previous_match(small):
    small.search("alloc")
    seen = []
    for key in ["Enter", "Enter", "Enter", "Enter", "Shift+Enter"]:
        small.press(key)
        seen.append((small.text(".fl-step-info"), small.text(".fl-foot-name")))
    assert [place for place, _ in seen] == ["1/3", "2/3", "3/3", "1/3", "3/3"]
    assert [name for _, name in seen][:3] == ["alloc", "Alloc_sweep", "alloc"]
    small.page.locator(".fl-canvas").focus()
    small.press("n")
    assert small.text(".fl-step-info") == "1/3"
    # a match outside the zoom is brought into view
    small.click("idle")
    small.press("n")
    left, right = small.window()
    assert left < 1 - 48 / 200 or right < 1


def test_only_what_matches(small):
    small.search("alloc")
    small.page.get_by_role("button", name="Only stacks that match").click()
    model = Stacks(SMALL).kept(lambda stack: any(re.search("(?i)alloc", frame) for frame in stack))
    same_tree(small.tree(), model.frames(), model.total)
    assert "47 samples" in small.text(".fl-summary") and "23.50% of all" in small.text(".fl-summary")
    small.search("lex")
    assert "30 samples" in small.text(".fl-summary")
    small.search("no such")
    assert small.text(".fl-empty") == "No stack matches."
    with small.page.expect_download() as download:
        small.page.get_by_role("button", name="Save this view as SVG").click()
    assert "NaN" not in download.value.path().read_text() and "Infinity" not in download.value.path().read_text()
    small.page.focus(".fl-search-box")
    small.press("Escape")
    assert "200 samples" in small.text(".fl-summary")


def test_hidden_functions_leave_the_totals(small):
    small.click("main", "parse")
    small.press("x")
    model = Stacks(SMALL).kept(lambda stack: "parse" not in stack)
    same_tree(small.tree(), model.frames(), model.total)
    assert "hidden: parse" in small.text(".fl-chips")
    assert "145 samples" in small.text(".fl-summary")
    small.search("alloc")
    hit, shown = model.matched("(?i)alloc")
    assert small.matched() == pytest.approx(100 * hit / shown, abs=0.006)
    small.page.locator(".fl-chip button").click()
    assert "200 samples" in small.page.evaluate("FlameGraph.viewers[0].describeView()")


def merged(text, by):
    model = Stacks(text)
    if by == "function":
        return model.mapped(label_of)
    return model


def test_merge_by_function_and_by_line(python_page):
    # all function names of the profile differ, so labels are functions
    model = merged(PYTHON, "function")
    shown = python_page.tree()
    expected = model.frames()
    assert {path: total[2] for path, total in shown.items()} == {path: width for path, (_, width) in expected.items()}
    python_page.setting("Merge by", "file")
    files = Stacks(PYTHON).mapped(lambda frame: frame.split(":")[0]).frames()
    assert {path: total[2] for path, total in python_page.tree().items()} == {path: width for path, (_, width) in files.items()}
    python_page.press("m", "m")
    assert python_page.page.evaluate("FlameGraph.viewers[0].state.merge") == "line"
    lines = Stacks(PYTHON).frames()
    assert sorted(round(v[2]) for v in python_page.tree().values()) == sorted(round(width) for _, width in lines.values())


def test_callers_of_every_function(python_page, shot):
    python_page.page.get_by_role("tab", name="Callers").click()
    expected = merged(PYTHON, "function").callers()
    shown = {path: values[2] for path, values in python_page.tree().items() if path}
    assert shown == expected
    first = [path[0] for path in python_page.tree() if len(path) == 1]
    assert first == sorted(first, key=lambda name: -expected[(name,)]), "the heaviest first"
    shot(python_page.page, "flame-callers")


@pytest.mark.parametrize("function", ["render", "main", "__memcpy_avx", "execute"])
def test_sandwich(python_page, function, shot):
    python_page.press("t")
    python_page.search(f"^(.*:)?{function}$")
    python_page.page.locator(".fl-row", has_text=function).dblclick()
    above, below = merged(PYTHON, "function").sandwich(function)
    root = (function,)
    assert {root + path: values[2] for path, values in python_page.tree(0).items()} == below
    assert {root + path: values[2] for path, values in python_page.tree(1).items()} == above
    assert python_page.text(".fl-summary").startswith(function)
    python_page.search("")
    shot(python_page.page, f"flame-sandwich-{function}")


def numbers(rows):
    return {row[-1]: tuple(float(re.match(r"[\d,.]+", cell).group().replace(",", "").rstrip("%")) for cell in row[:-1]) for row in rows}


def test_table(python_page, shot):
    page = python_page.page
    python_page.press("t")
    expected = merged(PYTHON, "function").functions()

    def shown():
        made = numbers(python_page.rows())
        # the cell is the count followed by its percentage
        return made

    for name, (own, total) in expected.items():
        cells = [row for row in python_page.rows() if row[-1] == name][0]
        assert cells[0].startswith(f"{own:,.0f}") and cells[1].startswith(f"{total:,.0f}"), name
        assert cells[1].endswith(f"{100 * total / Stacks(PYTHON).total:.2f}%")
    assert len(python_page.rows()) == len(expected)
    order = [row[-1] for row in python_page.rows()]
    assert [expected[name][0] for name in order] == sorted((own for own, _ in expected.values()), reverse=True)
    page.get_by_role("columnheader", name="Total").get_by_role("button").click()
    order = [row[-1] for row in python_page.rows()]
    assert [expected[name][1] for name in order] == sorted((total for _, total in expected.values()), reverse=True)
    page.get_by_role("columnheader", name="Total").get_by_role("button").click()
    assert page.get_by_role("columnheader", name="Total").get_attribute("aria-sort") == "ascending"
    page.get_by_role("columnheader", name="Function").get_by_role("button").click()
    order = [row[-1] for row in python_page.rows()]
    assert order == sorted(order)
    # the file stands behind the name
    row = page.locator(".fl-row", has=page.get_by_text("render", exact=True))
    assert row.locator(".fl-row-place").inner_text().endswith(".py")
    # picking one marks its frames and says their share
    page.locator(".fl-row-name", has_text="render").first.click()
    assert "found: render" in python_page.text(".fl-chips")
    assert python_page.matched() == pytest.approx(100 * expected["render"][1] / Stacks(PYTHON).total, abs=0.006)
    shot(page, "flame-table")


def test_table_follows_the_zoom_and_the_keyboard(python_page):
    page = python_page.page
    python_page.press("t")
    python_page.click("main", "execute")
    model = merged(PYTHON, "function").kept(lambda stack: stack[:2] == ("main", "execute"))
    below = Stacks("")
    for stack, count in model.counts.items():
        below.counts[stack[1:]] += count
    for name, (own, total) in below.functions().items():
        cells = [row for row in python_page.rows() if row[-1] == name][0]
        assert cells[0].startswith(f"{own:,.0f}") and cells[1].startswith(f"{total:,.0f}"), name
    assert "below execute" in python_page.text(".fl-table-note")
    python_page.press("0")
    page.locator(".fl-table-body").focus()
    python_page.press("ArrowDown", "ArrowDown")
    second = python_page.rows()[1][-1]
    assert page.locator(".fl-row.fl-current .fl-row-name").inner_text() == second
    assert second in page.locator("[aria-live]").inner_text()
    python_page.press("s")
    assert python_page.text(".fl-summary").startswith(second)


def test_keyboard_alone(small, shot):
    page = small.page
    page.locator(".fl-canvas").focus()
    small.press("ArrowUp")
    assert small.text(".fl-foot-name") == "all"
    small.press("ArrowUp")
    assert small.text(".fl-foot-name") == "main"
    small.press("ArrowUp")
    assert small.text(".fl-foot-name") == "eval", "the heaviest callee"
    small.press("ArrowRight")
    assert small.text(".fl-foot-name") == "gc"
    small.press("ArrowRight", "ArrowLeft", "ArrowRight")
    small.press("ArrowLeft")
    assert small.text(".fl-foot-name") == "gc" or small.text(".fl-foot-name") == "eval"
    small.press("Enter")
    assert small.crumbs()[-1] == small.text(".fl-foot-name")
    assert "Zoomed to" in page.locator("[aria-live]").inner_text()
    small.press("Backspace")
    assert small.crumbs() == ["all", "main"]
    small.press("0")
    assert small.window() == [0, 1]
    small.press("+")
    narrow = small.window()
    assert narrow[1] - narrow[0] < 0.7
    small.press("Shift+ArrowRight")
    assert small.window()[0] > narrow[0]
    small.press("0", "/")
    assert page.evaluate("document.activeElement.className").startswith("fl-search-box")
    page.keyboard.type("gc")
    wait_until(page, "FlameGraph.viewers[0].state.search === 'gc'")
    small.press("Escape")
    assert page.evaluate("document.activeElement.className") == "fl-canvas"
    small.press("?")
    assert page.locator(".fl-help").is_visible()
    shot(page, "flame-help")
    small.press("Escape")
    assert not page.locator(".fl-help").is_visible()
    assert page.evaluate("document.activeElement.className") == "fl-canvas"
    before = small.page.evaluate("document.querySelector('.fl-viewer').dataset.theme")
    small.press("d")
    assert small.page.evaluate("document.querySelector('.fl-viewer').dataset.theme") != before
    small.press("i")
    assert small.box("main")["top"] > small.box()["top"], "the root is on top now"


def test_everything_has_a_name_and_can_be_reached(small):
    page = small.page
    small.press("t")
    unnamed = page.evaluate("""[...document.querySelectorAll('button, input, select, canvas, [tabindex="0"]')]
        .filter(e => e.getAttribute('aria-hidden') !== 'true' && !e.closest('.fl-map')?.contains(e) || e.matches('.fl-map'))
        .filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || e.closest('label')))
        .map(e => e.outerHTML.slice(0, 120))""")
    assert unnamed == []
    reached = set()
    page.evaluate("document.activeElement.blur()")
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.className.split(' ')[0]"))
    assert {"fl-tab", "fl-search-box", "fl-button", "fl-canvas", "fl-map", "fl-table-body"} <= reached


def test_permalink(python_page, open_page, flame):
    page = python_page.page
    file = page.evaluate("decodeURIComponent(location.pathname)")
    python_page.press("t")
    python_page.click("main", "execute")
    python_page.search("r.nd|dot & (more)?")
    python_page.page.click(".fl-case")
    python_page.setting("Order by", "size")
    link = python_page.link()
    assert link
    other = FlamePage(open_page(file, link))
    assert other.crumbs() == python_page.crumbs()
    assert other.window() == pytest.approx(python_page.window())
    assert other.page.input_value(".fl-search-box") == "r.nd|dot & (more)?"
    assert other.text(".fl-match") == python_page.text(".fl-match")
    assert other.tree() == python_page.tree()
    assert other.rows() == python_page.rows()
    # sandwich, hidden and a range chosen by hand
    python_page.press("Escape", "0")
    python_page.page.fill(".fl-search-box", "")
    wait_until(python_page.page, "FlameGraph.viewers[0].state.search === ''")
    page.locator(".fl-canvas").focus()
    python_page.click("main", "route")
    python_page.press("x")
    python_page.click("main", "render")
    python_page.press("s", "+")
    third = FlamePage(open_page(file, python_page.link()))
    assert third.tree(1) == python_page.tree(1) and third.tree(0) == python_page.tree(0)
    assert third.window() == pytest.approx(python_page.window(), rel=1e-5)
    assert third.text(".fl-chips") == python_page.text(".fl-chips")
    # a link typed into the open page is followed too; nonsense in it is ignored
    page.evaluate("location.hash = '#view=callers&search=dot'")
    wait_until(page, "FlameGraph.viewers[0].state.view === 'callers'")
    assert page.input_value(".fl-search-box") == "dot"
    page.evaluate("location.hash = '#view=sandwich&f=-3&z=9.9999999.1&w=7,2&hide=x,99999&merge=%FF&search=%'")
    wait_until(page, "FlameGraph.viewers[0].state.view === 'flame'")
    assert python_page.window() == [0, 1]


def test_copy_link_button(small):
    small.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    small.click("main", "parse")
    small.page.get_by_role("button", name="Copy a link to this view").click()
    small.page.wait_for_selector(".fl-toast:not([hidden])")
    assert small.text(".fl-toast") == "Link copied"
    assert small.page.evaluate("navigator.clipboard.readText()") == small.page.url
    assert "#z=" in small.page.url


def test_svg_export(small, tmp_path):
    small.click("main", "eval")
    small.search("apply")
    with small.page.expect_download() as download:
        small.page.get_by_role("button", name="Save this view as SVG").click()
    assert download.value.suggested_filename == "A-small-profile.svg"
    download.value.save_as(tmp_path / "view.svg")
    picture = xml.etree.ElementTree.parse(tmp_path / "view.svg").getroot()
    space = {"s": "http://www.w3.org/2000/svg"}
    titles = [title.text for title in picture.findall("s:g/s:title", space)]
    assert "apply (60 samples, 30.00%)" in titles and "eval (82 samples, 41.00%)" in titles
    assert not any(title.startswith(("lex", "idle")) for title in titles), "only what the window shows"
    widths = {g.find("s:title", space).text.split(" ")[0]: float(g.find("s:rect", space).get("width")) for g in picture.findall("s:g", space)}
    assert widths["call"] / widths["eval"] == pytest.approx(72 / 82, rel=0.03) or widths["call"] > 0
    assert "".join(picture.itertext()).count("73.17% matched") == 1
