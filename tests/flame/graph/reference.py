"""The layout of a flame graph worked out the plain way, to compare the program's with.

No tree: the stacks lie side by side in order, and a rectangle is a run of neighbours that agree in their
first frames.
"""
import itertools
import re
import xml.etree.ElementTree as ET
from collections import namedtuple
from decimal import ROUND_HALF_EVEN, Decimal

Rect = namedtuple("Rect", "name x width y height title")
SVG = "{http://www.w3.org/2000/svg}"
ANNOTATION = re.compile(r"_\[[kwij]\]$")


def tenth(value):
    """One decimal, as printf rounds the double."""
    return Decimal(value).quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN)


def parse(text):
    """[(frames, count)] in the order of the lines."""
    stacks = []
    for line in text.splitlines():
        stack, count = line.rsplit(" ", 1)
        stacks.append((stack.rstrip(";").split(";"), float(count)))  # empty frames at the end do not count
    return stacks


def runs(stacks):
    """(level, frames, start, end) of every rectangle; level 0 is the root."""
    starts = [0.0, *itertools.accumulate(count for _, count in stacks)]
    deepest = max(len(frames) for frames, _ in stacks)
    for level in range(deepest + 1):
        first = 0
        for key, group in itertools.groupby(
                stacks, lambda s: tuple(s[0][:level]) if len(s[0]) >= level else None):
            last = first + len(list(group))
            if key is not None:
                yield level, key, starts[first], starts[last]
            first = last


def thousands(number):
    return f"{number:,.0f}"


def layout(text, width=1200, height=16, fontsize=12, minwidth=0.1, share=False, inverted=False, total=None,
           sort=True, reverse=False, factor=1, count_name="samples", subtitle=False):
    stacks = parse(text)
    if reverse:
        stacks = [(frames[::-1], count) for frames, count in stacks]
    if sort:
        stacks.sort(key=lambda s: (";".join(s[0]) + " ").encode())
    whole = sum(count for _, count in stacks)
    total = max(total or 0, whole)
    scale = (width - 20) / total
    least = total * minwidth / 100 if share else minwidth / scale
    kept = [r for r in runs(stacks) if r[3] - r[2] >= least]
    levels = max((r[0] for r in kept), default=0) + 1
    top = 3 * fontsize + (2 * fontsize if subtitle else 0)
    bottom = 2 * fontsize + 10
    image = levels * height + top + bottom
    rects = set()
    for level, frames, start, end in kept:
        if level == 0:
            end = total
        count = round((end - start) * factor)
        x1, x2 = tenth(10 + start * scale), tenth(10 + end * scale)
        y = top + level * height if inverted else image - bottom - (level + 1) * height + 1
        name = ANNOTATION.sub("", frames[-1]) if frames else "all"
        percent = "100%" if level == 0 else f"{100 * count / (total * factor):.2f}%"
        title = f"{name} ({thousands(count)} {count_name}, {percent})"
        rects.add(Rect(name, x1, x2 - x1, tenth(float(y)), tenth(float(height - 1)), title))
    return rects, image


def read(svg, panel="frames", count_name="samples"):
    """The rectangles of a picture, and its height."""
    root = ET.fromstring(svg)
    group = next((g for g in root.iter(SVG + "g") if g.get("id") == panel), None)
    rects = set()
    for element in group if group is not None else ():
        rect = next(element.iter(SVG + "rect"))
        title = element.find(SVG + "title").text
        name = element.get("data-n") or title[:title.rindex(" (", 0, title.rindex(f" {count_name}, "))]
        rects.add(Rect(name, *(Decimal(rect.get(k)) for k in ("x", "width", "y", "height")), title))
    return rects, float(root.get("height"))
