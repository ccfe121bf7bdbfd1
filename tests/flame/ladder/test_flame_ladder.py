"""flame ladder as people use it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BIN
from ladder_rungs import PYTHON, SPIN, SUM, says, signal_when


# ---- the table, the files, the figures ----


def test_figures_and_files(climb):
    done = climb({"one": says('{"sum": 3}'), "two": says('{"sum": 3.0000000001}')}, "--runs", 4, answer=SUM)
    assert done.status == 0, done.err + done.out
    assert {"index.html", "ladder.json", "ladder.md"} <= {path.name for path in done.report.iterdir()}
    for rung in done.rungs.values():
        assert rung["state"] == "done" and len(rung["runs"]) == 4 and rung["finished"]
        times = sorted(run["seconds"] for run in rung["runs"])
        assert rung["seconds"] == pytest.approx((times[1] + times[2]) / 2)
        assert rung["first_quartile"] <= rung["seconds"] <= rung["third_quartile"]
        assert all(run["wall"] == run["seconds"] and run["peak_memory"] > 1e5 for run in rung["runs"])
    first, second = done.rungs.values()
    assert second["times_faster_than_first"] == pytest.approx(first["seconds"] / second["seconds"])
    machine = done.ladder["machine"]
    assert machine["cores"] >= 1 and machine["memory"] > 1e8 and machine["kernel"].startswith("Linux")
    assert "two" in done.out and "✓" in done.out and "report/index.html" in done.out
    assert "| two |" in (done.report / "ladder.md").read_text()


def test_cpu_time_and_memory_come_from_the_kernel(climb):
    busy = [sys.executable, "-c", "x = bytearray(60_000_000)\nfor i in range(2_000_000): pass"]
    done = climb({"busy": busy, "idle": "sleep 0.3"}, "--runs", 1)
    busy, idle = done.rungs.values()
    assert busy["peak_memory"] > 60e6 > idle["peak_memory"]
    assert busy["cpu_seconds"] > 5 * idle["cpu_seconds"]
    assert idle["seconds"] >= 0.29


def test_children_are_counted(climb):
    """CPU time and memory of a child that the rung waits for."""
    child = f"{PYTHON} -c 'x = bytearray(50_000_000)'"
    done = climb({"parent": {"command": f"{child}; true", "shell": True}}, "--runs", 1)
    assert done.rungs["parent"]["peak_memory"] > 50e6


def test_own_seconds(climb):
    done = climb({"own": says('{"sum": 1, "seconds": 0.000001}'), "wall": says('{"sum": 1}')}, "--runs", 1, answer=SUM)
    own, wall = done.rungs.values()
    assert (own["time_source"], own["seconds"]) == ("own", 1e-6)
    assert wall["time_source"] == "wall"
    assert '"time": "wall"' in done.out  # told that the two are measured differently


@pytest.mark.parametrize("seconds, problem", [("84.3", "the unit is seconds"), ("-1", "but the process ran"),
                                              ('"fast"', "is a string, not a number")])
def test_seconds_that_cannot_be(climb, seconds, problem):
    done = climb({"a": says('{"sum": 1, "seconds": %s}' % seconds)}, "--runs", 1)
    assert done.status == 1
    assert problem in done.rungs["a"]["problem"]


def test_time_by_another_key(climb):
    plan = {"time": "elapsed"}
    done = climb({"a": says('{"elapsed": 0.000002}'), "b": says('{"seconds": 1}')}, "--runs", 1, plan=plan)
    assert done.rungs["a"]["seconds"] == 2e-6
    assert 'no JSON line of its output has "elapsed"' in done.rungs["b"]["problem"]
    done = climb({"a": "sleep 0.1"}, "--runs", 1, plan={"time": "cpu"})
    assert done.rungs["a"]["time_source"] == "cpu" and done.rungs["a"]["seconds"] < 0.05


def test_runs_are_interleaved(climb, tmp_path):
    log = tmp_path / "log"
    rungs = {name: {"command": f"echo {name} >> {log}", "shell": True} for name in "abc"}
    climb(rungs, "--runs", 3)
    order = log.read_text().split()
    assert order == list("abc") + list("abc") + list("cba") + list("abc")  # warm-up, then forth and back


def test_jobs_are_compared_among_themselves(climb):
    rungs = {"a": says('{"sum": 1}'), "b": says('{"sum": 1}'),
             "big a": {"command": says('{"sum": 2}'), "job": "large"},
             "big b": {"command": says('{"sum": 2}'), "job": "large"}}
    done = climb(rungs, "--runs", 1, answer=SUM)
    assert done.status == 0
    assert done.rungs["big a"]["times_faster_than_first"] == 1
    assert "times_faster_than_previous" not in done.rungs["big a"]


def test_values_environment_directory(climb, tmp_path):
    (tmp_path / "sub").mkdir()
    plan = {"values": {"n": 3}, "environment": {"FROM": "plan", "GONE": "x"}, "quick": {"values": {"n": 2}}}
    shell = {"command": "echo $(basename $PWD) $FROM ${GONE-unset} {n} {rung}", "shell": True, "directory": "sub",
             "environment": {"GONE": None}}
    answer = {"output": True}
    done = climb({"One!": shell}, "--runs", 1, plan=plan, answer=answer)
    assert done.rungs["One!"]["answers"][0]["text"] == "sub plan unset 3 one"
    done = climb({"One!": shell}, "--quick", plan=plan, answer=answer)
    assert done.rungs["One!"]["answers"][0]["text"] == "sub plan unset 2 one"
    done = climb({"One!": shell}, "--runs", 1, "--set", "n=9", plan=plan, answer=answer)
    assert done.rungs["One!"]["answers"][0]["text"] == "sub plan unset 9 one"
    done = climb({"One!": shell}, "--set", "m=9", plan=plan)
    assert done.status == 1 and 'no value "m"' in done.err


def test_prepare(climb, tmp_path):
    plan = {"values": {"n": 3}, "prepare": ["touch made-{n}"]}
    done = climb({"a": "cat made-3"}, "--runs", 1, plan=plan)
    assert done.status == 0 and (tmp_path / "made-3").exists()
    done = climb({"a": "true"}, plan={"prepare": ["ls nonesuch"]})
    assert done.status == 1 and "preparing with 'ls nonesuch': ended with status 2" in done.err
    assert "nonesuch" in done.err.splitlines()[1]


# ---- answers ----


def test_wrong_answer_gets_no_speed_up(climb):
    done = climb({"first": says('{"sum": 3}'), "second": says('{"sum": 4}'), "third": says('{"sum": 3}')}, "--runs", 2,
                 answer=SUM)
    assert done.status == 1
    second, third = done.rungs["second"], done.rungs["third"]
    assert second["state"] == "wrong" and "times_faster_than_first" not in second
    assert "4 where the first has 3" in second["problem"]
    assert len(second["runs"]) == 2  # measured all the same
    assert third["times_faster_than_previous"] == pytest.approx(done.rungs["first"]["seconds"] / third["seconds"])
    assert "✗ wrong" in done.out and "1 gave another answer" in done.err


def test_answer_that_changes(climb):
    done = climb({"a": {"command": "echo \"{\\\"sum\\\": $$}\"", "shell": True}}, "--runs", 2, answer=SUM)
    assert "changes from run to run" in done.rungs["a"]["problem"]


LOWER = {"json": "stress", "better": "lower"}


def another(text, answer=LOWER):
    return {"command": says(text), "answer": answer}


def test_a_rung_with_an_answer_of_its_own(climb):
    """Lower is another answer, equal is right, worse is wrong; the plan's answer is not asked for."""
    first = says('{"sum": 3, "stress": 13.1}')
    done = climb({"first": first, "lower": another('{"stress": 12.3}'), "equal": another('{"stress": 13.1}'),
                  "worse": another('{"stress": 13.2}'), "same": says('{"sum": 3}')}, "--runs", 2, answer=SUM)
    assert done.status == 1
    rungs = done.rungs
    assert {name: rung["state"] for name, rung in rungs.items()} == {
        "first": "done", "lower": "done", "equal": "done", "worse": "wrong", "same": "done"}
    told = "lower stress: 12.3, the first rung's 13.1"
    assert [rung.get("another_answer") for rung in rungs.values()] == [None, told, None, None, None]
    assert rungs["lower"]["times_faster_than_first"] == pytest.approx(rungs["first"]["seconds"] / rungs["lower"]["seconds"])
    assert rungs["equal"]["times_faster_than_previous"] > 0 and "times_faster_than_first" not in rungs["worse"]
    assert "another answer than 'first': 13.2 where the first has 13.1" in rungs["worse"]["problem"]
    assert "✓ better" in done.out and f"lower gives another answer, {told}." in done.out
    assert done.out.count("✓") == 4 and "1 gave another answer" in done.err
    assert f"lower gives another answer, {told}." in (done.report / "ladder.md").read_text()
    assert "This is another answer, lower stress: 12.3, the first rung" in done.page and "✓ better" in done.page


