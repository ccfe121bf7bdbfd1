"""The truth table: programs whose stacks and times are known, sampled in every interpreter found.

    truth.py [--tool build/release/tests/sample_dump] [--chroot build/chroot] [--only 3.11] [--check lines]

For each interpreter and check it prints what was claimed and what was seen; the exit status is 0 only when
every claim held. A claim about chance (a share, how many were missed, what came by while we measured) is tried a second
time when it does not hold, and the table says so; a wrong stack or line never is. On a machine that keeps the
sampler from its processor such a claim cannot be judged: "too busy a machine". Checks:

    lines    threads parked in every kind of frame: names, lines (columns from 3.11) equal sys._current_frames()
    shares   seventeen kinds of code: each sample against the program's own diary of that moment, and the shares of
             the time within the statistical interval
    steps    no stack with a caller and callee that the program cannot make; functions of some microseconds
    calls    the same with functions of well under a microsecond: nearly all is seen at 1000 Hz; without pause much is
             missed, and what is taken must be right
    moments  the same of generators and callbacks
    shapes   every kind of call with a tiny body: whole stacks, with the line of each frame, that the program has had
    brief    functions and generators of 50 ns to some microseconds: their share of the time, evenly spread over the lines
             that call them, within the statistical interval
    ordinary library code, hundreds of functions: each function's share of the time is what it is while the program
             is made to stand still
    threads  200 threads, each with its own stack
    short    threads that live for a millisecond
    heirs    threads in the place of ended ones: each goes by its own number, those that wait by being idle
    subs     interpreters that are made and destroyed within the process: their work, with its lines and its share
    fork     parent and child told apart
    reuse    code freed and made again at the same address
    harmless a program that checks itself is attached to a thousand times, frozen and left to a killed sampler
"""
import argparse
import bisect
import json
import math
import os
import re
import signal
import subprocess
import sys
import time

from interpreters import find_interpreters

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
import contain  # noqa: E402
Z = 4.5  # standard deviations: one false alarm in some 150,000 comparisons
MISSED_MOST = 0.01
STRANGE_MOST = 0.005  # recursion of a few nanoseconds a turn: the top frame's line, and to 3.10 its callers'


class Failed(Exception):
    pass


class Unlikely(Failed):
    """What chance or a busy machine can bring about too, though seldom: worth a second try."""


# ---- the tool ----

TOOL = None


def run_tool(*arguments, timeout=120):
    try:
        done = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failed("the sampler did not end within {} s".format(timeout))
    out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")
    if done.returncode != 0:
        raise Failed("sampler: " + err.strip())
    return out, err


def figures_of(err):
    words = err.split()
    return {k: float(v) for k, v in zip(words[::2], words[1::2])}


def fold(pid, seconds, rate, *options):
    out, err = run_tool("fold", pid, seconds, rate, *options)
    stacks = []
    for line in out.splitlines():
        text, count = line.rsplit(" ", 1)
        thread, *frames = text.split(";")
        stacks.append((thread, [tuple(f.rsplit(":", 2)) for f in frames], int(count)))
    return stacks, figures_of(err)


def missed_share(figures):
    missed = sum(figures[k] for k in ("torn", "unmapped", "deep", "code", "list"))
    return missed / max(1, missed + figures["taken"])


def too_busy(figures, rate=0):
    """Whether the sampler was kept from its work: samples left out or, without pause (rate 0), waits for a processor."""
    if rate:
        return figures["samples"] < 0.97 * rate * figures["wall"]
    return figures["cpu"] < 0.9 * figures["wall"]


def need_few_missed(figures, most=MISSED_MOST, rate=0):
    share = missed_share(figures)
    text = "missed {:.2%}, gone {:.2%}".format(share, figures["late"] / max(1, figures["taken"]))
    if share > most:
        if too_busy(figures, rate):
            return text + "; too busy a machine to say"
        raise Unlikely("{} ({})".format(text, {k: int(v) for k, v in figures.items() if v}))
    return text


def waited(process):
    """Seconds for which the program's first thread was ready to run and had no processor."""
    with open("/proc/{}/schedstat".format(process.pid)) as file:
        return int(file.read().split()[1]) * 1e-9


