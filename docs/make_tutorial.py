#!/usr/bin/env python3
"""The numbers and figures of the tutorial and of README, from a climb of ladders/pattern_search.

    python3 docs/make_tutorial.py climb PROGRAMS   climb the full ladder, then do the rest (some 10 minutes)
    python3 docs/make_tutorial.py take REPORT      take the figures of a climb that is there
    python3 docs/make_tutorial.py pictures PROGRAMS   draw what does not come from the climb
    python3 docs/make_tutorial.py write            put the numbers of docs/figures/ladder.json into the texts
    python3 docs/make_tutorial.py check            exit status 1 when a text says another number

A number in a text stands between two comments, <!--n KEY-->here<!--/n-->; a table or a diff likewise, on lines of
its own. The keys are the functions and patterns of `Numbers` below.
"""

import difflib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "docs" / "figures"
RESULTS = FIGURES / "ladder.json"
LADDER = ROOT / "ladders" / "pattern_search"
TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MARK = re.compile(r"(<!--n ([^>]+?)-->)(.*?)(<!--/n-->)", re.S)
PICTURES = {"naive": "naive", "vectorized": "vectorized", "kernels": "kernels", "native-simd": "native"}


def digits(value):
    """Three digits: 1.23, 12.3, 123."""
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def seconds_text(seconds):
    for scale, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns")):
        if seconds * scale >= 0.9995:
            break
    return f"{digits(seconds * scale)} {unit}"


def times_text(times):
    return (f"{times:,.0f}" if times >= 999.5 else digits(times)) + "×"