def test_no_other_rung_is_held_against_one_with_its_own_answer(climb):
    rungs = {"first": "false", "own": another('{"sum": 4, "stress": 1}'), "second": says('{"sum": 3, "stress": 2}'),
             "third": says('{"sum": 3}')}
    done = climb(rungs, "--runs", 1, answer=SUM)
    assert [rung["state"] for rung in done.rungs.values()] == ["failed", "done", "done", "done"]
    # Where the first gives no such answer, there is nothing to compare with.
    done = climb({"first": says('{"sum": 3}'), "own": another('{"stress": 1}')}, "--runs", 1, answer=SUM)
    assert "that one gives none to compare 'stress 1' with" in done.rungs["own"]["problem"]
    done = climb({"first": says("n = 3"), "own": another("n = 4", {"regex": "n = (.*)", "better": "higher"})}, "--runs", 1)
    assert done.rungs["own"]["another_answer"] == "higher: 4, the first rung's 3" and done.status == 0


def test_answers_of_their_own_are_kept(climb):
    """By --resume, by --only (also where they are long) and for --check."""
    long = {"regex": "(?s)(.+)", "better": "lower"}
    text = "7 " * 300 + '%d\n{"seconds": 1e-6}'
    rungs = {"first": says(text % 2), "own": another(text % 1, long)}
    before = climb(rungs, "--runs", 2).rungs
    assert before["own"]["another_answer"] == "lower: 1, the first rung's 2"
    done = climb(rungs, "--runs", 2, "--resume")
    assert done.status == 0 and done.rungs == before and "own gives another answer" in done.out
    done = climb(rungs, "--runs", 2, "--only", "own")
    assert done.rungs["first"] == before["first"] and done.rungs["own"]["runs"] != before["own"]["runs"]
    assert done.rungs["own"]["another_answer"] == before["own"]["another_answer"]
    done = climb(rungs, "--runs", 2, "--check")
    assert done.status == 0 and "own" in done.out and "BROKEN" not in done.out
    rungs["own"] = another(text % 3, long)
    done = climb(rungs, "--runs", 2, "--check")
    assert done.status == 1 and "BROKEN: another answer than 'first': 3 where the first has 2" in done.out


