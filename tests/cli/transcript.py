#!/usr/bin/env python3
"""Run commands and compare what they print with a transcript.

    transcript.py [--accept] [--path DIR]... FILE.t...

A transcript is prose, commands and what a terminal showed:

    Text that does not begin with two spaces is prose and is ignored.

      $ mdscale stress D.csv map.csv
      mdscale stress: cannot open D.csv: No such file or directory
      [1]

    A command continues on lines that begin with "  > " (also for here-documents):

      $ cat > small.csv <<END
      > 0,3
      > 3,0
      > END

- Lines after a command are its standard output and standard error, in the order they came, followed by
  "[N]" when the exit status is not 0.
- A line that ends in " (glob)" may hold * and ?; one that ends in " (re)" is a regular expression for the
  whole line. A line "..." alone stands for any number of lines.
- Each file runs in one bash, in an empty temporary folder of its own that is also $HOME and $TMPDIR. So what
  one command writes the next can read; "cd" and variables last.
- $DATA is the repository's data/ folder, $HERE the folder of the transcript, $REPOSITORY the top, all by a path with
  a blank in it, so that a transcript that forgets to quote fails everywhere. PATH begins with each --path. The locale
  is C.UTF-8, NO_COLOR is 1, COLUMNS is 100.
- --accept rewrites the file with what was printed; lines that match as they stand are kept. Read the
  difference before committing it.

Exit status: 0 when every transcript holds, 1 otherwise. In CMake: flamescale_cli_test(PROGRAM FILE.t...).
"""
import argparse
import difflib
import fnmatch
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests/support"))
import contain  # noqa: E402
SECONDS = 1500 if "FLAMESCALE_EMULATED" in os.environ else 300


class Step:
    """A command and the lines that should follow; `line` is where it stands in the file."""

    def __init__(self, line, command):
        self.line, self.command, self.expected = line, [command], []


def parse(text):
    """The file as a list of prose strings and steps, in order."""
    parts = []
    for number, line in enumerate(text.splitlines(), 1):
        step = parts[-1] if parts and isinstance(parts[-1], Step) else None
        if line.startswith("  $ "):
            parts.append(Step(number, line[4:]))
        elif line.startswith("  > ") or line == "  >":
            if step is None or step.expected:
                raise SystemExit(f"line {number}: '>' continues no command")
            step.command.append(line[4:])
        elif line.startswith("  ") and step is not None:
            step.expected.append(line[2:])
        else:
            parts.append(line)
    return parts


def run(steps, here, paths):
    """What each step printed, as lists of lines; the exit status is the last line when not 0."""
    mark = f"=={os.urandom(8).hex()}=="
    script = []
    for step in steps:
        script += step.command
        script.append(f'echo "{mark}$?"')
    with tempfile.TemporaryDirectory(prefix="transcript-") as folder, \
         tempfile.TemporaryDirectory(prefix="transcript files ") as links:
        repository = Path(links) / "repository"
        repository.symlink_to(REPOSITORY)
        (Path(links) / "here").symlink_to(here)
        environment = {
            "PATH": os.pathsep.join([*map(str, paths), os.environ["PATH"]]),
            "HOME": folder, "TMPDIR": folder, "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": "100",
            "TERM": "dumb", "DATA": str(repository / "data"), "HERE": str(Path(links) / "here"),
            "REPOSITORY": str(repository),
        }
        for name, value in os.environ.items():  # sanitizers and thread counts are the caller's choice
            if name.endswith("SAN_OPTIONS") or name.startswith("OMP_"):
                environment[name] = value
        with tempfile.NamedTemporaryFile("w", suffix=".sh", encoding="utf-8") as file:
            file.write("\n".join(script) + "\n")
            file.flush()
            shell = subprocess.run(["bash", "--norc", file.name], cwd=folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
                                   timeout=SECONDS, check=False)
    shown, lines = [], []
    for line in shell.stdout.decode("utf-8", "backslashreplace").splitlines():
        before, found, status = line.partition(mark)
        if not found:
            lines.append(line)
            continue
        if before:
            lines.append(before + " (no newline)")
        if status != "0":
            lines.append(f"[{status}]")
        shown.append(lines)
        lines = []
    while len(shown) < len(steps):
        shown.append(lines + ["(the shell ended here)"])
        lines = []
    return shown


def line_matches(pattern, line):
    if pattern == line:
        return True
    if pattern.endswith(" (glob)"):
        return fnmatch.fnmatchcase(line, pattern[:-7].replace("[", "[[]"))
    return pattern.endswith(" (re)") and re.fullmatch(pattern[:-5], line) is not None


def matches(patterns, lines):
    if not patterns:
        return not lines
    if patterns[0] == "...":
        return any(matches(patterns[1:], lines[skip:]) for skip in range(len(lines) + 1))
    return bool(lines) and line_matches(patterns[0], lines[0]) and matches(patterns[1:], lines[1:])


def check(path, paths, accept):
    parts = parse(path.read_text(encoding="utf-8"))
    steps = [part for part in parts if isinstance(part, Step)]
    shown = run(steps, path.resolve().parent, paths)
    wrong = 0
    for step, lines in zip(steps, shown):
        if matches(step.expected, lines):
            continue
        wrong += 1
        if accept:
            step.expected = lines
            continue
        print(f"{path}:{step.line}: $ {step.command[0]}")
        for line in list(difflib.ndiff(step.expected, lines)):
            if not line.startswith("?"):
                print(f"    {line}")
    if accept and wrong:
        text = []
        for part in parts:
            if isinstance(part, Step):
                text += ["  $ " + part.command[0]] + ["  > " + line for line in part.command[1:]]
                text += ["  " + line for line in part.expected]
            else:
                text.append(part)
        path.write_text("\n".join(text) + "\n", encoding="utf-8")
        print(f"{path}: {wrong} steps rewritten")
        return True
    if not wrong:
        print(f"{path}: {len(steps)} steps hold")
    return not wrong


def main():
    parser = argparse.ArgumentParser(description="Run transcripts; see the top of this file for their form.")
    parser.add_argument("--accept", action="store_true", help="rewrite the files with what was printed")
    parser.add_argument("--path", action="append", default=[], type=Path, help="put DIR first in PATH")
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    contain.enter()
    paths = [path.resolve() for path in options.path]
    results = [check(path, paths, options.accept) for path in options.files]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
