"""Is each function seen as often as it is there?"""
import bisect
import json
import math

from tool import COLLECTION, Failed, end, finish, fold, need_few_missed, sample, unlikely, wait_ready

Z = 4.5  # standard deviations: one false alarm in some 150,000 comparisons


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
        out, figures = sample(process.pid, seconds, 1000, "trace")
        diary = json.loads(finish(process))
        first, last = figures["from"], figures["to"]
        starts = [entry[1] for entry in diary]
        time_of, count_of, taken, weights = {}, {}, 0, []
        for part, start, stop in diary:
            inside = min(stop, last) - max(start, first)
            if inside > 0:
                time_of[part] = time_of.get(part, 0) + inside
        if len(time_of) < 17:
            unlikely("the program came round to {} parts only".format(len(time_of)), figures["busy"])
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
            ticks = int(text.rsplit(" ", 1)[1])
            taken += ticks
            weights.append(ticks)
            if part and part not in possible:
                raise Failed("{} is seen while the program was in {}".format(part, possible))
            if part:
                count_of[part] = count_of.get(part, 0) + ticks
        share_of = {part: spent / sum(time_of.values()) for part, spent in time_of.items()}
        independent = taken ** 2 / sum(weight * weight for weight in weights)
        worst = max(abs(count_of.get(part, 0) / taken - share) / math.sqrt(share * (1 - share) / independent)
                    for part, share in share_of.items())
        text = "{} samples agree with the diary one by one, {}".format(taken, need_few_missed(figures))
        if worst > Z:
            # Of a busy machine: moments were left out, and not at random, it gave us the processor when it pleased.
            unlikely("{}; shares off by {:.1f} sigma".format(text, worst), figures["busy"])
        return text + "; 17 shares within {:.1f} sigma of {:.0f} looks".format(worst, independent)
    finally:
        end(process)


def check_brief(python, kind, operations):
    process, seconds = python.start("brief.py", 2.2, operations, kind), 1.8
    try:
        known = json.loads(wait_ready(process))
        stacks, figures = fold(process.pid, seconds, 1000)
        total, lines = 0, {}
        for _, frames, count in stacks:
            total += count
            if frames and frames[-1][1] == known["callee"]:
                if len(frames) < 2:
                    raise Failed("{} is called by nobody, {} times".format(known["callee"], count))
                line = int(frames[-2][2])
                lines[line] = lines.get(line, 0) + count
        end(process)
        if set(lines) - set(known["calls"]):
            raise Failed("the callee is called from line {}".format(sorted(lines)))
        missed = need_few_missed(figures)
        if total + figures["torn"] > figures["samples"]:
            raise Failed("{} ticks of one thread are told at {}".format(total, figures["samples"]))
        seen, total = sum(lines.values()), max(1, total)
        share = seen / total
        looks = max(1, figures["own"])
        independent = looks if looks == total else looks * 6 / 7  # they do not all stand for equally many
        case = "a {} of {:.0f} ns".format(kind, known["lasts"])
        # It is entered and left in some ten nanoseconds, not in an instant.
        slack = Z * math.sqrt(0.25 / independent) + 0.01 + 10 / known["turn"]
        least, most = sorted((known["least"], known["most"]))
        if not least - slack <= share <= most + slack:
            unlikely("{} has {:.1%} of the samples and {:.1%} to {:.1%} of the time".format(
                case, share, least, most), figures["busy"])
        due = share / len(known["calls"])
        slack = Z * math.sqrt(due * (1 - due) / independent) + 0.01
        for line in known["calls"]:
            if abs(lines.get(line, 0) / total - due) > slack:
                unlikely("{} is called by turns, and line {} has {:.1%} of the samples where {:.1%} are due".format(
                    case, line, lines.get(line, 0) / total, due), figures["busy"])
        of_line = sorted(lines.get(line, 0) for line in known["calls"])
        return "{:.0f} ns {:.0%} of {:.0%} to {:.0%} ({:.0%} to {:.0%} a line), {}".format(
            known["lasts"], share, least, most, of_line[0] / total, of_line[-1] / total, missed)
    finally:
        end(process)


