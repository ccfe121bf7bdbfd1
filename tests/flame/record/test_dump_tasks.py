"""flame dump --tasks: the tasks of asyncio, what they wait for, and what runs."""

import json
import re
import sys

import pytest
from test_dump_core import kernel_core
from watch_helpers import every_python, flame, running, wait_for, wait_until_asleep

TASKS = """\
import asyncio, sys
async def leaf():
    await asyncio.sleep(1000)
async def middle():
    await leaf()
async def waits(task):
    await task
async def gathers():
    await asyncio.gather(middle(), middle())
async def limits():
    await asyncio.wait_for(middle(), 1000)
async def grouped():
    async with asyncio.TaskGroup() as group:
        group.create_task(middle(), name="in group")
async def generates():
    async for _ in generator():
        pass
async def generator():
    await leaf()
    yield 1
async def ends():
    return 1
async def main():
    start = asyncio.create_task
    awaited = start(middle(), name="awaited")
    tasks = [awaited, start(waits(awaited), name="waits"), start(waits(awaited), name="waits too"),
             start(gathers(), name="gathers"), start(limits(), name="limits"), start(generates(), name="generates"),
             start(ends(), name="ended"), start(middle())]
    if hasattr(asyncio, "TaskGroup"):
        tasks.append(start(grouped(), name="grouped"))
    tasks.append(start(asyncio.wait([start(middle(), name="one"), start(middle(), name="two")]), name="waiter"))
    await asyncio.sleep(0.05)
    start(leaf(), name="not begun")
    print("ready", flush=True)
    sys.stdin.readline()
asyncio.run(main())
"""


def tree(shown):
    """Of each task by name: its functions from outside in, and the names of those that it awaits."""
    names = {task["id"]: task["name"] for task in shown["tasks"]}
    assert len(names) == len(shown["tasks"])
    tasks = {}
    for task in shown["tasks"]:
        name = re.sub(r"^Task-\d+$", "unnamed", task["name"])
        tasks.setdefault(name, []).append(([f["name"] for f in reversed(task["frames"])],
                                           sorted(re.sub(r"^Task-\d+$", "unnamed", names[a]) for a in task["awaits"]),
                                           task["running"]))
    return tasks


def check(shown, version):
    tasks = tree(shown)
    below = ["middle", "leaf", "sleep"]
    assert tasks["awaited"] == [(below, [], False)]
    assert tasks["waits"] == tasks["waits too"] == [(["waits"], ["awaited"], False)]
    assert tasks["gathers"] == [(["gathers"], ["unnamed", "unnamed"], False)]
    assert tasks["generates"] == [(["generates", "generator", "leaf", "sleep"], [], False)]
    assert tasks["not begun"] == [(["leaf"], [], False)]
    assert "ended" not in tasks
    assert tasks["one"] == tasks["two"] == [(below, [], False)]
    (stack, awaited, _), = tasks["waiter"]
    assert stack == ["wait", "_wait"] and awaited == ["one", "two"]
    (stack, awaited, _), = tasks["limits"]
    assert stack[:2] == ["limits", "wait_for"]
    # Before 3.12 it makes a task of its own.
    assert (stack[2:], awaited) == ((below, []) if version >= (3, 12) else ([], ["unnamed"]))
    if version >= (3, 11):
        (stack, awaited, _), = tasks["grouped"]
        assert stack[:2] == ["grouped", "__aexit__"] and awaited == ["in group"]
    main = [t for t in tasks["unnamed"] if t[0] == ["main"]]
    assert main == [(["main"], [], True)]
    lines = {f["line"] for t in shown["tasks"] for f in t["frames"] if f["name"] == "middle"}
    assert lines == {5}


@every_python
def test_tasks(python, tmp_path):
    """The first task reads from a pipe, so that a thread runs it; the others wait."""
    path = tmp_path / "tasks.py"
    path.write_text(TASKS)
    with running(python.path, path, stdin=-1) as target:
        wait_until_asleep(target.pid)
        shown = flame("dump", "--tasks", "--json", "-p", target.pid)
        text = flame("dump", "--tasks", "-p", target.pid)
        plain = flame("dump", "--json", "-p", target.pid)
        assert target.poll() is None
        target.stdin.close()
    assert shown.returncode == text.returncode == 0, shown.stderr + text.stderr
    check(json.loads(shown.stdout), python.version)
    assert "tasks" not in json.loads(plain.stdout)
    place = re.search(r"\nwaits\n    waits  +\S*tasks\.py:7\n    awaited( \(see above\))?\n", text.stdout)
    assert place, text.stdout
    assert text.stdout.count("(see above)") == 1 and text.stdout.count("leaf ") >= 7


def test_in_a_core_file(python, tmp_path):
    (tmp_path / "tasks.py").write_text(TASKS)
    _, core = kernel_core(tmp_path, python.path, "tasks.py", stdin=-1)
    result = flame("dump", core, "--tasks", "--json")
    assert result.returncode == 0, result.stderr
    check(json.loads(result.stdout), python.version)


BUSY = """\
import asyncio
async def spin():
    print("ready", flush=True)
    while True:
        for i in range(1000): pass
        await asyncio.sleep(0)
async def other():
    while True:
        await asyncio.sleep(0)
async def main():
    await asyncio.gather(spin(), other(), asyncio.sleep(1000))
asyncio.run(main())
"""


@every_python
def test_of_one_moment(python, tmp_path):
    """Tasks that come and go between a thread and the loop: each dump has all four, and one at most runs."""
    path = tmp_path / "busy.py"
    path.write_text(BUSY)
    with running(python.path, path) as target:
        wait_for(lambda: len(tasks_of(target)) == 4)
        for _ in range(30):
            tasks = tasks_of(target)
            assert len(tasks) == 4, tasks
            on_a_thread = [t for t in tasks if t["running"]]
            assert len(on_a_thread) <= 1 and all(t["frames"] for t in tasks), tasks
            outermost = sorted(t["frames"][-1]["name"] for t in tasks)
            assert outermost == ["main", "other", "sleep", "spin"], outermost
        assert target.poll() is None


def tasks_of(target):
    return json.loads(flame("dump", "--tasks", "--json", "-p", target.pid).stdout)["tasks"]


def test_without_asyncio(python):
    with running(python.path, "-c", "import time; print('ready', flush=True); time.sleep(1000)") as target:
        wait_until_asleep(target.pid)
        shown = flame("dump", "--tasks", "-p", target.pid)
        assert shown.returncode == 0 and shown.stdout.endswith("\nNo tasks of asyncio\n"), shown.stdout
        assert tasks_of(target) == []


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
