"""flame ladder as people use it, and everything that plans and rungs can do wrong."""

import fcntl
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import BIN

SUM = {"json": "sum"}
PYTHON = shlex.quote(sys.executable)


def says(text):
    """A command that prints one line."""
    return ["echo", text]


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


# ---- rungs that fail ----


def test_a_failed_rung_is_shown_and_the_others_measured(climb):
    broken = [sys.executable, "-c", "import sys; print('to stdout'); sys.exit('<b>it broke</b> & burnt')"]
    done = climb({"first": says('{"sum": 3}'), "broken": broken, "last": says('{"sum": 3}')}, "--runs", 2, answer=SUM)
    assert done.status == 1
    rung = done.rungs["broken"]
    assert rung["state"] == "failed" and rung["problem"] == "ended with status 1"
    assert rung["errors"] == "<b>it broke</b> & burnt"
    assert done.rungs["last"]["times_faster_than_first"] > 0
    assert "| <b>it broke</b> & burnt" in done.out
    assert "&lt;b>it broke" in done.page.replace("&gt;", ">") and "<b>it broke" not in done.page


def test_the_first_rung_fails(climb):
    done = climb({"broken": "false", "second": says('{"sum": 3}'), "third": says('{"sum": 4}')}, "--runs", 1, answer=SUM)
    assert done.rungs["second"]["times_faster_than_first"] == 1  # the first that works is what others are held to
    assert "another answer than 'second'" in done.rungs["third"]["problem"]


def test_every_rung_fails(climb):
    done = climb({"a": "false", "b": "false"}, answer=SUM)
    assert done.status == 1 and "2 of 2 rungs failed" in done.err
    assert "No rung was measured" in done.page


def test_killed_by_a_signal(climb):
    done = climb({"a": {"command": "kill -SEGV $$", "shell": True}})
    assert "was killed by signal 11 (Segmentation fault)" in done.rungs["a"]["problem"]


def test_time_limit_kills_the_whole_group(climb, tmp_path):
    hang = {"command": f"{sleeper('one')} & {until('one')}; sleep 60", "shell": True, "time_limit": 2.5}
    done = climb({"hang": hang, "good": "true"}, "--runs", 1)
    assert "ran past its time limit of 2.5 s" in done.rungs["hang"]["problem"]
    assert done.rungs["good"]["state"] == "done"
    assert_ended(tmp_path, "one")  # the child in the background was stopped as well


def sleeper(name):
    """Words of a shell: a process that leaves its number in a file and sleeps."""
    return f"sh -c 'echo $$ > {name}.new; mv {name}.new {name}; exec sleep 60'"


def until(*names):
    return f"until {' && '.join('test -e ' + name for name in names)}; do sleep 0.01; done"


def assert_ended(folder, *names, seconds=0):
    """What sleepers left: at once, or within some seconds of a ladder that could not wait for it."""
    end = time.monotonic() + seconds
    for name in names:
        while Path("/proc", (folder / name).read_text().strip()).exists():
            assert time.monotonic() < end, f"{name} goes on"
            time.sleep(0.01)


def test_a_child_left_behind_is_stopped(climb, tmp_path):
    leave = {"command": f"{sleeper('one')} > /dev/null 2>&1 & {until('one')}; echo done", "shell": True}
    done = climb({"leave": leave}, "--runs", 1)
    assert done.rungs["leave"]["state"] == "done" and done.rungs["leave"]["seconds"] < 30
    assert_ended(tmp_path, "one")


# In sessions of their own; the second has the rung's pipes.
DAEMONS = (f'(setsid sh -c "{sleeper("one")} & wait" > /dev/null 2>&1 &) ; (setsid setsid {sleeper("two")} &) ; '
           f"{until('one', 'two')}")


no_subreaper = pytest.mark.skipif("FLAMESCALE_EMULATED" in os.environ, reason="the emulator knows no child subreaper")


@no_subreaper
def test_a_child_in_another_session_is_stopped(climb, tmp_path):
    """Daemons leave the rung's process group and its pipes; they end with the rung all the same."""
    done = climb({"leave": {"command": f"{DAEMONS}; echo done", "shell": True}}, "--runs", 1)
    assert done.rungs["leave"]["state"] == "done" and done.rungs["leave"]["seconds"] < 30
    assert_ended(tmp_path, "one", "two")


