"""Plans and places of reports that cannot be."""

import json
import shlex
import shutil
import subprocess
import sys

import pytest
from conftest import BIN
from ladder_rungs import SPIN, SUM, says


def test_plan_errors_name_the_place(flame, tmp_path):
    (tmp_path / "p.json").write_text('{\n  "rungs": [\n    {"name": "a", "command": "a | b"}\n  ]\n}\n')
    done = flame("ladder", "p.json")
    assert done.status == 1
    assert "p.json: line 3, column 30: this command needs a shell: '|' joins two commands" in done.err
    assert '"shell": true' in done.err
    assert not (tmp_path / "report").exists()


def test_no_plan(flame, tmp_path):
    done = flame("ladder")
    assert done.status == 2 and "--init" in done.err
    done = flame("ladder", "none.json")
    assert done.status == 1 and "none.json" in done.err
    done = flame("ladder", "a", "b")
    assert done.status == 2 and "--init" in done.err


def test_results_are_no_plan(climb, flame):
    climb({"a": "true"}, "--runs", 1)
    done = flame("ladder", "report/ladder.json")
    assert done.status == 1 and "holds the results of a climb, not a plan" in done.err


def test_report_place_is_checked_before_the_climb(climb, tmp_path):
    (tmp_path / "taken").write_text("")
    note = tmp_path / "ran"
    done = climb({"a": ["touch", str(note)]}, "-o", "taken")
    assert done.status == 1 and "taken" in done.err and not note.exists()
    done = climb({"a": "true"}, "--runs", 1, "-o", "deep/er/report", report="deep/er/report")
    assert done.status == 0 and "deep/er/report" in done.out


def everything(folder):
    return {path.relative_to(folder): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("plan, words, report, victim", [
    ("ladder.json", [], ".", "the plan"),
    ("index.html", [], ".", "the plan"),
    ("report/ladder.json", [], "report/", "the plan"),
    ("plan.json", ["ladder.md"], ".", "'ladder.md', which no climb has written"),
    ("plan.json", ["a.svg"], ".", "'a.svg', which no climb has written"),
    ("plan.json", ["deep/answers/a-1.txt"], "deep", "which no climb has written"),
])
def test_a_report_takes_nobody_s_place(flame, tmp_path, plan, words, report, victim):
    for name in [plan, *words]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("precious")
    (tmp_path / plan).write_text(json.dumps({"answer": {"output": True}, "rungs": [{"name": "a", "command": "touch ran"}]}))
    before = everything(tmp_path)
    done = flame("ladder", plan, "-o", report)
    assert done.status == 1 and "would overwrite" in done.err and victim in done.err and "-o" in done.err
    assert everything(tmp_path) == before  # and nothing has run


def test_a_report_knows_its_own_files(climb, flame, tmp_path):
    """A folder that reports may use is not a licence for what else lies in it."""
    (tmp_path / "b.svg").write_text("precious")
    (tmp_path / "plan.json").write_text(json.dumps({"rungs": [{"name": "a", "command": "true"}]}))
    assert flame("ladder", "plan.json", "-o", ".", "--runs", 1).status == 0
    assert flame("ladder", "plan.json", "-o", ".", "--runs", 1).status == 0  # its own files are free
    grown = {"rungs": [{"name": name, "command": "true"} for name in "ab"]}
    (tmp_path / "plan.json").write_text(json.dumps(grown))
    refused = flame("ladder", "plan.json", "-o", ".", "--runs", 1)
    assert refused.status == 1 and "'b.svg', which no climb has written" in refused.err
    assert flame("ladder", "plan.json", "-o", ".", "--runs", 1, "--no-profile").status == 0  # which writes no b.svg
    assert (tmp_path / "b.svg").read_text() == "precious"
    for source in ({"sources": ["ladder.md"]}, {}):
        answer = {} if source else {"answer": {"file": "ladder.md"}}
        (tmp_path / "plan.json").write_text(json.dumps({**answer, "rungs": [{"name": "a", "command": "true", **source}]}))
        refused = flame("ladder", "plan.json", "-o", ".", "--runs", 1)
        assert refused.status == 1 and "would overwrite a rung's" in refused.err


def test_an_answer_in_the_report_s_place(flame, tmp_path):
    """The file is not there before the climb, and would be lost after it."""
    plan = {"answer": {"file": "index.html"}, "rungs": [{"name": "a", "command": "touch index.html"}]}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    done = flame("ladder", "plan.json", "-o", ".")
    assert done.status == 1 and "a rung's answer" in done.err and not (tmp_path / "index.html").exists()


def test_a_rung_called_index(climb, tmp_path):
    (tmp_path / "spin.py").write_text(SPIN)
    done = climb({"index": [sys.executable, "spin.py"]}, "--runs", 1, profile=True)
    assert done.rungs["index"]["slug"] == "index-2" and "rung-index-2" in done.page
    if "no_profile" not in done.rungs["index"]:
        assert (done.report / "index-2.html").exists()


@pytest.mark.parametrize("given", ["report", "report/", "report//"])
def test_one_slash(climb, given):
    done = climb({"a": "true"}, "--runs", 1, "-o", given)
    assert "Report: report/index.html" in done.out and done.page


def test_full_disk(climb, tmp_path):
    """A report that cannot be written: the figures are still shown, and the failure is told."""
    if shutil.which("unshare") is None or subprocess.run(
            ["unshare", "-rm", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system needs unshare and user namespaces, which are not allowed here")
    (tmp_path / "ladder.json").write_text(json.dumps({"answer": SUM, "rungs": [
        {"name": "a", "command": says('{"sum": 1}')}, {"name": "b", "command": says('{"sum": 1}')}]}))
    script = ("mkdir full && mount -t tmpfs -o size=64k none full && head -c 65536 /dev/zero > full/filler 2>/dev/null; "
              f"{shlex.quote(str(BIN))}/flame ladder --runs 2 --no-profile -o full; echo status $?; ls full")
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], cwd=tmp_path, capture_output=True, text=True,
                          timeout=60, check=False)
    assert "status 1" in done.stdout and "✓" in done.stdout, done.stderr
    assert "No space left on device" in done.stderr
    assert done.stdout.strip().endswith("filler")  # nothing half-written is left