class Numbers:
    """What a text may ask for."""

    def __init__(self, results):
        self.results = results
        self.rungs = {rung["name"]: rung for rung in results["rungs"]}

    def answer(self, key):
        text = self.rungs["naive"]["answers"][0]["summary"]
        return float(re.search(rf"\b{key} ([-+.\deE]+)", text).group(1))

    def line_share(self, rung, line):
        """Share of a rung's samples that end on a line, from its folded stacks."""
        here = total = 0
        for stack in (FIGURES / f"{self.rungs[rung]['slug']}.folded").read_text().splitlines():
            frames, _, count = stack.rpartition(" ")
            total += float(count)
            file, _, number = frames.rpartition(";")[2].partition(":")
            if f"{file}:{number.rpartition(':')[2]}" == line:
                here += float(count)
        return here / total

    def function_share(self, rung, function):
        """Share of a rung's samples with a function anywhere on the stack."""
        here = total = 0
        for stack in (FIGURES / f"{self.rungs[rung]['slug']}.folded").read_text().splitlines():
            frames, _, count = stack.rpartition(" ")
            total += float(count)
            if any(function in frame.split(":") for frame in frames.split(";")):
                here += float(count)
        return here / total

    def roots(self):
        """Square roots of the plain algorithm: each epoch tries four places for each of n points, and each has n
        distances."""
        return self.answer("epochs") * self.objects() ** 2 * 4

    def objects(self):
        return int(re.search(r"first (\d+) digits", self.results["note"]).group(1))

    def machine(self):
        m = self.results["machine"]
        versions = ", ".join(v["line"] for v in m["versions"] if "mdscale" not in v["command"])
        return f"{m['cpu']}, {m['cores']} cores, {m['memory'] / 1e9:.0f} GB, {m['system']}; {versions}"

    def table(self, job=""):
        rows = ["", "| rung | | time | over the first | over the one before | memory |", "|---|---|---:|---:|---:|---:|"]
        for rung in self.results["rungs"]:
            if rung.get("job", "").startswith(job) != bool(rung.get("job")) and job:
                continue
            if bool(rung.get("job")) != bool(job):
                continue
            if rung["state"] != "done":
                raise SystemExit(f"the rung '{rung['name']}' is {rung['state']}: such a climb is nothing to show")
            before = rung.get("times_faster_than_previous")
            rows.append(f"| {rung['name']} | {rung.get('note', '')} | {seconds_text(rung['seconds'])} | "
                        f"{times_text(rung['times_faster_than_first'])} | {times_text(before) if before else '–'} | "
                        f"{rung['peak_memory'] / 1e6:.1f} MB |")
        return "\n".join([*rows, ""])

    def diff(self, before, after):
        """What changed between two rungs, without their words of introduction."""
        def code(name):
            text = (LADDER / f"{name}.py").read_text()
            return text[text.index('"""\n', 3) + 4:].strip().splitlines()

        lines = list(difflib.unified_diff(code(before), code(after), f"{before}.py", f"{after}.py", lineterm="", n=2))
        lines = [line for line in lines if not line.startswith("@@")]
        return "\n".join(["", "```diff", *lines, "```", ""])

    def floor(self, way="roots_per_second"):
        return self.roots() / self.results["floor"][way]

    def of(self, key):
        name, _, what = key.rpartition(".")
        rung = self.rungs.get(name)
        if rung:
            found = {"time": lambda: seconds_text(rung["seconds"]),
                     "first": lambda: times_text(rung["times_faster_than_first"]),
                     "before": lambda: times_text(rung["times_faster_than_previous"]),
                     "cpu": lambda: seconds_text(rung["cpu_seconds"]),
                     "memory": lambda: f"{rung['peak_memory'] / 1e6:.1f} MB"}.get(what)
            if found:
                return found()
        line = re.fullmatch(r"line (\S+) (\S+:\d+)", key)
        if line:
            return f"{100 * self.line_share(*line.groups()):.0f}%"
        function = re.fullmatch(r"function (\S+) (\S+)", key)
        if function:
            return f"{100 * self.function_share(*function.groups()):.0f}%"
        diff = re.fullmatch(r"diff (\w+) (\w+)", key)
        if diff:
            return self.diff(*diff.groups())
        plain = {
            "table": self.table,
            "table of the larger job": lambda: self.table("The larger job"),
            "machine": self.machine,
            "objects": lambda: f"{self.objects()}",
            "epochs": lambda: f"{self.answer('epochs'):.0f}",
            "roots": lambda: f"{self.roots() / 1e6:.0f} million",
            "roots a second": lambda: f"{self.results['floor']['roots_per_second'] / 1e9:.2f} billion",
            "floor": lambda: seconds_text(self.floor()),
            "refined a second": lambda: f"{self.results['floor']['refined_per_second'] / 1e9:.2f} billion",
            "refined floor": lambda: seconds_text(self.floor("refined_per_second")),
            "ratio": lambda: f"{self.rungs['native, SIMD']['seconds'] / self.floor('refined_per_second'):.2f}",
            "matrix": lambda: f"{self.objects() ** 2 * 8 / 1e6:.1f} MB",
            "traffic": lambda: f"{self.roots() * 8 / 4 / 1e9:.2f} GB",
            "bandwidth": lambda: f"{self.results['floor']['bytes_per_second'] / 1e9:.0f} GB/s",
            "bytes floor": lambda: seconds_text(self.roots() * 2 / self.results["floor"]["bytes_per_second"]),
            "threads": lambda: f"{self.results['machine']['cores']}",
        }
        if key not in plain:
            raise SystemExit(f"no number is called '{key}'")
        return plain[key]()


def rewritten(text, numbers):
    return MARK.sub(lambda match: match[1] + numbers.of(match[2]) + match[4], text)


def put(write):
    """Write the numbers, or name the texts whose numbers are others."""
    numbers = Numbers(json.loads(RESULTS.read_text()))
    stale = []
    for path in TEXTS:
        text = path.read_text()
        new = rewritten(text, numbers)
        if new == text:
            continue
        if write:
            path.write_text(new)
            continue
        for old, fresh in zip(MARK.finditer(text), MARK.finditer(new)):
            if old[3] != fresh[3]:
                stale.append(f"{path.relative_to(ROOT)}: {old[2]} is {fresh[3].strip()!r}, not {old[3].strip()!r}")
    if stale:
        raise SystemExit("\n".join([*stale, "docs/make_tutorial.py write puts the numbers right"]))


