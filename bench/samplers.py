"""The samplers that the benches put side by side: how each is called, and what it says of itself.

Others than flame are used where they are found: in the folder given with --tools (pip install --target FOLDER py-spy
'austin-dist<4'; austin 4 needs a newer C library than Debian 12 has), else beside the Python that runs the bench, else on
the PATH. Python 3.15's own sampler comes with its interpreter, which may live in a chroot (tests/flame/python/make_chroot.sh).
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLAME = ROOT / "build" / "release" / "bin" / "flame"
CHROOT = ROOT / "build" / "chroot"


# ---- interpreters -------------------------------------------------------------------------------------------

@dataclass
class Interpreter:
    command: list
    root: str = ""  # the chroot's folder, when it lives in one
    version: tuple = field(init=False)

    def __post_init__(self):
        shown = subprocess.run([*self.command, "-c", "import sys; print('%d %d' % sys.version_info[:2])"],
                               capture_output=True, text=True, check=True).stdout
        self.version = tuple(map(int, shown.split()))

    def __str__(self):
        return "%d.%d" % self.version

    def scratch(self):
        """A folder for files that both sides see."""
        return self.root + "/tmp" if self.root else None

    def inside(self, path):
        """The name that a file has for the interpreter."""
        return str(path).removeprefix(self.root)


def parse_options(about, rounds, more=None):
    """The options that the benches of samplers share; `about` is the bench's own text, more(parser) adds to them."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?")
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--python", action="append", default=[], help="an interpreter to watch, 3.15 that of the chroot; may be repeated")
    parser.add_argument("--chroot", default=CHROOT, help="a newer Debian, whose Python 3.15 is watched too (needs root)")
    parser.add_argument("--tools", default=os.environ.get("FLAMESCALE_TOOLS"), help="the folder with py-spy and austin")
    if more:
        more(parser)
    return parser.parse_args()


