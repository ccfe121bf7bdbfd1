"""The numbers in README and docs are those of the committed climb, docs/figures/ladder.json."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BIN

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "docs" / "make_tutorial.py"
MARKED = re.compile(r"<!--n ([^>]+?)-->(.*?)<!--/n-->", re.S)


def test_numbers_are_those_of_the_climb():
    done = subprocess.run([sys.executable, TOOL, "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["README.md", "docs/tutorial.md"])
def test_no_other_figures(name):
    """A share, a ratio or a time that stands in the words, an alternative text or a caption is one of the climb."""
    text = re.sub(r"```.*?```", "", MARKED.sub("", (ROOT / name).read_text()), flags=re.S)
    found = re.findall(r"\d[\d.,]*\s?(?:%|×|percent|s\b|ms\b|µs\b|[kMG]B\b)|\b(?:tenths?|thirds?|quarters?|hours?) of\b", text)
    assert not found, found


def test_rungs_run_what_the_tutorial_says(tmp_path, monkeypatch):
    """Instruction set, threads and epochs: what the text claims of a rung is what the rung reports of itself."""
    pytest.importorskip("numpy")
    mdscale = pytest.importorskip("mdscale")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{BIN}:{os.environ['PATH']}")
    spec = importlib.util.spec_from_file_location("make_tutorial", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    for n in (40, 60):
        subprocess.run([sys.executable, tool.LADDER / "prepare.py", str(n), tmp_path / str(n)], check=True)
    ran = tool.what_rungs_run(n=40, large=60, data=tmp_path)
    claims = dict(MARKED.findall((ROOT / "docs/tutorial.md").read_text()))
    for rung in ("kernels", "native, scalar", "native, SIMD"):  # in the words of their sections
        assert (ran[rung]["isa"] == "scalar") == (claims[f"{rung}.isa"] == "scalar"), rung
    assert ran["native, SIMD"]["isa"] == mdscale.isa_best()
    assert f'{ran["native, scalar"]["threads"]}' == claims["native, scalar.threads"] == "1"
    assert ran["native, SIMD"]["threads"] == ran["large, 1 thread"]["threads"] == 1
    small = {rung: report["epochs"] for rung, report in ran.items() if not rung.startswith("large")}
    assert len(small) == 5 and len(set(small.values())) == 1, small
    committed = tool.Numbers(tool.json.loads(tool.RESULTS.read_text()))
    for rung, report in committed.results["ran"].items():
        answer = committed.rungs[rung]["answers"][0]["summary"]
        assert f"epochs {report['epochs']}," in answer, rung


def test_python_is_called_python3():
    """A fresh Debian has no command python."""
    texts = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"), *ROOT.glob("ladders/*/*"), *ROOT.glob("cli/*.c")]
    for path in texts:
        found = re.findall(r".*(?:^|[\s\"'`])python (?:[\w./<{-]+\.py|-[mc]\b).*", path.read_text(), re.M)
        assert not found, (path.name, found)


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


def test_pictures_are_as_the_words_say():
    """The words for a picture of a climb come from the climb, and what the text points at is drawn."""
    for name in ("README.md", "docs/tutorial.md"):
        unmarked = re.findall(r'<img src="([^"]+)"', MARKED.sub("", (ROOT / name).read_text()))
        assert unmarked in ([], ["docs/figures/digits.svg"])
    drawn = (ROOT / "docs/figures/tutorial_shell.svg").read_text()
    assert all(f"<title>{function}" in drawn for function in ("_Fork", "setlocale", "__nscd_"))


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
