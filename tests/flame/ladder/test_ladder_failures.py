"""Rungs that fail, hang, leave children behind, flood or steer: each is shown, and the others are measured."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import BIN
from ladder_rungs import SUM, says, signal_when


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
