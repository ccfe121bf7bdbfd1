#!/usr/bin/env python3
"""The layers, checked from the text: what the compiler cannot see.

The include path of a folder keeps upward includes from compiling (cmake/FlamescaleRoom.cmake). This looks at
the rest: no include climbs with "../", file names are unique in the repository (so that a bare include can
mean only one file), every include between the folders of src/mds goes down, flame and mds do not name each
other, libraries neither print nor exit, and messages made in libraries do not name options of the commands.
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
OPTION = re.compile(r'"[^"]*--[a-z]')

# Which top folders a top folder may include from.
TOP = {
    "base": {"base"},
    "mds": {"mds", "base", "include"},
    "flame": {"flame", "base"},
    "include": {"include"},
}
# The same within src/mds: each line may include from those it names, itself, the base and mdscale.h.
MDS = {
    "kernels": set(),
    "parallel": set(),
    "linalg": {"kernels", "parallel"},
    "start": {"linalg", "kernels", "parallel"},
    "methods": {"kernels", "parallel", "linalg", "start"},
    "api": {"methods", "kernels", "parallel", "linalg", "start"},
    "table": set(),
    "plot": {"linalg"},
}

problems = []
names = {}
for path in FILES:
    if path.parts[0] in {"src", "cli", "include", "tests", "bench", "fuzz", "python"} and path.name not in MAY_REPEAT:
        if path.suffix in {".c", ".h", ".py", ".js", ".css"} and path not in OTHER_VERSIONS:
            if path.name in names:
                problems.append(f"{path}: the name is taken by {names[path.name]}")
            names[path.name] = path

headers = {p.name: p for p in SOURCES if p.suffix == ".h" and p not in OTHER_VERSIONS}


def top(path):
    return path.parts[1] if path.parts[0] == "src" else path.parts[0]


def mds_folder(path):
    return path.parts[2] if path.parts[:2] == ("src", "mds") else None


def may_include(path, target):
    if path.parts[0] not in {"src", "include"} or target is None:
        return True
    if top(target) not in TOP[top(path)]:
        return False
    here, there = mds_folder(path), mds_folder(target)
    return there is None or here == there or there in MDS[here]


for path in SOURCES:
    if mds_folder(path) not in {None, *MDS}:
        problems.append(f"{path}: src/mds has no folder {mds_folder(path)} in {sys.argv[0]}")
        continue
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if include:
            name = include.group(1)
            if ".." in name:
                problems.append(f"{path}:{number}: an include that climbs: {name}")
            target = headers.get(Path(name).name)
            if not may_include(path, target):
                problems.append(f"{path}:{number}: {path.parent} may not include {target}")
        code = re.sub(r'"(\\.|[^"\\])*"|//.*|/\*.*?\*/', "", line)
        if path.parts[0] == "src" and FORBIDDEN.search(code) and "/* child */" not in line:
            problems.append(f"{path}:{number}: a library that prints or ends the process: {line.strip()}")
        if path.parts[:2] == ("src", "mds") and OPTION.search(line):
            problems.append(f"{path}:{number}: a library that names an option of a command: {line.strip()}")

for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
