#!/usr/bin/env python3
"""The numbers and figures of the tutorial and of README, from a climb of ladders/pattern_search.

    python3 docs/make_tutorial.py climb PROGRAMS   climb the full ladder, then do the rest (some 10 minutes)
    python3 docs/make_tutorial.py take REPORT      take the figures of a climb that is there
    python3 docs/make_tutorial.py pictures PROGRAMS   draw what does not come from the climb
    python3 docs/make_tutorial.py write            put the numbers of docs/figures/ladder.json into the texts
    python3 docs/make_tutorial.py check            exit status 1 when a text says another number

A number in a text stands between two comments, <!--n KEY-->here<!--/n-->; so does a table, a diff, a piece of source
or a picture with the words that stand for it. The keys are the functions and patterns of `Numbers` below.
"""

import collections
import difflib
import json
import os
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

    def share(self, rung, fits):
        """Share of a rung's samples whose stack, a list of frames, fits; from its folded stacks."""
        return self.folded_share(FIGURES / f"{self.rungs[rung]['slug']}.folded", fits)

    def folded_share(self, path, fits):
        here = total = 0
        for stack in path.read_text().splitlines():
            frames, _, count = stack.rpartition(" ")
            if stack.startswith("# "):
                continue
            total += float(count)
            here += float(count) * bool(fits(frames.split(";")))
        if not here:
            raise SystemExit(f"no sample of {path.name} is as a text says")
        return f"{100 * here / total:.0f}%"

    def line_number(self, rung, source):
        """Where a rung's script says `source`."""
        for number, line in enumerate((LADDER / f"{rung}.py").read_text().splitlines(), 1):
            if line.strip().startswith(source):
                return number
        raise SystemExit(f"{rung}.py has no line '{source}'")

    def line_share(self, rung, source):
        """Share of the samples that end on a line of a rung's script."""
        file, number = f"{rung}.py", str(self.line_number(rung, source))
        return self.share(rung, lambda frames: frames[-1].split(":")[::2] == [file, number])

    def below_share(self, rung, source):
        """Share of the samples that are on that line or in what it calls."""
        file, number = f"{rung}.py", str(self.line_number(rung, source))
        return self.share(rung, lambda frames: any(f.split(":")[::2] == [file, number] for f in frames))

    def function_share(self, rung, function):
        """Share of the samples with a function anywhere on the stack."""
        return self.share(rung, lambda frames: any(function in f.split(":") for f in frames))

    def native_share(self, function):
        """Share of the samples below NumPy that end in a native function whose name begins so."""
        return self.folded_share(FIGURES / "below_numpy.folded", lambda frames: frames[-1].startswith(function))

    def python_share(self):
        """Share of the samples below NumPy that end in Python."""
        return self.folded_share(FIGURES / "below_numpy.folded", lambda frames: re.search(r"\.py:|^<", frames[-1]))

    def drawn_share(self, picture, function):
        """Width of a box in a picture that is not one of a rung."""
        boxes = re.findall(rf"<title>{function}(?: \([^()]+\))? \([\d,]+ samples, ([\d.]+)%\)", (FIGURES / f"{picture}.svg").read_text())
        if not boxes:
            raise SystemExit(f"{picture}.svg draws no {function}")
        return f"{max(map(float, boxes)):.0f}%"

    def picture(self, path):
        """A picture of the tutorial, with the words for those who do not see it."""
        words = {
            "naive": lambda: f"naive.py: {self.below_share('naive', 'return np.array(')} of the width is "
                             f"dist_from_point on line {self.line_number('naive', 'return np.array(')} and what it calls",
            "vectorized": lambda: f"vectorized.py: dist_from_point has {self.function_share('vectorized', 'dist_from_point')} "
                                  f"of the width, mse {self.function_share('vectorized', 'mse')}",
            "kernels": lambda: f"kernels.py: pattern_search has {self.function_share('kernels', 'pattern_search')} of the width",
            "native": lambda: f"mdscale fit: the search has {self.function_share('native, SIMD', 'mds_fit')} "
                              f"of the width",
            "c": lambda: f"a C program: the function distance has {self.drawn_share('tutorial_c', 'distance')} of the width",
            "shell": lambda: "a shell: many narrow towers",
            "below_numpy": lambda: f"vectorized.py with native frames: NumPy's loops over numbers have "
                                   f"{self.native_share('DOUBLE_')} of the width",
        }[re.search(r"(?:tutorial_)?(\w+)\.svg", path)[1]]()
        return f'<img src="{path}" width="100%" alt="Flame graph of {words}">'

    def source(self, function):
        """A function of the kernels in plain C, as it stands there."""
        text = (ROOT / "src" / "mds" / "kernels" / "kernels_scalar.c").read_text()
        found = re.search(rf"^static \w+ {function}\(.*?^\}}$", text, re.S | re.M)
        if not found:
            raise SystemExit(f"kernels_scalar.c has no function {function}")
        return "\n".join(["", "```c", found[0], "```", ""])

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

    def table(self):
        rows = ["", "| rung | | time | over the first | over the one before | memory |", "|---|---|---:|---:|---:|---:|"]
        for rung in self.results["rungs"]:
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
                     "memory": lambda: f"{rung['peak_memory'] / 1e6:.1f} MB",
                     "answer": lambda: rung["another_answer"],
                     "isa": lambda: f"{self.results['ran'][name]['isa']}",
                     "threads": lambda: f"{self.results['ran'][name]['threads']}"}.get(what)
            if found:
                return found()
        for pattern, function in {r"line (\S+) (.+)": self.line_share, r"below (\S+) (.+)": self.below_share,
                                  r"function (.+) (\S+)": self.function_share, r"drawn (\S+) (\S+)": self.drawn_share,
                                  r"diff (\w+) (\w+)": self.diff, r"source (\w+)": self.source,
                                  r"picture (\S+)": self.picture, r"native (\S+)": self.native_share}.items():
            words = re.fullmatch(pattern, key)
            if words:
                return function(*words.groups())
        plain = {
            "table": self.table,
            "python below NumPy": self.python_share,
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


def what_rungs_run(results=None, **values):
    """What the rungs report of themselves: instruction set, threads, epochs. With results: the quick rungs only."""
    plan = json.loads((LADDER / "ladder.json").read_text())
    said = {}
    with tempfile.TemporaryDirectory() as scratch:
        quick = plan["quick"]["values"] if results and results["quick"] else {}
        filled = {**plan["values"], **quick, "scratch": scratch, **values}
        for rung in plan["rungs"]:
            if results and Numbers(results).rungs[rung["name"]]["seconds"] > 5:
                continue
            command = rung["command"]
            for name, value in filled.items():
                command = command.replace(f"{{{name}}}", str(value))
            done = subprocess.run(command.split(), cwd=LADDER, capture_output=True, check=True, text=True)
            report = json.loads(done.stdout)
            said[rung["name"]] = {key: report[key] for key in ("isa", "threads", "epochs") if key in report}
    return said


def native_pictures(programs):
    """A C program and a shell: figures that have nothing to do with Python."""
    flame = Path(programs).resolve() / "flame"
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        spelling = ROOT / "ladders" / "spelling"
        subprocess.run([sys.executable, spelling / "make_words.py", "20000", "2000", folder], check=True)
        subprocess.run(["cc", "-O2", "-g", "-fno-inline", "-fno-omit-frame-pointer", spelling / "bounded.c", "-o", folder / "bounded"], check=True)
        jobs = {"tutorial_c": ([], ["./bounded", ".", "nearest.txt"], "A C program: the nearest of 20,000 words"),
                "tutorial_shell": (["--kernel", "--subprocesses"],
                                   ["sh", "-c", "for i in $(seq 300); do ls -l / | sort -r | tail -n 3 > out; done"],
                                   "A shell that starts three programs, 300 times")}
        for name, (options, words, title) in jobs.items():
            done = subprocess.run([flame, "record", "--function", *options, "-o", "stacks.folded", "--", *words], cwd=folder,
                                  check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if done.returncode != 0 and options and ("permitted" in done.stderr or "hides where" in done.stderr):
                print(f"{done.stderr}the picture {name} stays as it is")
                continue
            done.check_returncode()
            subprocess.run([flame, "graph", folder / "stacks.folded", "--title", title, "--minwidth", "0.3%", "-o",
                            FIGURES / f"{name}.svg"], check=True)


def below_numpy_picture(programs):
    """The vectorised rung with its native frames."""
    plan = json.loads((LADDER / "ladder.json").read_text())
    flame, stacks = Path(programs).resolve() / "flame", FIGURES / "below_numpy.folded"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "prepare.py", str(plan["values"]["n"]), folder], cwd=LADDER, check=True)
        subprocess.run([flame, "record", "--native", "-o", stacks, "--", sys.executable, "vectorized.py",
                        f"{folder}/delta.npy", f"{folder}/start.npy", f"{folder}/map.npy"], cwd=LADDER, check=True,
                       env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    # The search alone, and functions without their lines, which are many.
    counts = collections.Counter()
    for line in stacks.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        if "vectorized.py:pattern_search:" in stack:
            stack = stack[stack.index("vectorized.py:pattern_search:"):]
            counts[re.sub(r":\d+(?=\)|;|$)", "", re.sub(r"\.cpython-[\w-]+\.so", "", stack))] += int(count)
    stacks.write_text("".join(f"{stack} {count}\n" for stack, count in sorted(counts.items())))
    subprocess.run([flame, "graph", stacks, "--title", "vectorized.py, and NumPy below it", "--minwidth", "0.3%", "-o",
                    FIGURES / "below_numpy.svg"], check=True)


def map_picture(programs):
    """README's map."""
    subprocess.run([Path(programs) / "mdscale", "fit", ROOT / "data" / "digits.csv", "--labels", "digit", "--quiet",
                    "--plot", FIGURES / "digits.svg"], check=True)


def take(report):
    report = Path(report)
    results = json.loads((report / "ladder.json").read_text())
    results.pop("files", None)
    results["floor"] = measure_floor()
    results["ran"] = what_rungs_run(results)
    for rung in results["rungs"]:
        if rung["slug"] in PICTURES and rung.get("samples"):
            shutil.copy(report / f"{rung['slug']}.folded", FIGURES / f"{rung['slug']}.folded")
            picture = FIGURES / f"tutorial_{PICTURES[rung['slug']]}.svg"
            shutil.copy(report / f"{rung['slug']}.svg", picture)
            if rung["slug"] == "native-simd":
                stacks = FIGURES / f"{rung['slug']}.folded"
                stacks.write_text(without_unknown(stacks.read_text()))
                subprocess.run([shutil.which("flame") or ROOT / "build/bin/flame", "graph", stacks, "--title",
                                f"{results['title']}: {rung['name']}", "-o", picture], check=True)
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    put(write=True)


def climb(programs):
    report = ROOT / "build" / "tutorial"
    subprocess.run([Path(programs) / "flame", "ladder", LADDER / "ladder.json", "-o", report], check=True)
    native_pictures(programs)
    map_picture(programs)
    below_numpy_picture(programs)
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
        below_numpy_picture(words[1])
    elif words in (["write"], ["check"]):
        put(write=words == ["write"])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
