#!/usr/bin/env python3
"""Can the picture be believed where functions are short? Each sampler's share for a function of known share.

    bench/bench_shares.py [OUT.json] [--rounds N] [--seconds S] [--python PATH]... [--chroot DIR] [--tools DIR]

The program (program_shares.py) spends about half of its time in `helper`, a function or a generator, for 0.1, 0.3, 1 or
10 microseconds at a time, and measures in its own CPU time between what bounds the share lies: without and with what
the call itself costs. The table shows the share of samples with `helper` on the stack and, behind it, by how many
points it lies outside of these bounds; nothing behind it means inside. "missed" is the worst of the row.

It wants a quiet machine: where programs wait for a processor, a sampler finds them standing still more often than not,
and every sampler looks better than it is. The load is printed.

The answer is flame's: the bench fails when flame lies outside by more than 5 points and what chance explains, or when
a profile has stacks that the program does not make. Other samplers are shown and not judged.
"""

import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_record import machine
from samplers import complaint, interpreters, parse_options, samplers

PROGRAM = Path(__file__).with_name("program_shares.py").read_text()
KINDS = {"call": "a function", "generator": "a generator"}
TIMES = (0.1, 0.3, 1, 10)  # microseconds
TOLERANCE = 0.05
SIGMAS = 4


def watch(sampler, pid, seconds, folder):
    """What one recording shows: weights of `helper`, of the rest, and of what is neither; what it missed."""
    out = Path(folder) / "profile"
    out.unlink(missing_ok=True)
    words = [str(w) for w in sampler.command(out, pid, seconds)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=3 * seconds + 5, check=False)
    except subprocess.TimeoutExpired as late:
        raise RuntimeError("did not end in time") from late
    text = done.stdout + done.stderr
    if done.returncode != 0 or not out.exists():
        raise RuntimeError(complaint(text))
    helper = work = other = 0
    for names, weight in sampler.stacks(out):
        if "helper" in names:
            helper += weight
        elif "work" in names:
            work += weight
        elif names:
            other += weight
    if not helper + work:
        raise RuntimeError("no sample of the program")
    says = sampler.says(text, out)
    return {"helper": helper, "work": work, "other": other, "taken": says["taken"], "missed": says["missed"]}


def run_program(python, kind, time, options, broken):
    """The truth, and what every sampler says; one that is broken is not tried again."""
    found, _ = samplers(options.tools, python)
    seen = {name: [] for name in found}
    process = subprocess.Popen([*python.command, "-c", PROGRAM, kind, str(time)], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        truths = [json.loads(process.stdout.readline())]
        with tempfile.TemporaryDirectory(dir=python.scratch()) as folder:
            for _ in range(options.rounds):
                for name, sampler in found.items():
                    if name in broken:
                        seen[name].append({"failed": broken[name]})
                        continue
                    try:
                        seen[name].append(watch(sampler, process.pid, options.seconds, folder))
                    except (RuntimeError, OSError, AttributeError, TypeError) as error:
                        seen[name].append({"failed": str(error)})
                        if not name.startswith("flame"):
                            broken[name] = str(error)
        process.stdin.write("\n")
        process.stdin.flush()
        truths.append(json.loads(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()
    return truths, {name: together(windows, truths) for name, windows in seen.items()}


def bounds(truths):
    """The wider of both measurements; noise can turn a narrow one round."""
    ends = [t[key] for t in truths for key in ("least", "most")]
    return min(ends), max(ends)


def together(windows, truths):
    good = [w for w in windows if "failed" not in w]
    if not good:
        return {"failed": windows[-1]["failed"], "windows": windows}
    # Each window by itself: a weight may be a number of samples or a time.
    share = sum(w["helper"] / (w["helper"] + w["work"]) for w in good) / len(good)
    low, high = bounds(truths)
    taken = sum(w["taken"] or 0 for w in good)
    return {"share": share, "off": share - min(max(share, low), high), "taken": taken,
            "chance": SIGMAS * math.sqrt(0.25 / max(taken, 1)), "other": max(w["other"] / (w["helper"] + w["work"]) for w in good),
            "missed": max((w["missed"] for w in good if w["missed"] is not None), default=None), "windows": windows}


def show(result):
    if "failed" in result:
        return "failed"
    off = round(100 * result["off"])
    return f"{100 * result['share']:.0f}%" + (f" ({off:+d})" if off else "")


def compare(python, kind, options, report, broken):
    """One table. The claims about flame that did not hold."""
    columns = [run_program(python, kind, time, options, broken) for time in TIMES]
    wrong = []
    absent = samplers(options.tools, python)[1]
    print(f"\nPython {python}: share of {KINDS[kind]} in the samples, by what one call takes"
          f"{'; not installed: ' + ', '.join(absent) if absent else ''}")
    print(f"{'sampler':22}" + "".join(f"{time:>11} us" for time in TIMES) + f"{'missed':>9}")
    truth = [bounds(truths) for truths, _ in columns]
    print(f"{'the truth':22}" + "".join(f"{f'{100 * low:.0f}-{100 * high:.0f}%':>14}" for low, high in truth))
    for name in columns[0][1]:
        row = [results[name] for _, results in columns]
        missed = [r["missed"] for r in row if r.get("missed") is not None]
        why = next((f"  {r['failed']}" for r in row if "failed" in r), "")
        print(f"{name:22}" + "".join(f"{show(r):>14}" for r in row) + (f"{max(missed):>9.1%}" if missed else f"{'-':>9}") + why, flush=True)
        for time, (truths, _), result in zip(TIMES, columns, row):
            report["runs"].append({"python": str(python), "kind": kind, "us": time, "sampler": name, "truth": truths, **result})
            if not name.startswith("flame"):
                continue
            what = f"{name}, Python {python}, {KINDS[kind]} of {time} us"
            if "failed" in result:
                wrong.append(f"{what}: {result['failed']}")
            elif abs(result["off"]) > TOLERANCE + result["chance"]:
                wrong.append(f"{what}: {100 * abs(result['off']):.0f} points too {'much' if result['off'] > 0 else 'little'}")
            elif result["other"] > 0.05:
                wrong.append(f"{what}: {result['other']:.0%} of the samples are elsewhere")
    return wrong


def main():
    options = parse_options(__doc__, rounds=2)
    pythons = interpreters(options)
    report = {"machine": machine(), "rounds": options.rounds, "seconds": options.seconds, "runs": []}
    print(f"load {report['machine']['load']:.1f} on {report['machine']['cores']} cores", flush=True)
    wrong = []
    for python in pythons:
        broken = {}
        for kind in KINDS:
            wrong += compare(python, kind, options, report, broken)
    if options.out:
        Path(options.out).write_text(json.dumps(report, indent=1))
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