def interpreters(options):
    """Those that were named, else one and the chroot's 3.15, where there is one and it can be entered."""
    named = [p for p in options.python if p != "3.15"] if options.python else [next(map(str, sorted(Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python"))), sys.executable)]
    chroot = Path(options.chroot).resolve()
    left_out = options.python and "3.15" not in options.python
    newer = [] if left_out or os.geteuid() != 0 else sorted(chroot.glob("usr/bin/python3.15"))
    if newer and not os.environ.get("BENCH_NAMESPACE"):
        # Its sampler finds the interpreter through /proc, which a chroot lacks: give it one that nobody else sees.
        # Target and sampler must be in the same namespace, so this whole program goes there.
        mounted = subprocess.run(["unshare", "-m", "mount", "-t", "proc", "proc", chroot / "proc"], capture_output=True, check=False)
        if mounted.returncode == 0:
            os.environ["BENCH_NAMESPACE"] = "1"
            os.execvp("unshare", ["unshare", "-m", "sh", "-c", 'mount -t proc proc "$0" && exec "$@"', str(chroot / "proc"),
                                  sys.executable, *sys.argv])
        print("/proc cannot be mounted in the chroot: Python 3.15 is left out")
        newer = []
    return [Interpreter([p]) for p in named] + [Interpreter(["chroot", str(chroot), p.name], str(chroot)) for p in newer]


# ---- samplers -----------------------------------------------------------------------------------------------

@dataclass
class Sampler:
    command: callable    # (out, pid, seconds) -> words
    says: callable       # (its words, its file) -> {"taken", "missed"}
    stacks: callable     # its file -> [(names from the outermost, weight)]
    stops: bool = False  # the program, for each sample


def counted(out):
    """Folded stacks and their counts. A name is left of `file:line` or right of `file:`, by the sampler."""
    for line in open(out, errors="replace"):
        text, _, count = line.rstrip("\n").rpartition(" ")
        if text and count.isdigit():
            yield text.split(";"), int(count)


def middle_names(out):
    """Frames `file:name:line`: flame, austin, profiling.sampling."""
    return [([f.rsplit(":", 2)[1] for f in frames if f.count(":") >= 2], n) for frames, n in counted(out)]


def first_names(out):
    """Frames `name (file:line)`: py-spy."""
    return [([f.partition(" (")[0] for f in frames], n) for frames, n in counted(out)]


def flame(*options):
    def command(out, pid, seconds):
        return [FLAME, "record", "-p", pid, "-d", seconds, "-r", 1000, "--format", "folded", "-o", out, *options]
    return Sampler(command, flame_says, middle_names, stops=bool(options))


def flame_says(text, _):
    found = re.search(r"([\d,]+) samples for ([\d,]+) of ([\d,]+) ticks", text).groups()
    samples, taken, wanted = (int(n.replace(",", "")) for n in found)
    return {"samples": samples, "taken": taken, "missed": 1 - taken / wanted}


def pyspy(tool, *options):
    def command(out, pid, seconds):
        return [tool, "record", "-p", pid, "-d", max(1, round(seconds)), "-r", 1000, "-f", "raw", "-o", out, *options]
    return Sampler(command, pyspy_says, first_names, stops="--nonblocking" not in options)


def pyspy_says(text, _):
    found = re.search(r"Samples: (\d+) Errors: (\d+)", text)
    taken, errors = map(int, found.groups())
    behind = re.findall(r"([\d.]+)s behind in sampling", text)
    return {"taken": taken, "missed": errors / max(taken + errors, 1), "behind_s": float(behind[-1]) if behind else 0}


def austin(tool):
    def command(out, pid, seconds):
        return [tool, "-i", 1000, "-x", max(1, round(seconds)), "-o", out, "-p", pid]
    return Sampler(command, austin_says, middle_names)


def austin_says(text, out):
    lines = sum(1 for line in open(out, errors="replace") if line.startswith("P"))
    errors = re.search(r"[Ee]rror rate[^\d]*(?:\d+m)?[^\d]*(\d+)/(\d+)", re.sub(r"\x1b\[[\d;]*m", "", text))
    return {"taken": lines, "missed": int(errors[1]) / max(int(errors[2]), 1) if errors else None}


def sampling(python, *options):
    def command(out, pid, seconds):
        # Without -a it looks at the main thread only.
        return [*python.command, "-m", "profiling.sampling", "attach", "-a", "-r", 1000, "-d", max(1, round(seconds)),
                "--collapsed", "-o", python.inside(out), *options, pid]
    return Sampler(command, sampling_says, middle_names, stops=bool(options))


def sampling_says(text, _):
    tried = int(re.search(r"Captured ([\d,]+) samples", text)[1].replace(",", ""))
    errors = re.search(r"Error rate: ([\d.]+)", text)
    late = re.search(r"missed (\d+) samples from the expected total of (\d+)", text)
    good = 1 - float(errors[1]) / 100  # of those it tried; what it had no time for comes on top
    return {"taken": round(tried * good), "missed": 1 - good * (1 - int(late[1]) / int(late[2]) if late else 1)}


def samplers(tools, python, native=False):
    """{name: sampler} for this interpreter, with `native` those of native frames too; and those that are not installed."""
    found = {"flame": flame(), "flame --freeze": flame("--freeze")}
    if native:
        found["flame --native"] = flame("--native")

    def tool(name):
        near = [Path(tools) / name, Path(tools) / "bin" / name] if tools else [Path(sys.executable).parent / name]
        return next((str(p) for p in near if p.exists()), shutil.which(name))

    if tool("py-spy"):
        found["py-spy"] = pyspy(tool("py-spy"))
        found["py-spy --nonblocking"] = pyspy(tool("py-spy"), "--nonblocking")
        if native:
            found["py-spy --native"] = pyspy(tool("py-spy"), "--native")
    if tool("austin"):
        found["austin"] = austin(tool("austin"))
    if python.version >= (3, 15):
        found["profiling.sampling"] = sampling(python)
        found["  with --blocking"] = sampling(python, "--blocking")
    return found, [name for name in ("py-spy", "austin") if not tool(name)]


def complaint(text):
    """The line that says what is wrong, out of all that a tool prints."""
    lines = [line.strip() for line in re.sub(r"\x1b\[[\d;]*m", "", text).splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"cannot|can.t|error|fail|unsupported|not supported|not found|did not", line, re.I)]
    return (telling or lines or ["no reason given"])[0 if telling else -1][:100]
