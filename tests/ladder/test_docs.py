"""The numbers in README and docs are those of the committed climb, docs/figures/ladder.json."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "docs" / "make_tutorial.py"


def test_numbers_are_those_of_the_climb():
    done = subprocess.run([sys.executable, TOOL, "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_there_are_numbers_to_check():
    for name in ("README.md", "docs/tutorial.md"):
        text = (ROOT / name).read_text()
        assert len(re.findall(r"<!--n [^>]+-->", text)) == len(re.findall(r"<!--/n-->", text)) >= 2
        assert "-->?<!--" not in text


def test_a_stale_number_is_named(tmp_path):
    copy = tmp_path / "docs"
    (tmp_path / "ladders").symlink_to(ROOT / "ladders")
    copy.mkdir()
    (copy / "figures").symlink_to(ROOT / "docs" / "figures")
    (copy / "make_tutorial.py").write_text(TOOL.read_text())
    (tmp_path / "README.md").write_text("Takes <!--n naive.time-->3 years<!--/n-->.\n")
    done = subprocess.run([sys.executable, copy / "make_tutorial.py", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "README.md: naive.time is" in done.stderr and "not '3 years'" in done.stderr
    subprocess.run([sys.executable, copy / "make_tutorial.py", "write"], check=True)
    assert "3 years" not in (tmp_path / "README.md").read_text()


def test_pictures_are_there():
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for name in re.findall(r'(?:src="|\]\()((?:docs/)?figures/[^")]+)', path.read_text()):
            assert (path.parent / name).exists(), f"{path.name} shows {name}, which is not there"


def test_the_ten_line_plan(flame, tmp_path):
    """The manual's first plan is ten lines, and works."""
    plan = re.search(r"## A plan of ten lines\n\n```json\n(.*?)```", (ROOT / "docs/ladders.md").read_text(), re.S)[1]
    assert len(plan.splitlines()) <= 10
    (tmp_path / "plan.json").write_text(plan)
    (tmp_path / "loop.py").write_text("import json, sys\nn = int(sys.argv[1])\ntotal = 0\nfor i in range(n + 1):\n"
                                      "    total += i * i\nprint(json.dumps({'sum': total, 'seconds': 0.01}))\n")
    (tmp_path / "formula.py").write_text("import json, sys\nn = int(sys.argv[1])\n"
                                         "print(json.dumps({'sum': n * (n + 1) * (2 * n + 1) // 6}))\n")
    done = flame("ladder", "plan.json", "-o", "report/", "--runs", 1, "--no-profile")
    assert done.status == 0, done.err
    assert done.rungs["loop"]["answers"][0]["text"] == "sum 9000004500000500000"


def test_the_manual_knows_every_key():
    """Each key of a plan stands in the manual."""
    manual = (ROOT / "docs/ladders.md").read_text()
    for source in ("plan.c", "plan_rung.c"):
        text = (ROOT / "src/flame/ladder" / source).read_text()
        for table in re.findall(r"_keys\[\] = \{(.*?)NULL", text, re.S):
            for key in re.findall(r'"(\w+)"', table):
                assert re.search(rf"[`\"]{key}[`\"]", manual), f'docs/ladders.md does not tell of "{key}"'
