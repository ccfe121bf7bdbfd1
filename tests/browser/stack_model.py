"""What the pages should say, worked out the slow and plain way from the folded text alone."""

import collections
import re

RECORDED = re.compile(r"^(?P<file>[^:]+):(?P<function>[^:]+):(?P<line>\d+)$")


def function_of(frame):
    """slow.py:norm:12 -> (slow.py, norm); anything else is a function of no file."""
    found = RECORDED.match(frame)
    return (found["file"], found["function"]) if found else ("", frame)


def label_of(frame):
    return function_of(frame)[1]


class Stacks:
    def __init__(self, text):
        self.counts = collections.Counter()
        for line in text.splitlines():
            stack, _, count = line.rpartition(" ")
            self.counts[tuple(stack.split(";"))] += float(count)

    @property
    def total(self):
        return sum(self.counts.values())

    def mapped(self, rename):
        made = Stacks("")
        for stack, count in self.counts.items():
            made.counts[tuple(rename(frame) for frame in stack)] += count
        return made

    def kept(self, keep):
        made = Stacks("")
        made.counts.update({stack: count for stack, count in self.counts.items() if keep(stack)})
        return made

    def frames(self, key=lambda name: name):
        """{path: (start, width)} in samples: callees sorted by `key`, from the left, own samples on the right."""
        totals = collections.Counter()
        for stack, count in self.counts.items():
            for depth in range(len(stack) + 1):
                totals[stack[:depth]] += count
        placed = {(): (0.0, totals[()])}
        for path in sorted(totals, key=lambda p: (len(p), [key(n) for n in p])):
            if not path:
                continue
            siblings = [p for p in totals if len(p) == len(path) and p[:-1] == path[:-1] and key(p[-1]) < key(path[-1])]
            placed[path] = (placed[path[:-1]][0] + sum(totals[p] for p in siblings), totals[path])
        return placed

    def matched(self, pattern, under=()):
        """Samples of the stacks under a path in which some frame matches, and all samples under it."""
        shown = self.kept(lambda stack: stack[: len(under)] == under)
        hit = shown.kept(lambda stack: any(re.search(pattern, frame) for frame in stack))
        return hit.total, shown.total

    def functions(self):
        """{frame: (self, total)}; a frame counts once a stack."""
        own, all_of = collections.Counter(), collections.Counter()
        for stack, count in self.counts.items():
            own[stack[-1]] += count
            for frame in set(stack):
                all_of[frame] += count
        return {frame: (own[frame], all_of[frame]) for frame in all_of}

    def callers(self):
        """{path from the leaf up: samples}"""
        made = collections.Counter()
        for stack, count in self.counts.items():
            upward = stack[::-1]
            for depth in range(1, len(stack) + 1):
                made[upward[:depth]] += count
        return dict(made)

    def sandwich(self, frame):
        """Callers (upward) and callees (downward) of the outermost frames of that name, as {path: samples}."""
        above, below = collections.Counter(), collections.Counter()
        for stack, count in self.counts.items():
            if frame not in stack:
                continue
            at = stack.index(frame)
            upward = stack[: at + 1][::-1]
            for depth in range(1, len(upward) + 1):
                above[upward[:depth]] += count
            downward = stack[at:]
            for depth in range(1, len(downward) + 1):
                below[downward[:depth]] += count
        return dict(above), dict(below)
