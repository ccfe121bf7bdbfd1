"""The HTML page of one profile, used as a person would: every number it shows against stack_model."""

import random
import re
import xml.etree.ElementTree

import pytest
from flame_page import FlamePage, wait_until
from stack_model import Stacks, label_of

SMALL = """\
main;parse;lex 30
main;parse;build_tree;alloc 20
main;parse;build_tree 5
main;eval;call;apply;call;apply 40
main;eval;call;apply 20
main;eval 10
main;eval;call;alloc 12
main;gc;Alloc_sweep 15
idle 48
"""


def python_profile(seed=5, stacks=120):
    """Frames as `flame record` writes them: file:function:line."""
    pick = random.Random(seed)
    functions = [("app.py", "serve"), ("app.py", "route"), ("orm/query.py", "execute"), ("orm/query.py", "hydrate"),
                 ("render.py", "render"), ("render.py", "escape"), ("native.c", "dot")]
    lines = {}
    for _ in range(stacks):
        frames = [f"app.py:main:{pick.choice([10, 11])}"]
        for _ in range(pick.randint(1, 6)):
            file, function = pick.choice(functions)
            frames.append(f"{file}:{function}:{pick.choice([20, 21, 22])}")
        if pick.random() < 0.3:
            frames.append("__memcpy_avx")
        stack = ";".join(frames)
        lines[stack] = lines.get(stack, 0) + pick.randint(1, 9)
    return "".join(f"{stack} {count}\n" for stack, count in lines.items())


PYTHON = python_profile()


@pytest.fixture
def small(flame, open_page):
    where = flame("graph", {"small.folded": SMALL}, "--title", "A small profile", "-o", "small.html")
    return FlamePage(open_page(where / "small.html"))


@pytest.fixture
def python_page(flame, open_page):
    where = flame("graph", {"python.folded": PYTHON}, "-o", "python.html")
    return FlamePage(open_page(where / "python.html"))


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


HOSTILE = [
    "<script>window.pwned=1</script>", "</script><script>window.pwned=2</script>", "<img src=x onerror=window.pwned=3>",
    "]]><!--", "quote\"'&amp`${window.pwned=4}", "line\u2028and\u2029paragraph", "right\u202eto left\u2066", "__proto__",
    "constructor", "@Y@${y}", "tab\there", "\x01\x1b[31m", "\ud83d\ude00 emoji".encode("utf-16", "surrogatepass").decode("utf-16"), "\ufeffbom", "a" * 5000,
]


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
