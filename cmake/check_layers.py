#!/usr/bin/env python3
"""The layers, checked from the text: what the compiler cannot see.

The include path of a folder keeps upward includes from compiling (cmake/FlamescaleLibrary.cmake). This looks at
the rest: no include climbs with "../", file names are unique in the repository (so that a bare include can
mean only one file), every include between folders goes down, also those that the include paths of a folder's own
needs would let through, headers form no circle, libraries neither print nor exit, and messages made in libraries
do not name options of the commands.
"""
import re
import subprocess
import sys
from pathlib import Path

FILES = [Path(p) for p in subprocess.check_output(["git", "ls-files"], text=True).splitlines()]
SOURCES = [p for p in FILES if p.suffix in {".c", ".h"} and p.exists()]
MAY_REPEAT = {"CMakeLists.txt", "README.md", "__init__.py", "__main__.py", "conftest.py", "run", "ladder.json"}
# The public header of an earlier version, kept for a test.
OTHER_VERSIONS = {Path("tests/mds/first_header/mdscale.h")}
# Printing, ending the process, or global locale are the command's business.
FORBIDDEN = re.compile(r"\b(printf|puts|putchar|perror|abort|exit|_exit|setlocale)\s*\(")
# Which folder may include from which others, besides itself and src/base. Those that are not yet there have a place.
FOLDERS = {
    "src/base": set(),
    "include": set(),
    "src/mds/kernels": {"include"},
    "src/mds/parallel": {"include"},
    "src/mds/linalg": {"include", "src/mds/parallel", "src/mds/kernels"},
    "src/mds/source": {"include", "src/mds/linalg", "src/mds/parallel", "src/mds/kernels"},
    "src/mds/transform": {"include", "src/mds/parallel", "src/mds/kernels"},
    "src/mds/start": {"include", "src/mds/linalg", "src/mds/parallel", "src/mds/kernels"},
    "src/mds/methods": {"include", *(f"src/mds/{name}" for name in
                                     ("start", "source", "transform", "linalg", "parallel", "kernels"))},
    "src/mds/api": {"include", *(f"src/mds/{name}" for name in
                                 ("methods", "start", "source", "transform", "linalg", "parallel", "kernels"))},
    "src/mds/diagnostics": {"include", *(f"src/mds/{name}" for name in
                                         ("api", "methods", "start", "source", "transform", "linalg", "parallel", "kernels"))},
    "src/mds/mpi": {"include"},
    "src/mds/table": set(),
    "src/mds/plot": {"include", "src/mds/linalg"},
    "src/flame/stacks": set(),
    "src/flame/graph": {"src/flame/stacks"},
    "src/flame/process": set(),
    "src/flame/native": {"src/flame/process"},
    "src/flame/python": {"src/flame/process"},
    "src/flame/record": {f"src/flame/{name}" for name in ("stacks", "graph", "process", "native", "python")},
    "src/flame/ladder": {f"src/flame/{name}" for name in ("stacks", "graph", "process")},
}
# Option names in these are no message: words of a command line that is run.
COMMAND_LINES = {"climb_profile.c", "report_table.c"}

problems = []
names = {}
for path in FILES:
    if path.parts[0] in {"src", "cli", "include", "tests", "bench", "fuzz", "python"} and path.name not in MAY_REPEAT:
        if path.suffix in {".c", ".h", ".py", ".js", ".css"} and path not in OTHER_VERSIONS:
            if path.name in names:
                problems.append(f"{path}: the name is taken by {names[path.name]}")
            names[path.name] = path

headers = {p.name: p for p in SOURCES if p.suffix == ".h" and p not in OTHER_VERSIONS}




def folder(path):
    """The folder that owns a file, such as src/flame/record (its page/ is its own); None outside the libraries."""
    if path.parts[0] == "include":
        return "include"
    if path.parts[0] != "src" or len(path.parts) < 3:
        return None
    return "/".join(path.parts[:2 if path.parts[1] == "base" else 3])


def includes(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if found:
            yield number, found.group(1)


def circle(header, trail):
    """The includes from `header` back to one on the trail, or None."""
    if header in trail:
        return trail[trail.index(header):] + [header]
    if header in done:
        return None
    for _, name in includes(header):
        target = headers.get(Path(name).name)
        found = target and circle(target, trail + [header])
        if found:
            return found
    done.add(header)
    return None


done = set()
for header in headers.values():
    found = circle(header, [])
    if found:
        problems.append("headers form a circle: " + " -> ".join(map(str, found)))
        break

# The options of our commands, from their tables.
options = set()
for path in SOURCES:
    if path.parts[0] == "cli":
        options.update(re.findall(r'\.name = "([a-z][a-z-]+)"', path.read_text(encoding="utf-8")))
OPTION = re.compile(r'"[^"]*--(?:%s)\b(?!-)' % "|".join(sorted(options)))

for path in SOURCES:
    here = folder(path)
    if here is not None and here not in FOLDERS:
        problems.append(f"{path}: the folder {here} has no place in {sys.argv[0]}")
        continue
    for number, name in includes(path):
        if ".." in name:
            problems.append(f"{path}:{number}: an include that climbs: {name}")
        target = headers.get(Path(name).name)
        there = folder(target) if target else None
        base = set() if here == "include" else {"src/base"}
        if here and target and there != here and there not in FOLDERS[here] | base:
            problems.append(f"{path}:{number}: {here} may not include {target}")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        code = re.sub(r'"(\\.|[^"\\])*"|//.*|/\*.*?\*/', "", line)
        if path.parts[0] == "src" and FORBIDDEN.search(code) and "/* child */" not in line:
            problems.append(f"{path}:{number}: a library that prints or ends the process: {line.strip()}")
        if path.parts[0] == "src" and path.name not in COMMAND_LINES and OPTION.search(line):
            problems.append(f"{path}:{number}: a library that names an option of a command: {line.strip()}")

for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