def measure_floor():
    """How fast this core takes square roots, and reads memory that its caches hold."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "floor"
        subprocess.run(["cc", "-O3", "-march=native", "-ffast-math", FIGURES / "floor.c", "-o", program, "-lm"], check=True)
        runs = [json.loads(subprocess.run([program], capture_output=True, check=True, text=True).stdout) for _ in range(5)]
    return {key: max(run[key] for run in runs) for key in runs[0]}


def native_pictures(programs):
    """A C program and a shell under perf: figures that have nothing to do with Python."""
    if not shutil.which("perf"):
        print("perf is not installed: the pictures of native programs stay as they are")
        return
    flame = Path(programs) / "flame"
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        spelling = ROOT / "ladders" / "spelling"
        subprocess.run([sys.executable, spelling / "make_words.py", "20000", "2000", folder], check=True)
        subprocess.run(["cc", "-O2", "-g", "-fno-inline", "-fno-omit-frame-pointer", spelling / "bounded.c", "-o", folder / "bounded"], check=True)
        jobs = {"tutorial_c": (["./bounded", ".", "nearest.txt"], "A C program: the nearest of 20,000 words"),
                "tutorial_shell": (["sh", "-c", "for i in $(seq 300); do ls -l / | sort -r | tail -n 3 > out; done"],
                                   "A shell that starts three programs, 300 times")}
        for name, (words, title) in jobs.items():
            subprocess.run(["perf", "record", "-q", "-F", "999", "-g", "-o", "perf.data", "--", *words], cwd=folder,
                           check=True, stdout=subprocess.DEVNULL)
            with (folder / "stacks").open("wb") as stacks:
                subprocess.run(["perf", "script", "-F", "comm,tid,time,event,ip,sym,dso", "-i", "perf.data"], cwd=folder,
                               check=True, stdout=stacks)
            subprocess.run([flame, "collapse", folder / "stacks", "-o", folder / "folded"], check=True)
            # Where a library keeps no frame pointers, perf's walk goes astray; such frames say nothing.
            lines = (folder / "folded").read_text().splitlines()
            lines = [";".join(f for f in line.split(";") if f != "[unknown]") for line in lines]
            (folder / "clean.folded").write_text("\n".join(lines) + "\n")
            subprocess.run([flame, "graph", folder / "clean.folded", "--title", title, "--minwidth", "0.3%", "-o",
                            FIGURES / f"{name}.svg"], check=True)


def map_picture(programs):
    """README's map."""
    subprocess.run([Path(programs) / "mdscale", "fit", ROOT / "data" / "digits.csv", "--labels", "digit", "--quiet",
                    "--plot", FIGURES / "digits.svg"], check=True)


def take(report):
    report = Path(report)
    results = json.loads((report / "ladder.json").read_text())
    results["floor"] = measure_floor()
    for rung in results["rungs"]:
        if rung["slug"] in PICTURES and rung.get("samples"):
            shutil.copy(report / f"{rung['slug']}.folded", FIGURES / f"{rung['slug']}.folded")
            shutil.copy(report / f"{rung['slug']}.svg", FIGURES / f"tutorial_{PICTURES[rung['slug']]}.svg")
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    put(write=True)


def climb(programs):
    report = ROOT / "build" / "tutorial"
    subprocess.run([Path(programs) / "flame", "ladder", LADDER / "ladder.json", "-o", report], check=True)
    native_pictures(programs)
    map_picture(programs)
    take(report)


def main():
    words = sys.argv[1:]
    if words[:1] == ["climb"] and len(words) == 2:
        climb(words[1])
    elif words[:1] == ["take"] and len(words) == 2:
        take(words[1])
    elif words[:1] == ["pictures"] and len(words) == 2:
        native_pictures(words[1])
        map_picture(words[1])
    elif words in (["write"], ["check"]):
        put(write=words == ["write"])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
