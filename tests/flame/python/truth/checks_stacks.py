"""Is what is taken right? Frames, lines, callers; and the program unharmed."""
import json
import re
import signal
import subprocess
import time

import tool
from tool import MISSED_MOST, Failed, Unlikely, end, finish, fold, need_few_missed, run_tool, unlikely, wait_ready

STRANGE_MOST = 0.005  # recursion of a few nanoseconds a turn: the top frame's line, and to 3.10 its callers'


def check_lines(python):
    process = python.start("parked.py")
    try:
        expected = json.loads(wait_ready(process))
        out, _, _ = run_tool("dump", process.pid)
        seen, thread = {}, None
        for line in out.splitlines():
            if line.startswith("thread "):
                thread = re.search(r"ident (\d+)", line).group(1)
                seen[thread] = []
                if " missed 0 " not in line:
                    raise Failed(line)
            elif line.startswith("  "):
                file, name, qualname, text, _, end_line, column, end_column = line[2:].split("\t")
                entry = [file, name, qualname, int(text)]
                entry += [int(end_line), int(column) or None, int(end_column) or None]
                seen[thread].append(entry)
        frames = 0
        for ident, stack in expected.items():
            if ident not in seen:
                raise Failed("thread {} is not seen".format(ident))
            width = len(stack[0])
            got = [entry[:width] for entry in seen[ident]]
            for want, have in zip(stack + [None] * len(got), got + [None] * len(stack)):
                if want is None and have is None:
                    break
                frames += 1
                if want != have:
                    raise Failed("said {} where sys._current_frames() has {} (thread in {})".format(
                        have, want, stack[-4:]))
        process.stdin.write(b"\n")
        process.stdin.flush()
        finish(process)
        return "{} frames of {} threads equal{}".format(frames, len(expected),
                                                        ", columns too" if width > 4 else "")
    finally:
        end(process)


def impossible_steps(stacks, allowed):
    for _, frames, _ in stacks:
        inner = [f for f in frames if f[0] == "steps.generated"]
        for (_, name, line), (_, callee, _) in zip(inner, inner[1:]):
            key = name + ":" + line
            if name != "<module>" and allowed.get(key) != callee:
                yield "{} on line {} called {}".format(name, line, callee)


def run_steps(python, work, rate, most):
    process = python.start("steps.py", 8, work)
    try:
        allowed = json.loads(wait_ready(process))
        stacks, figures = fold(process.pid, 3 if rate else 1.5, rate)
        bad = list(impossible_steps(stacks, allowed))
        if bad:
            raise Failed("{} impossible stacks, as: {}".format(len(bad), bad[0]))
        distinct = len(stacks)
        end(process)
        return "{} samples, {} distinct stacks, all possible, {}".format(
            int(figures["taken"]), distinct, need_few_missed(figures, most))
    finally:
        end(process)


def check_steps(python):
    return run_steps(python, 2000, 0, MISSED_MOST)


def check_calls(python, rate, most):
    return run_steps(python, 3, rate, most)


# Who may stand above `loop`, by its line in moments.py.
MOMENTS = {"22": [], "23": [], "24": [], "25": [("leaf",), ("leaf", "endless")], "26": [("brief",)], "27": [],
           "28": [("brief",)], "29": [("<genexpr>",)], "30": [("<lambda>",)]}


def check_moments(python):
    process = python.start("moments.py", 8)
    try:
        wait_ready(process)
        stacks, figures = fold(process.pid, 1.5, 0)
        for _, frames, count in stacks:
            names = [f[1] for f in frames]
            if not frames:
                raise Failed("{} empty stacks".format(count))
            line = frames[1][2] if names[:2] == ["<module>", "loop"] else None
            above = tuple(names[2:])
            if names == ["<module>"] or (line in MOMENTS and (not above or above in MOMENTS[line])):
                continue
            raise Failed("impossible, {} times: {}".format(count, [":".join(f[1:]) for f in frames]))
        end(process)
        return "{} samples, all possible, {}".format(int(figures["taken"]), need_few_missed(figures, 1.0))
    finally:
        end(process)


def check_shapes(python, rate, seconds):
    process = python.start("shapes.py", seconds + 0.7)
    try:
        known = json.loads(wait_ready(process))
        possible = {tuple(map(tuple, stack)) for stack in known["stacks"]}
        pairs = {(a, b) for stack in possible for (a, _), (b, _) in zip(stack, stack[1:])}
        stacks, figures = fold(process.pid, seconds, rate)
        total, unexpected = 0, []
        for _, frames, count in stacks:
            stack = tuple((name, int(line)) for _, name, line in frames)[1:]  # without the module
            total += count
            if stack in possible or not stack:
                continue
            top, line = stack[-1]
            if stack[:-1] in possible and line in (0, known["made"].get(top, 0)):
                continue
            unexpected.append((count, stack))
            for (caller, _), (callee, _) in zip(stack, stack[1:]):
                if (caller, callee) not in pairs and callee not in known["made"]:
                    raise Failed("{} called {}, {} times: {}".format(caller, callee, count, stack))
        end(process)
        bad = sum(count for count, _ in unexpected)
        text = "{} of {} samples unexpected".format(bad, total)
        if bad > STRANGE_MOST * total:
            raise Unlikely("{}, as: {}".format(text, max(unexpected)))
        return "{}, {}".format(text, need_few_missed(figures, 5 * MISSED_MOST))
    finally:
        end(process)


def check_reuse(python):
    process = python.start("reuse.py", 2)
    try:
        wait_ready(process)
        stacks, figures = fold(process.pid, 1.5, 0)
        seen = set()
        for _, frames, _ in stacks:
            for file, name, line in frames:
                if file != "made.py" or not name.startswith("made_"):
                    continue
                k = int(name[5:])
                seen.add(k)
                if int(line) not in (1, k + 2, k + 3):
                    raise Failed("{} on line {}, which it does not have".format(name, line))
            made = [(n, int(line)) for f, n, line in frames if f == "made.py"]
            if len(made) == 2 and made[0][0] == "<module>":
                k = int(made[1][0][5:])
                if made[0][1] != k + 4:
                    raise Failed("a module calls {} from line {}".format(made[1][0], made[0][1]))
        count, addresses = json.loads(finish(process))
        if addresses > count / 4 and not python.free_threaded:  # there code is freed later, with other garbage
            unlikely("{} addresses for {} code objects: not made again in the same place".format(addresses, count),
                     figures["busy"])
        text = "{} code objects at {} addresses, none mistaken, {}".format(count, addresses, need_few_missed(figures))
        if len(seen) < 10:
            unlikely("{} functions seen of 10".format(len(seen)), figures["busy"])
        return text
    finally:
        end(process)


def check_harmless(python):
    process = python.start("checks_itself.py")
    try:
        wait_ready(process)
        run_tool("attach", process.pid, 1000)
        for _ in range(5):
            holder = subprocess.Popen([tool.TOOL, "hold", str(process.pid)], stdout=subprocess.PIPE)
            holder.stdout.readline()  # it is frozen now
            holder.send_signal(signal.SIGKILL)
            holder.wait()
            holder.stdout.close()
        time.sleep(0.05)
        with open("/proc/{}/stat".format(process.pid)) as file:
            state = file.read().rsplit(")", 1)[1].split()[0]
        if state in "Tt":
            raise Failed("the process was left stopped")
        process.stdin.write(b"\n")
        process.stdin.flush()
        out = finish(process)
        if not out.startswith("rounds"):
            raise Failed("the program noticed: " + out)
        return "1000 attachments (500 frozen), 5 killed while frozen; {}".format(out.strip())
    finally:
        end(process)
