#!/usr/bin/env python3
"""What a program loses under `flame record --native` that gets 1,000 signals a second, starts threads and calls exec.

    bench/bench_signals.py [OUT.json] [--rounds N] [--units N] [--python PATH]

program_signals.c runs as a program of its own and inside Python, free and watched by turns; medians of the ratios of
neighbours are shown. "By the clock" is what the same work takes more; "its CPU" is the working thread's own CPU time,
which other programs disturb less. Every signal must arrive (else the bench fails); "late" are those that took more than a
millisecond, with the free run's beside it.

Clause, on a quiet machine with a processor to spare: 2% slower at most, no more late signals than in the free run.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_record import machine, show
from samplers import FLAME

SOURCE = Path(__file__).with_name("program_signals.c")
CALL = "import ctypes, sys; ctypes.CDLL(sys.argv[2]).run_signals(2, (ctypes.c_char_p * 2)(b'', sys.argv[1].encode()))"


def run(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    if result["received"] != result["sent"]:
        sys.exit(f"{result['sent'] - result['received']} of {result['sent']} signals did not arrive: {command}")
    return {**result, "said": done.stderr}


def compare(command, rounds, out):
    """Free, watched, free ...: pairs of neighbours."""
    watched = [FLAME, "record", "--native", "-o", out, "--", *command]
    pairs = []
    last = run(command)
    for _ in range(rounds):
        seen, following = run(watched), run(command)
        free = {key: (last[key] + following[key]) / 2 for key in ("seconds", "cpu", "late", "mean_us")}
        pairs.append({"free": free, "watched": seen, "clock": seen["seconds"] / free["seconds"] - 1,
                      "cpu": seen["cpu"] / free["cpu"] - 1})
        last = following
    return pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--units", type=int, default=24000)
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    report = {"machine": machine(), "rounds": options.rounds, "runs": {}}
    print(f"load {report['machine']['load']:.1f}")
    print(f"{'program':8} {'by the clock':>20} {'its CPU':>8} {'signals':>8} {'late (free)':>12} {'mean us (free)':>16} {'threads':>8} {'execs':>6}")
    with tempfile.TemporaryDirectory() as folder:
        program, library = Path(folder) / "program_signals", Path(folder) / "signals.so"
        build = ["cc", "-D_GNU_SOURCE", "-O2", "-g", "-pthread", SOURCE]
        subprocess.run([*build, "-o", program], check=True)
        subprocess.run([*build, "-fPIC", "-shared", "-Dmain=run_signals", "-o", library], check=True)
        commands = {"native": [program, options.units], "python": [options.python, "-c", CALL, options.units, library]}
        for name, command in commands.items():
            pairs = report["runs"][name] = compare(command, options.rounds, Path(folder) / "p.folded")
            clock = sorted(p["clock"] for p in pairs)
            def total(key, which="watched"):
                return sum(p[which][key] for p in pairs)
            mean = [statistics.median(p[which]["mean_us"] for p in pairs) for which in ("watched", "free")]
            print(f"{name:8} {show(statistics.median(clock)):>7} ({show(clock[0])}{show(clock[-1]):>7}) "
                  f"{show(statistics.median(p['cpu'] for p in pairs)):>7} {total('sent'):>8} {total('late'):>5} ({total('late', 'free'):.0f}) "
                  f"{mean[0]:>8.1f} ({mean[1]:.1f}) {total('threads'):>8} {total('execs'):>6}", flush=True)
    if options.out:
        Path(options.out).write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