def test_file_answer(climb, tmp_path):
    numpy = pytest.importorskip("numpy")
    numpy.save(tmp_path / "given.npy", numpy.array([[1.0, 2], [3, 4]]))
    write = f"{PYTHON} -c \"import numpy; numpy.save('{{scratch}}/x.npy', numpy.array([[1,2],[3,%s]], order='F'))\""
    answer = {"file": "{scratch}/x.npy", "tolerance": 1e-6}
    done = climb({"copy": "cp given.npy {scratch}/x.npy", "fortran": write % "4.0000001", "other": write % "4.1"},
                 "--runs", 1, answer=answer)
    states = {name: rung["state"] for name, rung in done.rungs.items()}
    assert states == {"copy": "done", "fortran": "done", "other": "wrong"}


def test_file_that_is_not_written(climb, tmp_path):
    (tmp_path / "old.csv").write_text("1,2\n")
    done = climb({"none": "true"}, answer={"file": "new.csv"})
    assert "there is no file 'new.csv' after it ended" in done.rungs["none"]["problem"]
    done = climb({"none": "true"}, answer={"file": "old.csv"})
    assert "'old.csv' is as it was before the run" in done.rungs["none"]["problem"]
    done = climb({"empty": "cp /dev/null old.csv"}, answer={"file": "old.csv"})
    assert "is empty" in done.rungs["empty"]["problem"]