@no_subreaper
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_children_end_with_the_ladder(tmp_path, number):
    hang = f"{DAEMONS}; touch now; sleep 60"
    (tmp_path / "ladder.json").write_text(json.dumps({"rungs": [{"name": "a", "command": hang, "shell": True}]}))
    with subprocess.Popen([BIN / "flame", "ladder", "-q"], cwd=tmp_path, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        signal_when(tmp_path / "now", process, number)
        assert process.wait(timeout=60) == (-signal.SIGKILL if number == signal.SIGKILL else 130)
    assert_ended(tmp_path, "one", "two", seconds=30 if number == signal.SIGKILL else 0)


def test_what_a_killed_ladder_left_is_removed(tmp_path):
    """... by the next one, which leaves alone what another uses."""
    (tmp_path / "ladder.json").write_text(json.dumps({"rungs": [{"name": "a", "command": "touch now; sleep 60", "shell": True}]}))
    (tmp_path / "scratch").mkdir()
    mine = [tmp_path / "scratch" / name for name in ("flame-ladder-report", ".flame-ladder-report", ".flame-ladder-0123456789abcdefg")]
    for directory in mine:
        directory.mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "scratch")}

    def left():
        return sorted(p.name for p in (tmp_path / "scratch").glob(".flame-ladder-*") if p not in mine)

    def hanging(report):
        (tmp_path / "now").unlink(missing_ok=True)
        process = subprocess.Popen([BIN / "flame", "ladder", "-q", "-o", report], cwd=tmp_path, env=environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not (tmp_path / "now").exists() and process.poll() is None:
            time.sleep(0.01)
        return process

    with hanging("one") as killed:
        killed.kill()
    stale = left()
    assert len(stale) == 1
    # Its supervisor holds the directory until it has ended what the rung started.
    directory = os.open(tmp_path / "scratch" / stale[0], os.O_RDONLY)
    fcntl.flock(directory, fcntl.LOCK_EX)
    os.close(directory)
    with hanging("two") as running:
        used = left()
        assert len(used) == 1 and used != stale
        with hanging("three") as another:
            assert len(left()) == 2 and used[0] in left()
            another.terminate()
        running.terminate()
    assert left() == [] and all(directory.exists() for directory in mine)  # what a person named is a person's


def test_flooded_output(climb):
    flood = {"command": "head -c 50000000 /dev/zero | tr '\\0' 'x'; echo; echo '{\"sum\": 1}'", "shell": True}
    done = climb({"flood": flood, "good": says('{"sum": 1}')}, "--runs", 1, answer=SUM)
    assert done.status == 0  # its answer stands at the end, and that is kept
    assert (done.report / "ladder.json").stat().st_size < 100_000
    done = climb({"flood": flood}, "--runs", 1, answer={"output": True})
    assert "prints more than 2 MB" in done.rungs["flood"]["problem"]


def test_flooded_errors_keep_their_end(climb):
    flood = {"command": "yes why | head -c 9000000 >&2; echo the end >&2; exit 3", "shell": True}
    rung = climb({"flood": flood}).rungs["flood"]
    assert rung["problem"] == "ended with status 3" and rung["errors"].endswith("the end")
    assert len(rung["errors"]) <= 2000


def test_missing_programs(climb, tmp_path):
    (tmp_path / "script").write_text("#!/no/such/interpreter -x\n")
    (tmp_path / "script").chmod(0o755)
    (tmp_path / "plain").write_text("text\n")
    done = climb({"none": "no-such-program", "script": "./script", "plain": "./plain", "folder": "."})
    assert "there is no command 'no-such-program' on the PATH" in done.rungs["none"]["problem"]
    assert "the interpreter in its first line is not: '/no/such/interpreter'" in done.rungs["script"]["problem"]
    assert "may not be executed" in done.rungs["plain"]["problem"]
    assert done.rungs["folder"]["state"] == "failed"


def test_no_python_is_python3(climb):
    done = climb({"a": "python x.py"}, environment={"PATH": "/nowhere"})
    assert "is it 'python3'?" in done.rungs["a"]["problem"]


def test_a_rung_that_changes_its_directory(climb, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    away = {"command": "echo 1 > answer; cd elsewhere; rm -rf ../elsewhere; echo 2 > answer 2>/dev/null; true", "shell": True}
    done = climb({"away": away, "here": "cp answer answer2"}, "--runs", 1)
    assert done.status == 0  # the next rung starts where the plan says
    done = climb({"away": {"command": "echo 1 > answer; cd /; true", "shell": True}}, "--runs", 1, answer={"file": "answer"})
    assert done.rungs["away"]["state"] == "done"


def test_standard_input_is_empty(climb):
    done = climb({"cat": "cat"}, "--runs", 1, input="not for the rung")
    assert done.status == 0


def test_not_utf8(climb):
    done = climb({"bytes": {"command": "printf '\\377\\376 <\\001>' >&2; exit 1", "shell": True}})
    assert done.rungs["bytes"]["errors"] == "\ufffd\ufffd <>"
    assert "\ufffd\ufffd &lt;&gt;" in done.page


def test_hostile_names(climb):
    name = "</script><script>alert(1)</script> | `x` *y* \u202e"
    done = climb({name: "true"}, "--runs", 1, plan={"title": name, "note": name})
    assert done.status == 0
    assert "<script>alert" not in done.page.replace("<script>\n", "")
    assert "\\|" in (done.report / "ladder.md").read_text()


def test_messages_do_not_steer_the_terminal(climb, flame, tmp_path):
    """Escape sequences, C1 controls and overrides of direction in plans, programs and results are shown as marks."""
    hostile = "\x1b[31m\x9b2J\u202ex"
    (tmp_path / "key.json").write_text(json.dumps({hostile: 1}, ensure_ascii=True))
    (tmp_path / "command.json").write_text(json.dumps({"rungs": [{"name": "a", "command": [hostile]}]}))
    (tmp_path / "prepare.json").write_text(json.dumps({
        "prepare": [["sh", "-c", f"printf '{hostile}' >&2; exit 1"]], "rungs": [{"name": "a", "command": "true"}]}))
    shout = {"command": ["sh", "-c", f"printf '{hostile}' >&2; exit 1"]}
    plan = {"title": hostile, "rungs": [{"name": "n\x9b\u202e", **shout, "job": hostile}]}
    (tmp_path / "output.json").write_text(json.dumps(plan))
    for name in ("key", "command", "prepare", "output"):
        done = flame("ladder", f"{name}.json", "--runs", 1, "--no-profile")
        said = done.out + done.err
        assert done.status == 1 and "\ufffd[31m\ufffd2J\ufffdx" in said, said
        assert not set(said) & set("\x1b\x9b\u202e"), repr(said)
    results = climb({"a": "true"}, "--runs", 1).ladder
    results["started"] = results["machine"]["cpu"] = results["rungs"][0]["name"] = hostile
    (tmp_path / "old.json").write_text(json.dumps(results))
    said = flame("ladder", "report/ladder.json", "--check", "old.json").out
    assert "of \ufffd[31m" in said and not set(said) & set("\x1b\x9b\u202e"), repr(said)


# ---- plans ----


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


# ---- stopping and going on ----


def signal_when(path, process, number=signal.SIGINT):
    end = time.time() + 60
    while not path.exists() and time.time() < end:
        time.sleep(0.02)
    process.send_signal(number)


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


SPIN = """import time

def spin(seconds):
    end = time.process_time() + seconds
    n = 0
    while time.process_time() < end:
        n += 1

def main():
    spin(0.4)

main()
"""


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


def test_native_rung_is_recorded_or_says_why(climb):
    done = climb({"native": {"command": "sha256sum /dev/zero", "time_limit": 1}}, profile=True)
    assert done.rungs["native"]["state"] == "failed"  # past its limit: nothing to record
    done = climb({"native": {"command": "head -c 30000000 /dev/zero | sha256sum", "shell": True}}, "--runs", 1, profile=True)
    rung = done.rungs["native"]
    assert (rung.get("recorder") == "perf" and rung["samples"] > 0) or rung["no_profile"], rung
    done = climb({"native": "true"}, "--runs", 1, profile=True, environment={"PATH": "/nowhere"})
    assert done.rungs["native"]["state"] == "failed"


def test_what_is_missing_for_several_rungs_is_said_once(climb):
    rungs = {name: {"command": "/bin/true", "profile": "native"} for name in "abc"}
    done = climb(rungs, "--runs", 1, profile=True, environment={"PATH": "/nowhere"})
    assert done.status == 0 and done.out.count("not installed here") == 1, done.out
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
    done = flame("ladder", ROOT / "ladders/pattern_search/ladder.json", "--set", "n=40", "--set", "large=60", "--set",
                 f"data={tmp_path}/job", "--runs", 1, "--no-profile",
                 environment={"PATH": f"{Path(sys.executable).parent}:{BIN}:{os.environ['PATH']}"})
    if "No module named 'mdscale'" in done.rungs["kernels"].get("errors", ""):
        pytest.skip("the rung over our kernels needs the Python package mdscale, which is not installed here")
    assert done.status == 0, done.err + done.out
    assert [rung["state"] for rung in done.rungs.values()] == ["done"] * 7
