"""Threads, interpreters and processes: each by itself."""
import json

from tool import COLLECTION, Failed, end, finish, fold, need_few_missed, unlikely, wait_ready


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
            unlikely("{} threads seen of 200".format(len(threads)), figures["busy"])
        return "200 threads, {}".format(need_few_missed(figures))
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
            unlikely("no short-lived thread was seen", figures["busy"])
        return "{} samples in threads of a millisecond, {}".format(seen, need_few_missed(figures))
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
            unlikely("too few threads were seen: {}".format(seen), figures["busy"])
        rests, works = (idle[kind] / seen[kind] for kind in ("rests", "works"))
        if rests < 0.9:
            # One that is about to wait, or was woken, waits for a CPU, which is not idle.
            unlikely("threads that wait are idle in only {:.0%} of their samples".format(rests), figures["busy"])
        if works > 0.1:
            unlikely("threads that work are idle in {:.0%} of their samples".format(works), figures["busy"])
        return "{} samples of threads in the place of others, each told by its number, {}".format(
            sum(seen.values()), need_few_missed(figures))
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
            unlikely("not all were seen: {}".format(seen), figures["busy"])
        found = sum(seen.values()) / figures["samples"]
        if abs(found - share) > 0.06:
            unlikely("{:.1%} of the samples show their work, which took {:.1%}".format(found, share), figures["busy"])
        return "{:.1%} of the samples show their work, which took {:.1%}, {}".format(
            found, share, need_few_missed(figures))
    finally:
        end(process)


def check_garbage(python):
    """Collections have the callers that they can have; nobody else collects, and nothing is called by work."""
    process = python.start("garbage.py", 3, "threads")
    try:
        wait_ready(process)
        stacks, figures = fold(process.pid, 2, 1000, collections=True)
        placed, told = python.tells_collections
        callers = {"collects", "makes"}
        if ".12." in python.version:  # any thread may do what one has made due
            callers |= {"works", "works_beside"}
        seen, finalizers, marked = 0, 0, 0
        for _, frames, count in stacks:
            names = [f[1] for f in frames]
            if "__del__" in names:
                finalizers += count
                marked += count if COLLECTION[1] in names else 0
            if COLLECTION[1] not in names:
                continue
            at = names.index(COLLECTION[1])
            seen += count
            above = names[at + 1:at + 2]
            if names[at - 1] not in callers or above and not (placed and above == ["__del__"]):
                raise Failed("impossible: {}".format(names))
        if (told and not seen) or not finalizers:
            where = sorted({"/".join(f[1] for f in frames) for _, frames, _ in stacks})
            unlikely("{} collections and {} finalizers, but {}".format(seen, finalizers, where), figures["busy"])
        if placed and marked < 0.95 * finalizers:
            raise Failed("{} of {} samples of finalizers show the collection that called them".format(marked, finalizers))
        return "{} samples of collections, {} of finalizers, all possible, {}".format(
            seen, finalizers, need_few_missed(figures))
    finally:
        end(process)


def check_fork(python, mine, other):
    process = python.start("forked.py", 1.5)
    try:
        child = int(wait_ready(process))
        stacks, figures = fold(child if mine == "child_work" else process.pid, 0.4, 500)
        names = [f[1] for _, frames, _ in stacks for f in frames]
        if other in names:
            raise Failed("process {} shows {}".format(mine, sorted(set(names))))
        if any(thread.split()[0] == "0" for thread, _, _ in stacks):
            raise Failed("a thread without its number in {}".format(mine))
        if mine not in names:
            unlikely("process {} shows only {}".format(mine, sorted(set(names))), figures["busy"])
        return "{} told apart, {}".format(mine, need_few_missed(figures))
    finally:
        end(process)
