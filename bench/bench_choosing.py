#!/usr/bin/env python3
"""Stress over time of every method, and of the peers: the figures and numbers of docs/choosing.md.

    ./run bench choosing

One figure a data set, docs/figures/choosing_NAME.svg: how far above the best stress-1 that is known the map is (the
lowest that any run here has seen), against the seconds since the fit began, on one core. Ours report every iteration;
a curve is that of the seed whose end is the median of five. A peer is run with several limits, a dot each.
"""

import json
import re
import statistics
import sys
import time
from pathlib import Path

import mdscale
import numpy as np
from bench_fit import PEERS, ROOT, peer, read
from curves import draw

SEEDS = 5
FLOOR = 1e-8  # what is nearer to the best is drawn here
PAGE = ROOT / "docs" / "choosing.md"
FIGURES = ROOT / "docs" / "figures"
# The peers' limits on digits; small sets are not worth starting another program for.
LIMITS = {"scikit-learn, classical start": ("sklearn_mds", "iterations", (10, 30, 100, 300), {}),
          "scikit-learn, random start": ("sklearn_mds", "iterations", (10, 30, 100, 300), {"init": "random"}),
          "s_gd2": ("s_gd2", "passes", (5, 10, 15, 30), {})}


def follow(delta, method, seed):
    """(seconds, normalised stress) after each iteration, the best so far, and the stress-1 of the map."""
    total = float((delta[np.triu_indices(len(delta), 1)] ** 2).sum())
    points, began = [], time.perf_counter()

    def note(iteration, step, loss, moves):
        stress = (max(loss, 0) / total) ** 0.5
        if not points or stress < points[-1][1]:
            points.append((time.perf_counter() - began, stress))

    result = mdscale.fit(delta, method=method, seed=seed, threads=1, progress=note)
    points.append((time.perf_counter() - began, result.stress1))
    return points, result.stress1


def thin(points):
    """Few enough points to draw: one in each 40th of a decade."""
    kept = [points[0]]
    for point in points[1:-1]:
        if np.log10(point[0] / kept[-1][0]) >= 0.025:
            kept.append(point)
    return kept + points[-1:]


def measure(name):
    delta = read(name)
    curves = []
    for method in mdscale.methods():
        if method["name"] == "unidimensional":
            continue
        runs = sorted((follow(delta, method["name"], seed) for seed in range(SEEDS)), key=lambda run: run[1])
        curves.append([method["name"], runs[SEEDS // 2][0], False, [end for _, end in runs]])
    if len(delta) > 1000 and PEERS.exists():
        for label, (program, key, limits, settings) in LIMITS.items():
            runs = [peer(program, delta, **settings, **{key: limit}) for limit in limits]
            curves.append([label, runs, True, [stress for _, stress in runs]])
    return len(delta), curves


def noise():
    """The stress of data without structure: as many objects as digits, 64 independent normal numbers each."""
    features = np.random.default_rng(1).normal(size=(1797, 64))
    squares = (features ** 2).sum(1)
    delta = np.sqrt(np.maximum(squares[:, None] + squares - 2 * features @ features.T, 0))
    np.fill_diagonal(delta, 0)
    return mdscale.fit((delta + delta.T) / 2, threads=1, effort="high").stress1


def write_page(report):
    """Put the numbers between the page's marks."""
    rows = ["| data | method | seconds | stress-1, median of 5 seeds | worst of 5 |", "|---|---|---:|---:|---:|"]
    rows += ["| {data} | {method} | {seconds:.3g} | {stress1:.6f} | {worst:.6f} |".format(**row) for row in report]
    text = PAGE.read_text()
    for mark, words in (("table", "\n" + "\n".join(rows) + "\n"), ("noise", f"{noise():.3f}")):
        text = re.sub(rf"(<!--{mark}-->).*?(<!--/{mark}-->)", lambda m: m[1] + words + m[2], text, flags=re.S)
    PAGE.write_text(text)


def main(out):
    report = []
    for name, title in (("digits", "Digits"), ("ekman", "Ekman's colours"), ("us_cities_road", "US cities by road")):
        n, curves = measure(name)
        best = min(min(ends) for *_, ends in curves)
        drawn = [(label, [(s, max(y - best, FLOOR)) for s, y in thin(points)], is_peer)
                 for label, points, is_peer, _ in curves]
        (FIGURES / f"choosing_{name}.svg").write_text(
            draw(f"{title} (n = {n:,}): stress over time", "stress-1 above the best known", drawn))
        for label, points, _, ends in curves:
            report.append({"data": name, "method": label, "seconds": points[-1][0],
                           "stress1": statistics.median(ends), "worst": max(ends), "above": min(ends) - best})
            print(f"{name:<16} {label:<32} {points[-1][0] * 1e3:9.1f} ms  stress-1 {statistics.median(ends):.6f}"
                  f"  worst of {len(ends)}: {max(ends):.6f}", flush=True)
    write_page(report)
    Path(out).write_text(json.dumps({"bench": "choosing", "results": report}, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