def self_counts(stacks):
    """Samples by what was on top: file and function."""
    counts = {}
    for _, frames, count in stacks:
        if frames:
            counts[frames[-1][:2]] = counts.get(frames[-1][:2], 0) + count
    return counts


def need_same_shares(pid, rounds, seconds, judge=lambda stacks: None):
    """Read while it runs, a program has the shares that it has while it stands still. `judge` sees all stacks."""
    free, still, looks, frozen, busy = {}, {}, 0, 0, None
    for _ in range(rounds):
        for options, counts in ((), free), (("freeze",), still):
            stacks, figures = fold(pid, seconds, 1000, *options)
            judge(stacks)
            busy = busy or figures["busy"]
            for key, count in self_counts(stacks).items():
                counts[key] = counts.get(key, 0) + count
            text = need_few_missed(figures)
            if not options:
                looks += figures["own"]
                missed = text
            else:
                frozen += figures["taken"]
    if looks < 33 * rounds * seconds:
        unlikely("only {:.0f} samples of their own in {} s".format(looks, rounds * seconds), busy)
    worst, apart = None, 0
    for key in free.keys() | still.keys():
        one, other = free.get(key, 0) / sum(free.values()), still.get(key, 0) / sum(still.values())
        due = max((one * looks + other * frozen) / (looks + frozen), 0.002)
        off = max(0, abs(one - other) - 0.01) / math.sqrt(due * (1 - due) * (1 / looks + 1 / frozen))
        if off >= apart:
            worst, apart = "{} {:.1%}, standing still {:.1%}".format(key[1], one, other), off
    if apart > Z:
        unlikely(worst, busy)
    return "{} functions, at worst {}; {:.0f} samples of their own in {} s, {}".format(
        len(free), worst, looks, rounds * seconds, missed)


def check_ordinary(python):
    process = python.start("ordinary.py", 14)
    try:
        wait_ready(process)
        return need_same_shares(process.pid, 3, 2)
    finally:
        end(process)


def check_everyday(python, kind, threads):
    """Nobody is called from a line that does not call it; and with one thread the shares are as above."""
    process = python.start("everyday.py", 10, kind)
    try:
        called = {(caller, str(line), callee) for caller, line, callee in json.loads(wait_ready(process))}

        def judge(stacks):
            for _, frames, count in stacks:
                for (file, caller, line), (inner, callee, _) in zip(frames, frames[1:]):
                    if file == inner and file.endswith("everyday.py") and "<module>" != caller and callee != "trace":
                        if (caller, line, callee) not in called:
                            raise Failed("{} on line {} called {}, {} times".format(caller, line, callee, count))
        if not threads:
            return kind + ": " + need_same_shares(process.pid, 2, 1, judge)
        stacks, figures = fold(process.pid, 1.5, 1000, "activity")
        judge(stacks)
        # As 'flame record' does: some hold the lock so briefly that they are found with it, and read without it.
        working, work = fold(process.pid, 1.5, 1000, "work")
        judge(working)
        return "{}: {} distinct stacks, all possible, {}; of those at work {}, {}".format(
            kind, len(stacks), need_few_missed(figures), len(working), need_few_missed(work, 0.1))
    finally:
        end(process)


def check_garbage_share(python):
    process, seconds = python.start("garbage.py", 2.8, "alone"), 2
    try:
        wait_ready(process)
        stacks, figures = fold(process.pid, seconds, 1000, collections=True)
        due = json.loads(finish(process)) if python.tells_collections[1] else 0
        total = sum(count for _, frames, count in stacks if frames)
        share = sum(count for _, frames, count in stacks if frames and frames[-1] == COLLECTION) / max(1, total)
        text = "{:.1%} of the samples collect, which takes {:.1%} of the time, {}".format(
            share, due, need_few_missed(figures))
        if abs(share - due) > Z * math.sqrt(due * (1 - due) / max(1, figures["own"])) + 0.01:
            unlikely(text, figures["busy"])
        return text
    finally:
        end(process)
