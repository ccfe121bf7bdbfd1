"""The distribution's own command: which programs it brings. ``mdscale`` is the package to import."""

import os
import sys
import sysconfig
from importlib.metadata import version

PROGRAMS = {
    "flame": "where a program's time goes: record, top, graph, diff, ladder",
    "mdscale": "multidimensional scaling: from dissimilarities to a map",
    "pyflame": "flame under the name and with the options of pyflame",
    "flamegraph": "flame graph under the name and with the options of flamegraph.pl",
}


def main():
    print(f"flamescale {version('flamescale')}")
    folders = [os.path.dirname(os.path.abspath(sys.argv[0])), sysconfig.get_path("scripts")]
    there = [name for name in PROGRAMS if any(os.path.exists(os.path.join(folder, name)) for folder in folders)]
    if there:
        print("\nPrograms:")
        for name in there:
            print(f"  {name:<12}{PROGRAMS[name]}")
        print("\n'PROGRAM --help' tells more of each.")
    print("Python: import mdscale")


if __name__ == "__main__":
    main()