def wait_ready(process):
    line = process.stdout.readline().decode()
    if not line:
        raise Failed("the program ended: " + process.stderr.read().decode()[-400:])
    return line


def finish(process, timeout=120):
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failed("the program did not end within {} s".format(timeout))
    if process.returncode != 0:
        raise Failed("the program ended with {}: {}".format(process.returncode, err.decode()[-400:]))
    return out.decode()


def end(process):
    """Only what this check started: its own session."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.communicate()


# ---- checks ----

def check_lines(python):
    process = python.start("parked.py")
    try:
        expected = json.loads(wait_ready(process))
        out, _ = run_tool("dump", process.pid)
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


def part_of(frames):
    """The part of shares.py that a stack belongs to: the outermost name that says so."""
    names = [f[1] for f in frames]
    for name in names:
        if name.startswith("part_") and name not in ("part_wrapper",):
            return {"part_executed": "exec", "part_generator_inner": "delegated", "part_task": "gathered"}.get(name, name[5:])
    return None


def check_shares(python):
    seconds = 2.2
    process = python.start("shares.py", seconds + 0.8)
    try:
        wait_ready(process)
        out, err = run_tool("fold", process.pid, seconds, 1000, "trace")
        diary = json.loads(finish(process))
        figures = figures_of(err)
        first, last = figures["from"], figures["to"]
        starts = [entry[1] for entry in diary]
        time_of, count_of, taken, latest, weights = {}, {}, 0, 0, []
        for part, start, stop in diary:
            inside = min(stop, last) - max(start, first)
            if inside > 0:
                time_of[part] = time_of.get(part, 0) + inside
        if len(time_of) < 17:
            raise Unlikely("the program came round to {} parts only".format(len(time_of)))
        for line in out.splitlines():
            before, after, text = line.split(" ", 2)
            frames = [tuple(f.rsplit(":", 2)) for f in text.rsplit(" ", 1)[0].split(";")[1:]]
            if not frames or frames[0][1] != "<module>":
                raise Failed("a stack begins with {}".format(frames[:1]))
            # What the diary says of the moment: the parts that lie in it, or none between two parts.
            low = max(0, bisect.bisect_right(starts, float(before)) - 1)
            high = bisect.bisect_right(starts, float(after))
            possible = [entry[0] for entry in diary[low:high] if entry[2] >= float(before)]
            part = part_of(frames)
            taken += 1
            if float(before) > latest:
                weights.append(0)
            weights[-1] += 1  # a held sample that stands for several has the moment that it was made at
            latest = max(latest, float(after))
            if part and part not in possible:
                raise Failed("{} is seen while the program was in {}".format(part, possible))
            if part:
                count_of[part] = count_of.get(part, 0) + 1
        share_of = {part: spent / sum(time_of.values()) for part, spent in time_of.items()}
        independent = taken ** 2 / sum(weight * weight for weight in weights)
        worst = max(abs(count_of.get(part, 0) / taken - share) / math.sqrt(share * (1 - share) / independent)
                    for part, share in share_of.items())
        text = "{} samples agree with the diary one by one, {}".format(taken, need_few_missed(figures, rate=1000))
        if too_busy(figures, 1000):
            # Moments were left out, and not at random: the machine gave us the processor when it pleased.
            return text + "; too busy a machine for shares"
        if worst > Z:
            raise Unlikely("shares off by {:.1f} sigma".format(worst))
        return text + "; 17 shares within {:.1f} sigma of {:.0f} looks".format(worst, independent)
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
            int(figures["taken"]), distinct, need_few_missed(figures, most, rate))
    finally:
        end(process)


def check_steps(python):
    return run_steps(python, 2000, 0, MISSED_MOST)


def check_calls(python):
    return "; ".join(run_steps(python, 3, rate, most) for rate, most in ((0, 1.0), (1000, MISSED_MOST)))


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


def check_shapes(python):
    texts = []
    for rate, seconds in (0, 1.5), (1000, 3):
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
            texts.append("{}, {}".format(text, need_few_missed(figures, 5 * MISSED_MOST, rate)))
        finally:
            end(process)
    return "; ".join(texts)


def check_brief(python):
    texts, missed, seconds = [], 0, 1.8
    for kind in "function", "generator":
        for operations in 3, 10, 100:
            process = python.start("brief.py", 2.2, operations, kind)
            try:
                known = json.loads(wait_ready(process))
                stacks, figures = fold(process.pid, seconds, 1000)
                total, lines = 0, {}
                for _, frames, count in stacks:
                    total += count
                    if frames and frames[-1][1] == known["callee"]:
                        line = int(frames[-2][2])
                        lines[line] = lines.get(line, 0) + count
                end(process)
                need_few_missed(figures)
                missed = max(missed, missed_share(figures))
                if set(lines) - set(known["calls"]):
                    raise Failed("the callee is called from line {}".format(sorted(lines)))
                if total < 0.97 * 1000 * seconds:
                    texts.append("too busy a machine for shares")
                    continue
                seen = sum(lines.values())
                share = seen / max(1, total)
                looks = max(1, total - figures["repeated"])
                independent = looks if looks == total else looks * 6 / 7  # they do not all stand for equally many
                case = "a {} of {:.0f} ns".format(kind, known["lasts"])
                # It is entered and left in some ten nanoseconds, not in an instant.
                slack = Z * math.sqrt(0.25 / independent) + 0.01 + 10 / known["turn"]
                least, most = sorted((known["least"], known["most"]))
                if not least - slack <= share <= most + slack:
                    raise Unlikely("{} has {:.1%} of the samples and {:.1%} to {:.1%} of the time".format(
                        case, share, least, most))
                due = share / len(known["calls"])
                slack = Z * math.sqrt(due * (1 - due) / independent) + 0.01
                for line in known["calls"]:
                    if abs(lines.get(line, 0) / total - due) > slack:
                        raise Unlikely("{} is called by turns, and line {} has {:.1%} of the samples where {:.1%} are due".format(
                            case, line, lines.get(line, 0) / total, due))
                of_line = sorted(lines.get(line, 0) for line in known["calls"])
                texts.append("{:.0f} ns {:.0%} of {:.0%} to {:.0%} ({:.0%} to {:.0%} a line)".format(
                    known["lasts"], share, least, most, of_line[0] / total, of_line[-1] / total))
            finally:
                end(process)
    return "{}; missed {:.2%} at most".format(", ".join(texts), missed)


def self_counts(stacks):
    """Samples by what was on top: file and function."""
    counts = {}
    for _, frames, count in stacks:
        if frames:
            counts[frames[-1][:2]] = counts.get(frames[-1][:2], 0) + count
    return counts


def check_ordinary(python):
    """Read while it runs, a program has the shares that it has while it stands still."""
    process = python.start("ordinary.py", 14)
    try:
        wait_ready(process)
        free, still, looks, frozen = {}, {}, 0, 0
        for _ in range(3):
            for options, counts in ((), free), (("freeze",), still):
                before = waited(process)
                stacks, figures = fold(process.pid, 2, 1000, *options)
                if waited(process) - before > 0.05 * figures["wall"]:
                    return "too busy a machine to say"
                for key, count in self_counts(stacks).items():
                    counts[key] = counts.get(key, 0) + count
                text = need_few_missed(figures, rate=1000)
                if "too busy" in text:
                    return text
                if not options:
                    looks += figures["taken"] - figures["repeated"]
                    missed = text
                else:
                    frozen += figures["taken"]
        if looks < 200:
            raise Unlikely("only {:.0f} samples of their own in 6 s".format(looks))
        worst, apart = None, 0
        for key in free.keys() | still.keys():
            one, other = free.get(key, 0) / sum(free.values()), still.get(key, 0) / sum(still.values())
            due = max((one * looks + other * frozen) / (looks + frozen), 0.002)
            off = max(0, abs(one - other) - 0.01) / math.sqrt(due * (1 - due) * (1 / looks + 1 / frozen))
            if off >= apart:
                worst, apart = "{} {:.1%}, standing still {:.1%}".format(key[1], one, other), off
        if apart > Z:
            raise Unlikely(worst)
        return "{} functions, at worst {}; {:.0f} samples of their own in 6 s, {}".format(
            len(free), worst, looks, missed)
    finally:
        end(process)


def check_threads(python):
    process = python.start("threads.py", 3, "many")
    try:
        wait_ready(process)
        stacks, figures = fold(process.pid, 1, 100, "activity")
        threads = set()
        for thread, frames, _ in stacks:
            names = [f[1] for f in frames]
            if "lone" in names:
                threads.add(thread.split()[0])
                depth = names.count("rest")
                at = names.index("lone")
                if not 1 <= depth <= 10 or names[at + 1:at + 1 + depth] != ["rest"] * depth:
                    if names[at:] != ["lone"]:
                        raise Failed("a stack of another thread: {}".format(names))
        if "0" in threads or len(threads) > 200:
            raise Failed("{} threads seen, and 200 there are{}".format(
                len(threads), "; one without its number" if "0" in threads else ""))
        if len(threads) < 200:
            raise Unlikely("{} threads seen of 200".format(len(threads)))
        return "200 threads, {}".format(need_few_missed(figures, rate=100))
    finally:
        end(process)


def check_short(python):
    process = python.start("threads.py", 2.5, "short")
    try:
        wait_ready(process)
        stacks, figures = fold(process.pid, 1.5, 1000)
        seen = 0
        for _, frames, count in stacks:
            names = [f[1] for f in frames]
            if "brief_work" in names:
                seen += count
                if names[names.index("brief_work") - 1] != "brief":
                    raise Failed("impossible: {}".format(names))
        if not seen:
            raise Unlikely("no short-lived thread was seen")
        return "{} samples in threads of a millisecond, {}".format(seen, need_few_missed(figures, rate=1000))
    finally:
        end(process)


def check_heirs(python):
    process = python.start("threads.py", 2.5, "heirs")
    try:
        wait_ready(process)
        stacks, figures = fold(process.pid, 1.5, 1000, "activity")
        ids = {kind: set(of_kind) for kind, of_kind in json.loads(finish(process)).items()}
        seen, idle = dict.fromkeys(ids, 0), dict.fromkeys(ids, 0)
        for thread, frames, count in stacks:
            for kind in ids.keys() & {f[1] for f in frames}:
                if int(thread.split()[0]) not in ids[kind]:
                    raise Failed("thread {} is none that {}".format(thread, kind))
                seen[kind] += count
                idle[kind] += count if " idle" in thread else 0
        if min(seen.values()) < 20:
            raise Unlikely("too few threads were seen: {}".format(seen))
        rests, works = (idle[kind] / seen[kind] for kind in ("rests", "works"))
        if rests < 0.9:
            raise Failed("threads that wait are idle in only {:.0%} of their samples".format(rests))
        if works > 0.1 and not too_busy(figures, 1000):
            raise Unlikely("threads that work are idle in {:.0%} of their samples".format(works))
        return "{} samples of threads in the place of others, each told by its number, {}".format(
            sum(seen.values()), need_few_missed(figures, rate=1000))
    finally:
        end(process)


def check_subs(python):
    process = python.start("subinterpreters.py", 2)
    try:
        wait_ready(process)
        stacks, figures = fold(process.pid, 1.5, 1000)
        share = json.loads(finish(process))
        seen = dict.fromkeys(range(4), 0)
        for _, frames, count in stacks:
            for _, name, line in frames:
                if not name.startswith("work_"):
                    continue
                k = int(name[5:])
                seen[k] += count
                if int(line) not in (k + 2, k + 3):
                    raise Failed("{} on line {}, which it does not have".format(name, line))
        if min(seen.values()) == 0:
            raise Unlikely("not all were seen: {}".format(seen))
        found = sum(seen.values()) / figures["samples"]
        if abs(found - share) > 0.06 and not too_busy(figures, 1000):
            raise Unlikely("{:.1%} of the samples show their work, which took {:.1%}".format(found, share))
        return "{:.1%} of the samples show their work, which took {:.1%}, {}".format(
            found, share, need_few_missed(figures, rate=1000))
    finally:
        end(process)


def check_fork(python):
    process = python.start("forked.py", 1.5)
    try:
        child = int(wait_ready(process))
        texts = []
        for pid, mine, other in ((child, "child_work", "parent_work"),
                                 (process.pid, "parent_work", "child_work")):
            stacks, figures = fold(pid, 0.4, 500)
            names = [f[1] for _, frames, _ in stacks for f in frames]
            if other in names:
                raise Failed("process {} shows {}".format(mine, sorted(set(names))))
            if mine not in names:
                raise Unlikely("process {} shows only {}".format(mine, sorted(set(names))))
            if any(thread.split()[0] == "0" for thread, _, _ in stacks):
                raise Failed("a thread without its number in {}".format(mine))
            texts.append(need_few_missed(figures, rate=500))
        return "both told apart, " + texts[0]
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
        if addresses > count / 4:
            raise Failed("{} addresses for {} code objects: not made again in the same place".format(addresses, count))
        text = "{} code objects at {} addresses, none mistaken, {}".format(count, addresses, need_few_missed(figures))
        if len(seen) < 10:
            if not too_busy(figures):
                raise Unlikely("{} functions seen of 10".format(len(seen)))
            text += "; {} functions of 10 seen: too busy a machine".format(len(seen))
        return text
    finally:
        end(process)


def check_harmless(python):
    process = python.start("checks_itself.py")
    try:
        wait_ready(process)
        run_tool("attach", process.pid, 1000)
        for _ in range(5):
            holder = subprocess.Popen([TOOL, "hold", str(process.pid)], stdout=subprocess.PIPE)
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


CHECKS = {"lines": check_lines, "shares": check_shares, "steps": check_steps, "calls": check_calls,
          "moments": check_moments, "shapes": check_shapes, "brief": check_brief, "ordinary": check_ordinary,
          "threads": check_threads, "short": check_short, "heirs": check_heirs, "subs": check_subs, "fork": check_fork,
          "reuse": check_reuse, "harmless": check_harmless}


def run_check(check, python):
    """Whether the claim held, what was seen, and whether it took a second try."""
    try:
        return "yes", check(python), False
    except Unlikely as first:
        try:
            return "yes", "{} [the second time; the first: {}]".format(check(python), first), True
        except Failed as failure:
            return "NO", "{} [the second time; the first: {}]".format(failure, first), False
    except Failed as failure:
        return "NO", str(failure), False
    except Exception as error:  # the rest of the table is wanted all the same
        return "NO", "{}: {}".format(type(error).__name__, error), False


def main():
    global TOOL
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", default=os.path.join(ROOT, "build/release/tests/sample_dump"))
    parser.add_argument("--chroot", default=os.path.join(ROOT, "build/chroot"),
                        help="with newer interpreters (make_chroot.sh makes it; needs root)")
    parser.add_argument("--only", action="append", help="a version, or its beginning")
    parser.add_argument("--check", action="append", choices=list(CHECKS))
    options = parser.parse_args()
    contain.enter()
    TOOL = os.path.abspath(options.tool)
    pythons = find_interpreters(options.chroot and os.path.abspath(options.chroot))
    if options.only:
        pythons = [p for p in pythons if any(p.version.startswith(o) for o in options.only)]
    if not pythons:
        print("no interpreter found")
        return 1
    failures = second = 0
    print("{:<8} {:<9} {:<5} {}".format("python", "check", "held", "what was seen"))
    for python in pythons:
        for name in options.check or CHECKS:
            start = time.monotonic()
            held, text, again = run_check(CHECKS[name], python)
            failures += held == "NO"
            second += again
            print("{:<8} {:<9} {:<5} {}  ({:.1f} s)".format(python.version, name, held, text,
                                                          time.monotonic() - start), flush=True)
    minors = {p.version.split(".")[1] for p in pythons}
    lacking = [m for m in range(8, 16) if str(m) not in minors]
    if lacking and not options.only:
        print("not checked here, for want of an interpreter: " + ", ".join("3.%d" % m for m in lacking))
    claims = len(pythons) * len(options.check or CHECKS)
    print("{} of {} claims held{}".format(claims - failures, claims,
                                          ", {} of them the second time".format(second) if second else ""))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