@pytest.mark.parametrize("command, answer, problem", [
    ("true", SUM, "prints no answer"),
    (says('{"sum": 1}\n{"sum": 1}'), SUM, 'has "sum" twice, on line 1 and on line 2'),
    (says('{"sum": NaN}'), SUM, "JSON has no NaN"),
    (says('{"sum": null}'), SUM, 'null for "sum"'),
    (says("sum: nan"), {"regex": "sum: (.*)"}, "is nan, which is not a number"),
    (says("x"), {"regex": "sum: (.*)"}, 'nothing in its standard output matches "sum: (.*)"'),
    (says("a1 a2"), {"regex": "a."}, "matches 2 times"),
    ("true", {"output": True}, "its standard output is empty"),
])
def test_answers_that_are_none(climb, command, answer, problem):
    done = climb({"bad": command, "good": says('{"sum": 1}')}, "--runs", 1, answer=answer)
    assert done.status == 1
    assert done.rungs["bad"]["state"] == "failed"
    assert problem in done.rungs["bad"]["problem"]
    assert problem.split("\n")[0] in done.out


# ---- stopping and going on ----


def test_interrupt_keeps_what_is_finished_and_resume_goes_on(climb, flame, tmp_path):
    mark, log = tmp_path / "second", tmp_path / "log"
    rungs = {"quick": {"command": f"echo quick >> {log}; echo '{{\"sum\": 1}}'", "shell": True},
             "slow": {"command": f"echo slow >> {log}; if test -e second; then touch now; sleep 60; fi; touch second; "
                                 "echo '{\"sum\": 1}'", "shell": True}}
    plan = {"answer": SUM, "runs": 2, "rungs": [{"name": name, **rung} for name, rung in rungs.items()]}
    (tmp_path / "ladder.json").write_text(json.dumps(plan))
    process = subprocess.Popen([BIN / "flame", "ladder", "--no-profile"], cwd=tmp_path, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    signal_when(tmp_path / "now", process)
    out, err = process.communicate(timeout=50)
    assert process.returncode == 130 and "--resume" in err
    results = json.loads((tmp_path / "report/ladder.json").read_text())
    assert results["interrupted"]
    states = {rung["name"]: (rung["state"], len(rung["runs"])) for rung in results["rungs"]}
    assert states["quick"][0] == "done" and states["quick"][1] >= 1
    assert states["slow"] == ("waiting", 0)
    assert "interrupted" in (tmp_path / "report/index.html").read_text()
    assert "quick" in out

    shutil.copy(log, tmp_path / "before")
    mark.unlink()
    (tmp_path / "ladder.json").write_text(json.dumps(plan).replace("sleep 60", "true"))
    done = flame("ladder", "--no-profile", "--resume")
    assert done.status == 0, done.err + done.out
    assert [len(rung["runs"]) for rung in done.rungs.values()] == [2, 2]
    assert not done.ladder["interrupted"]


def test_resume_runs_nothing_that_is_finished(climb, tmp_path):
    log = tmp_path / "log"
    rungs = {"a": {"command": f"echo a >> {log}; seq 1000", "shell": True}, "b": {"command": "seq 1000"}}
    climb(rungs, "--runs", 2, answer={"output": True})
    before = log.read_text()
    rungs["c"] = {"command": "seq 1001"}
    done = climb(rungs, "--runs", 2, "--resume", answer={"output": True})
    assert log.read_text() == before
    assert [rung["state"] for rung in done.rungs.values()] == ["done", "done", "wrong"]  # against the kept answer
    # Another command under the same name is another rung.
    rungs["b"] = {"command": "seq 999"}
    done = climb(rungs, "--runs", 2, "--resume", answer={"output": True})
    assert done.rungs["b"]["state"] == "wrong" and log.read_text() == before


def test_resume_records_what_was_not(climb, tmp_path):
    """A climb stopped between measuring and recording: the flame graph is made up for."""
    (tmp_path / "spin.py").write_text(SPIN)
    rungs = {"spin": [sys.executable, "spin.py"]}
    before = climb(rungs, "--runs", 1).rungs["spin"]
    done = climb(rungs, "--runs", 1, "--resume", profile=True)
    rung = done.rungs["spin"]
    assert rung["runs"] == before["runs"]
    assert rung.get("samples", 0) > 0 or "not permitted" in rung["no_profile"]


def test_only_measures_one_rung_again(climb, tmp_path):
    rungs = {name: {"command": f"echo {name} >> {tmp_path}/log; echo '{{\"sum\": 1}}'", "shell": True} for name in "abc"}
    climb(rungs, "--runs", 2, answer=SUM)
    (tmp_path / "log").unlink()
    done = climb(rungs, "--runs", 3, "--only", "b", answer=SUM)
    assert (tmp_path / "log").read_text().split() == ["b"] * 4
    assert [len(rung["runs"]) for rung in done.rungs.values()] == [2, 3, 2]
    done = climb(rungs, "--only", "d", answer=SUM)
    assert done.status == 1 and "has no rung 'd'" in done.err


def test_damaged_results_are_not_taken_up(climb, tmp_path):
    climb({"a": "true"}, "--runs", 1)
    (tmp_path / "report/ladder.json").write_text('{"format": "flame ladder 1", "title": 3}')
    done = climb({"a": "true"}, "--runs", 1, "--resume")
    assert done.status == 1 and "line 1, column" in done.err


# ---- the regression gate ----


def slower(results, factor):
    for rung in results["rungs"]:
        for run in rung["runs"]:
            run["seconds"] *= factor
            run["wall"] *= factor
    return results


def lasts(seconds):
    """A rung that says so itself, so that it lasts as long on a busy machine."""
    return says('{"seconds": %r}' % seconds)


def test_check(climb, flame, tmp_path):
    rungs = {"a": lasts(2e-6), "b": lasts(1e-6)}
    done = climb(rungs, "--runs", 3)
    now = done.ladder
    (tmp_path / "faster.json").write_text(json.dumps(slower(now, 0.5)))  # so now is twice as slow
    (tmp_path / "slower.json").write_text(json.dumps(slower(now, 1.02 / 0.5)))
    assert flame("ladder", "report/ladder.json", "--check", "slower.json").status == 0
    gate = flame("ladder", "report/ladder.json", "--check", "faster.json")
    assert gate.status == 1
    assert "SLOWER" in gate.out and "+100.0%" in gate.out and "faster.json" in gate.err
    assert flame("ladder", "report/ladder.json", "--check=faster.json", "--margin", 150).status == 0
    gate = climb(rungs, "--runs", 3, "--check", "faster.json")
    assert gate.status == 1 and "SLOWER" in gate.out
    gate = climb({"a": lasts(2e-6), "b": "false"}, "--runs", 1, "--check", "slower.json")
    assert gate.status == 1 and "BROKEN: ended with status 1" in gate.out


@pytest.mark.parametrize("words", [["--check"], ["--check", "--quiet"], ["--check", "report/ladder.json"], ["--check=./report/ladder.json"]])
def test_check_against_the_report_s_own_last_result(climb, words):
    """Read before it is replaced: a threefold slow-down is one."""
    assert climb({"a": lasts(1e-6)}, "--runs", 3).status == 0
    gate = climb({"a": lasts(3e-6)}, "--runs", 3, *words)
    assert gate.status == 1 and "SLOWER" in gate.out and "slower or broken against" in gate.err
    assert gate.rungs["a"]["seconds"] == 3e-6  # and the report is the new one


def test_check_notices_at_once_that_there_is_nothing_to_check(climb, flame, tmp_path):
    note = tmp_path / "ran"
    rung = {"a": ["touch", str(note)]}
    for words, missing in ((["--check"], "report/ladder.json"), (["--check", "none.json"], "none.json"),
                           (["--check", "ladder.json"], "ladder.json")):
        done = climb(rung, *words)
        assert done.status == 1 and missing in done.err and not note.exists() and not done.report.exists()
    done = flame("ladder", "--init", f"touch {note}", "--check")
    assert done.status == 1 and "nothing to compare with" in done.err and not note.exists()


def test_a_climb_is_not_compared_with_itself(climb, flame, tmp_path):
    rungs = {"a": lasts(1e-6), "b": lasts(1e-6)}
    done = climb(rungs, "--runs", 3)
    (tmp_path / "copy.json").write_text(json.dumps(done.ladder))
    for old in ("report/ladder.json", "copy.json"):
        gate = flame("ladder", "report/ladder.json", "--check", old)
        assert gate.status == 1 and "nothing was compared" in gate.err and "same" not in gate.out
    gate = climb(rungs, "--runs", 3, "--resume", "--check")
    assert gate.status == 1 and "nothing was compared" in gate.err
    rungs["b"] = {"command": "echo '{\"seconds\": 1e-6}'; true", "shell": True}
    gate = climb(rungs, "--runs", 3, "--only", "b", "--margin", 1000, "--check")
    assert gate.status == 0 and gate.out.count("not measured again") == 1, gate.out + gate.err


# ---- first use ----


def test_init(flame, tmp_path):
    (tmp_path / "slow.py").write_text("import json\nprint(json.dumps({'total': sum(range(10)), 'seconds': 1e-6}))\n")
    (tmp_path / "fast.py").write_text("print('{\"total\": 45}')\n")
    done = flame("ladder", "--init", f"{PYTHON} slow.py", f"{PYTHON} fast.py", "--no-profile", "--runs", 1)
    assert done.status == 0, done.err + done.out
    plan = json.loads((tmp_path / "ladder.json").read_text())
    assert plan["answer"] == {"json": ["total"]}
    assert [rung["name"] for rung in plan["rungs"]] == ["slow", "fast"]
    assert done.rungs["fast"]["state"] == "done"
    again = flame("ladder", "--init", "true")
    assert again.status == 1 and "exists already" in again.err


def test_init_without_json(flame, tmp_path):
    done = flame("ladder", "--init", "echo hello", "echo 'hello'", "--no-profile", "--runs", 1)
    plan = json.loads((tmp_path / "ladder.json").read_text())
    assert plan["answer"] == {"output": True} and done.status == 0
    assert [rung["name"] for rung in plan["rungs"]] == ["echo", "echo 2"]


def test_init_leaves_out_what_changes(flame, tmp_path):
    (tmp_path / "a.py").write_text("import os, json\nprint(json.dumps({'n': 1, 'pid': os.getpid()}))\n")
    flame("ladder", "--init", f"{PYTHON} a.py", f"{PYTHON} a.py", "--no-climb")
    assert json.loads((tmp_path / "ladder.json").read_text())["answer"] == {"json": ["n"]}


def test_init_of_what_does_not_work(flame, tmp_path):
    assert "needs a shell" in flame("ladder", "--init", "a | b").err
    assert "no command 'nonesuch'" in flame("ladder", "--init", "nonesuch").err
    assert "ended with status 1" in flame("ladder", "--init", "false").err
    assert not (tmp_path / "ladder.json").exists()
    assert flame("ladder", "--init").status == 2


# ---- flame graphs ----



def test_python_rung_is_recorded(climb, tmp_path):
    (tmp_path / "spin.py").write_text(SPIN)
    done = climb({"spin": {"command": [sys.executable, "spin.py"], "sources": ["spin.py"]}}, "--runs", 1, profile=True)
    rung = done.rungs["spin"]
    if "not permitted" in rung.get("no_profile", ""):
        pytest.skip(f"recording is not permitted here: {rung['no_profile']}")
    assert rung["samples"] > 100 and rung["recorder"] == "flame record", rung
    assert "spin.py:spin:" in (done.report / "spin.folded").read_text()
    assert (done.report / "spin.svg").read_text().startswith("<?xml")
    assert "flamescale" in (done.report / "spin.html").read_text()
    assert "while time.process_time() &lt; end:" in done.page


def test_native_rung_is_recorded(climb):
    done = climb({"native": {"command": "sha256sum /dev/zero", "time_limit": 1}}, profile=True)
    assert done.rungs["native"]["state"] == "failed"  # past its limit: nothing to record
    done = climb({"native": {"command": "head -c 30000000 /dev/zero | sha256sum", "shell": True}}, "--runs", 1, profile=True)
    rung = done.rungs["native"]
    if "not permitted" in rung.get("no_profile", ""):
        pytest.skip(f"recording is not permitted here: {rung['no_profile']}")
    assert rung["recorder"] == "flame record" and rung["samples"] > 0, rung
    assert "sha256sum" in (done.report / "native.folded").read_text()
    done = climb({"native": "true"}, "--runs", 1, profile=True, environment={"PATH": "/nowhere"})
    assert done.rungs["native"]["state"] == "failed"


def test_what_is_missing_for_several_rungs_is_said_once(climb):
    rungs = {name: {"command": "/bin/true", "profile": "native"} for name in "abc"}
    done = climb(rungs, "--runs", 1, profile=True, environment={"PATH": "/nowhere"})
    reasons = {rung.get("no_profile", "") for rung in done.rungs.values()}
    if reasons != {"it is over before the recorder sees it"}:
        pytest.skip(f"one was seen after all, or none may be: {reasons}")
    assert done.status == 0 and done.out.count(reasons.pop()) == 1, done.out
    assert "a; b and c have no flame graph:\n" in done.out


def test_profile_false(climb):
    done = climb({"a": {"command": "true", "profile": False}}, "--runs", 1, profile=True)
    assert "no_profile" not in done.rungs["a"] and "samples" not in done.rungs["a"]


# ---- the ladders that come with it ----


ROOT = Path(__file__).parents[3]


def test_the_spelling_ladder(flame, tmp_path):
    if not shutil.which("cc"):
        pytest.skip("its last rung is compiled with cc, which is not here")
    done = flame("ladder", ROOT / "ladders/spelling/ladder.json", "--set", "words=300", "--set", "misspelt=5", "--set",
                 f"job={tmp_path}/job", "--runs", 1, "--no-profile")
    assert done.status == 0, done.err + done.out
    assert [rung["state"] for rung in done.rungs.values()] == ["done"] * 4


def test_the_pattern_search_ladder(flame, tmp_path):
    pytest.importorskip("numpy")
    done = flame("ladder", ROOT / "ladders/pattern_search/ladder.json", "--set", "n=40", "--set",
                 f"data={tmp_path}/job", "--runs", 1, "--no-profile",
                 environment={"PATH": f"{Path(sys.executable).parent}:{BIN}:{os.environ['PATH']}"})
    if "No module named 'mdscale'" in done.rungs["kernels"].get("errors", ""):
        pytest.skip("the rung over our kernels needs the Python package mdscale, which is not installed here")
    assert done.status == 0, done.err + done.out
    assert [rung["state"] for rung in done.rungs.values()] == ["done"] * 7
