"""flame record --tasks: below a task of asyncio stand the tasks that wait for it."""

from watch_helpers import every_python, flame, folded, judge

# Each way to wait has a function of its own that works.
WAYS = """\
import asyncio, sys, time
def burn(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
def work(name):
    exec("def %s(): burn(0.004)" % name, globals())
    return globals()[name]
async def leaf(function):
    function()
    await asyncio.sleep(0)
    function()
async def middle(name):
    await leaf(work(name))
async def awaits():
    await asyncio.create_task(middle("w_awaits"))
async def gathers():
    await asyncio.gather(middle("w_gathers"), asyncio.sleep(0))
async def gathers_twice():
    await asyncio.gather(gathers_inside(), asyncio.sleep(0))
async def gathers_inside():
    await asyncio.gather(middle("w_twice"), middle("w_twice"))
async def limits():
    await asyncio.wait_for(middle("w_limits"), 100)
async def waits():
    await asyncio.wait([asyncio.create_task(middle("w_waits"))])
async def shields():
    await asyncio.shield(middle("w_shields"))
async def generates():
    async for _ in generator():
        pass
async def generator():
    await asyncio.create_task(middle("w_generates"))
    yield 1
async def groups():
    async with asyncio.TaskGroup() as group:
        await asyncio.create_task(middle("w_groups"))
        group.create_task(middle("w_groups"))
async def shares(task):
    await task
async def background(other):
    task = asyncio.create_task(middle("w_background"))
    task.add_done_callback(lambda done: other.done())  # it knows of a task that waits, but not for this one
    return task
async def sleeps():
    await asyncio.sleep(100)
async def main(seconds):
    end = time.perf_counter() + seconds
    ways = [awaits, gathers, gathers_twice, limits, waits, shields, generates]
    if hasattr(asyncio, "TaskGroup"):
        ways.append(groups)
    print("ready", flush=True)
    while time.perf_counter() < end:
        for way in ways:
            await way()
        task = asyncio.create_task(middle("w_shares"))
        await asyncio.gather(shares(task), shares(task))
        sleeper = asyncio.create_task(sleeps())
        task = await background(sleeper)
        while not task.done():
            await asyncio.sleep(0)
        sleeper.cancel()
        asyncio.get_running_loop().call_soon(work("w_callback"))
        await asyncio.sleep(0)
asyncio.run(main(float(sys.argv[1])))
"""

LEAF = ["middle", "leaf"]
LOOP = ["<module>", "<event loop>"]
MAIN = [*LOOP, "main"]

# What stands outside of each function that works: where nobody waits, nothing is made up.
CALLERS = {
    "w_awaits": [[*MAIN, "awaits", *LEAF]],
    "w_gathers": [[*MAIN, "gathers", *LEAF]],
    "w_twice": [[*MAIN, "gathers_twice", "gathers_inside", *LEAF]],
    "w_limits": [[*MAIN, "limits", "wait_for", *LEAF]],
    "w_waits": [[*MAIN, "waits", "wait", "_wait", *LEAF]],
    "w_shields": [[*MAIN, "shields", *LEAF]],
    "w_generates": [[*MAIN, "generates", "generator", *LEAF]],
    # Waited for in its block, and at its end.
    "w_groups": [[*MAIN, "groups", *LEAF], [*MAIN, "groups", "__aexit__", *LEAF],
                 [*MAIN, "groups", "__aexit__", "_aexit", *LEAF]],
    # It begins before anybody waits for it.
    "w_shares": [[*LOOP, *LEAF], [*MAIN, "shares", *LEAF]],
    "w_background": [[*LOOP, *LEAF]],
    "w_callback": [LOOP],
}


def name_of(frame):
    return frame.split(":")[1].split(".")[-1] if ":" in frame else frame


def record(tmp_path, python, *options):
    (tmp_path / "ways.py").write_text(WAYS)
    out = tmp_path / "ways.folded"
    result = flame("record", "--function", *options, "-o", out, "--", python.path, tmp_path / "ways.py", 0.8)
    assert result.returncode == 0, result.stderr
    return {tuple(map(name_of, stack)): count for stack, count in folded(out).items()}, result


def check(stacks, python, busy):
    """All have the callers that they can have, and each way to wait was seen."""
    seen = dict.fromkeys(CALLERS, 0)
    for names, count in stacks.items():
        assert "_run_once" not in names, names
        at = next((i for i, name in enumerate(names) if name.startswith("w_")), None)
        if at is not None:
            assert list(names[:at]) in CALLERS[names[at]], names
            seen[names[at]] += count
    missing = {name for name in seen if not seen[name]} - ({"w_groups"} if python.version < (3, 11) else set())
    judge(not missing, f"not seen: {missing}", busy)


@every_python
def test_every_way_to_wait(python, tmp_path):
    stacks, result = record(tmp_path, python, "--tasks")
    check(stacks, python, result.busy)
    assert "was held still" in result.stderr


def test_beside_native_frames(python, tmp_path):
    """The C functions of asyncio between two tasks go, those inside of a task stay."""
    stacks, result = record(tmp_path, python, "--tasks", "--native")
    python_only = {}
    for names, count in stacks.items():
        names = tuple(name for name in names if not name.endswith(")") or name.startswith("<"))
        python_only[names] = python_only.get(names, 0) + count
    check(python_only, python, result.busy)


def test_without_asyncio(python, busy, tmp_path):
    """A program that knows nothing of asyncio has the stacks that it has."""
    out = tmp_path / "busy.folded"
    result = flame("record", "--tasks", "--function", "-o", out, "--", python.path, busy, 0.3)
    assert result.returncode == 0, result.stderr
    hot = sum(count for stack, count in folded(out).items() if [name_of(f) for f in stack] == ["<module>", "main", "hot"])
    judge(hot > 100, f"hot was seen {hot} times", result.busy)


def test_usage(python):
    for command in ("record", "top"):
        result = flame(command, "--tasks", "--freeze", "--", python.path, "-c", "0")
        assert result.returncode == 2 and "leave out --freeze" in result.stderr, result.stderr
