#!/usr/bin/env python3
"""How soon a browser has the HTML page open: 200,000 and 1,000,000 distinct frames in headless Chromium, from the
address to the first picture, and what the common actions cost after that. The frame count is checked first."""

import json
import os
import pathlib
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
FLAME = ROOT / "build/release/bin/flame"
RUNS = 5

ACTIONS = {
    "draw": "v.chart.paint()",
    "zoom": "v.zoomTo({pane: v.chart.panes[0], node: v.chart.panes[0].tree.rows[v.chart.panes[0].tree.rowStart[2]]})",
    "search": "v.setSearch(v.state.search ? '' : 'function_name_number_7')",
    "table": "(v.state.table = true, v.tableRows = null, v.updateTable())",
    "callers": "v.setView('callers')",
    "sandwich": "v.setView('sandwich', 7)",
}


def folded(frames, file):
    pick = random.Random(1)
    made = 0
    while made < frames:
        stack = ["main", f"run_{pick.randrange(40)}", f"ns::worker_{pick.randrange(60)}::step"]
        for _ in range(pick.randint(4, 20)):
            stack.append(f"lib{pick.randrange(20)}::function_name_number_{pick.randrange(8000)}")
            made += 1
        file.write(f"{';'.join(stack)} {pick.choice([1, 1, 2, 5])}\n")


def measure(browser, page_file):
    opened, acted, frames = [], {name: [] for name in ACTIONS}, 0
    for _ in range(RUNS):
        context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        page = context.new_page()
        began = time.monotonic()
        page.goto(page_file.as_uri())
        page.wait_for_selector(".flamescale[data-state=ready]")
        opened.append(time.monotonic() - began)
        frames = page.evaluate("FlameGraph.viewers[0].profile.tree.n")
        for name, code in ACTIONS.items():
            acted[name].append(page.evaluate(
                f"(() => {{ const v = FlameGraph.viewers[0], t = performance.now(); {code}; v.chart.paint();"
                " return (performance.now() - t) / 1000; })()"))
        context.close()
    return frames, opened, acted


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None
    report = {"bench": "page", "machine": platform.processor() or platform.machine(), "cores": os.cpu_count(), "results": []}
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("  not measured: playwright is missing; ./run test browser installs it")
        return 0
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        print("  not measured: there is no chromium; ./run test browser installs it")
        return 0
    report["commit"] = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        report["browser"] = browser.version
        for wanted in [200_000, 1_000_000]:
            source, page = pathlib.Path(folder, "in.folded"), pathlib.Path(folder, "page.html")
            with open(source, "w", encoding="utf-8") as file:
                folded(wanted, file)
            subprocess.run([FLAME, "graph", source, "-o", page], check=True)
            frames, opened, acted = measure(browser, page)
            if frames < wanted:
                print(f"  wrong answer: {frames} frames in the page, {wanted} expected", file=sys.stderr)
                return 1
            megabytes = page.stat().st_size / 1e6
            print(f"  {frames:,} frames, {megabytes:.1f} MB: open in {statistics.median(opened):.2f} s "
                  f"({min(opened):.2f} to {max(opened):.2f})")
            print("    " + ", ".join(f"{name} {1000 * statistics.median(times):.0f} ms" for name, times in acted.items()))
            report["results"].append({
                "frames": frames, "megabytes": megabytes, "open_s": statistics.median(opened), "open_runs_s": opened,
                **{f"{name}_s": statistics.median(times) for name, times in acted.items()}})
        browser.close()
    if out:
        out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
