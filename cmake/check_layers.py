#!/usr/bin/env python3
"""The floors, checked from the text: what the compiler cannot see.

The include path of a room keeps upward includes from compiling. This looks at the rest: no include climbs
with "../", file names are unique in the repository (so that a bare include can mean only one file), the two
wings do not name each other, libraries neither print nor exit, and no folder is empty.
"""
import re
import subprocess
import sys
from pathlib import Path

FILES = [Path(p) for p in subprocess.check_output(["git", "ls-files"], text=True).splitlines()]
SOURCES = [p for p in FILES if p.suffix in {".c", ".h"} and p.exists()]
MAY_REPEAT = {"CMakeLists.txt", "README.md", "__init__.py", "conftest.py", "run", "ladder.json"}
# Printing, ending the process, or global locale are the command's business.
FORBIDDEN = re.compile(r"\b(printf|puts|putchar|perror|abort|exit|_exit|setlocale)\s*\(")

problems = []
names = {}
for path in FILES:
    if path.parts[0] in {"src", "cli", "include", "tests", "bench", "fuzz", "python"} and path.name not in MAY_REPEAT:
        if path.suffix in {".c", ".h", ".py", ".js", ".css"}:
            if path.name in names:
                problems.append(f"{path}: the name is taken by {names[path.name]}")
            names[path.name] = path

headers = {p.name: p for p in SOURCES if p.suffix == ".h"}


def wing(path):
    return path.parts[1] if path.parts[0] == "src" else path.parts[0]


ALLOWED = {
    "base": {"base"},
    "mds": {"mds", "base", "include"},
    "flame": {"flame", "base"},
    "include": {"include"},
}
for path in SOURCES:
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if include:
            name = include.group(1)
            if ".." in name:
                problems.append(f"{path}:{number}: an include that climbs: {name}")
            target = headers.get(Path(name).name)
            allowed = ALLOWED.get(wing(path)) if path.parts[0] in {"src", "include"} else None
            if target is not None and allowed is not None and wing(target) not in allowed:
                problems.append(f"{path}:{number}: {wing(path)} may not know {target}")
        code = re.sub(r'"(\\.|[^"\\])*"|//.*|/\*.*?\*/', "", line)
        if path.parts[0] == "src" and FORBIDDEN.search(code) and "/* child */" not in line:
            problems.append(f"{path}:{number}: a library that prints or ends the process: {line.strip()}")

for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
