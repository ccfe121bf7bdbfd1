"""The numbers in README and docs are those of the committed climb, docs/figures/ladder.json."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BIN

ROOT = Path(__file__).parents[3]
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
    subprocess.run([sys.executable, tool.LADDER / "prepare.py", "40", tmp_path / "40"], check=True)
    ran = tool.what_rungs_run(n=40, data=tmp_path)
    claims = dict(MARKED.findall((ROOT / "docs/tutorial.md").read_text()))
    for rung in ("kernels", "native, scalar", "native, SIMD"):  # in the words of their sections
        assert (ran[rung]["isa"] == "scalar") == (claims[f"{rung}.isa"] == "scalar"), rung
    assert ran["native, SIMD"]["isa"] == mdscale.isa_best()
    assert f'{ran["native, scalar"]["threads"]}' == claims["native, scalar.threads"] == "1"
    assert ran["native, SIMD"]["threads"] == 1
    epochs = {rung: report["epochs"] for rung, report in ran.items() if rung != "another algorithm"}
    assert len(epochs) == 6 and len(set(epochs.values())) == 1, epochs
    assert "epochs" not in ran["another algorithm"]
    committed = tool.Numbers(json.loads(tool.RESULTS.read_text()))
    for rung, report in committed.results["ran"].items():
        answer = committed.rungs[rung]["answers"][0]["summary"]
        assert "epochs" not in report or f"epochs {report['epochs']}," in answer, rung
    assert committed.rungs["another algorithm"]["another_answer"].startswith("lower stress: ")


def test_python_is_called_python3():
    """A fresh Debian has no command python."""
    texts = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"), *ROOT.glob("ladders/*/*"), *ROOT.glob("cli/*.c")]
    for path in texts:
        if path.is_dir():
            continue
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
    named = ("init_cpu_features", "_dl_map_object", "setlocale", "entry_SYSCALL_64_after_hwframe", "kernel_clone",
             "__x64_sys_execve")
    assert all(f"<title>{function}" in drawn for function in named)


def test_the_ten_line_plan(flame, tmp_path):
    """The manual's first plan is ten lines, and works."""
    manual = (ROOT / "docs/ladders.md").read_text()
    plan = re.search(r"## A plan of ten lines\n\n```json\n(.*?)```", manual, re.S)[1]
    assert len(plan.splitlines()) <= 10
    (tmp_path / "plan.json").write_text(plan)
    for name in ("loop.py", "formula.py"):
        code = re.search(rf"`{name}` (?:may be )?this:\n\n```python\n(.*?)```", manual, re.S)[1]
        (tmp_path / name).write_text(code)
    done = flame("ladder", "plan.json", "-o", "report/", "--runs", 1, "--no-profile")
    assert done.status == 0, done.err
    assert done.rungs["loop"]["answers"][0]["text"] == "sum 9000004500000500000"


SLOW = """import json, time
began, total = time.perf_counter(), 0
while time.process_time() < 0.3:
    total += 1
print(json.dumps({"answer": 42, "seconds": time.perf_counter() - began}))
"""
SLOW_IN_C = "#include <time.h>\nint main(void) { while (clock() < 300000) {} return 0; }\n"


def test_commands_run_as_printed(flame, tmp_path):
    """Every command line of README and the manuals, in their order, in a folder with the files that they speak of."""
    if os.environ.get("FLAMESCALE_EMULATED"):
        pytest.skip("an emulated program cannot read the memory of another, so it records nothing")
    for name in ("data", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    for name in ("slow.py", "fast.py", "my_script.py"):
        (tmp_path / name).write_text(SLOW)
    (tmp_path / "build.ninja").write_text("rule run\n command = ./slow\nbuild all: run\n")
    subprocess.run(["cc", "-g", "-x", "c", "-o", tmp_path / "slow", "-"], input=SLOW_IN_C, text=True, check=True)
    (tmp_path / "features.csv").write_text("a,b,c\n1,2,3\n2,3,4\n3,5,1\n0,1,1\n")
    for name in ("stacks", "before", "after"):
        shutil.copy(ROOT / "docs/figures/report.folded", tmp_path / f"{name}.folded")
    plan = {"runs": 2, "profile": False, "rungs": [{"name": "a", "command": "python3 fast.py"}]}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    subprocess.run("mdscale distances features.csv -o distances.csv -q", shell=True, cwd=tmp_path, env=environment, check=True)
    target = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    ran = set()
    try:
        for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
            for line in "\n".join(re.findall(r"```sh\n(.*?)```", path.read_text(), re.S)).splitlines():
                # Of ./run, the wheel, a browser, perf's recording and a screen other tests know.
                if re.match(r"\./run|pip install|xdg-open|perf|flame top|time", line):
                    continue
                command = line.partition("#")[0].strip().replace("4242", str(target.pid)).replace("-d 10", "-d 0.3")
                if command in ran:
                    continue
                (tmp_path / "ladder.json").unlink(missing_ok=True)
                done = subprocess.run(command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True,
                                      timeout=120, check=False)
                if "not permitted" in done.stderr:
                    continue
                slower = "--check" in line and "SLOWER" in done.stdout  # on a busy machine that may be so
                assert done.returncode == 0 or slower, (path.name, line, done.stderr)
                ran.add(command)
    finally:
        target.kill()
        target.wait()
    assert len(ran) >= 12


def test_the_manual_knows_every_key():
    """Each key of a plan stands in the manual."""
    manual = (ROOT / "docs/ladders.md").read_text()
    for source in ("plan.c", "plan_rung.c"):
        text = (ROOT / "src/flame/ladder" / source).read_text()
        for table in re.findall(r"_keys\[\] = \{(.*?)NULL", text, re.S):
            for key in re.findall(r'"(\w+)"', table):
                assert re.search(rf"[`\"]{key}[`\"]", manual), f'docs/ladders.md does not tell of "{key}"'
