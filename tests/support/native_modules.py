"""Native modules of the kinds that people have, built for one interpreter; module_shares.py runs them.

Nothing that is generated is kept in the repository: Cython translates its module where it is needed.
"""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHARES = HERE / "module_shares.py"

# What tells a job's native frames, as any profiler names them.
FRAMES = {
    "cython": {"stir": r"Mixer.*stir", "fold": r"Mixer.*fold|^fold \(cython_module", "spread": r"cython_module.*spread"},
    "templates": {"turn": r"Ring.*::turn", "sort": r"sort_by|introsort|insertion_sort|^sort\b(?!ed)"},
}


class Missing(Exception):
    """What a module cannot be built without is not there."""


def paths(python):
    """The folder of headers and the ending of modules."""
    text = "import json, sysconfig as s; print(json.dumps([s.get_paths()['include'], s.get_config_var('EXT_SUFFIX')]))"
    include, suffix = json.loads(subprocess.run([python, "-c", text], capture_output=True, text=True, check=True).stdout)
    if not (Path(include) / "Python.h").exists():
        raise Missing(f"{python} has no headers")
    return include, suffix


def compile_module(compiler, source, python, folder):
    include, suffix = paths(python)
    if not shutil.which(compiler):
        raise Missing(f"there is no {compiler}")
    subprocess.run([compiler, "-O2", "-g", "-fPIC", "-shared", f"-I{include}", "-w", source,
                    "-o", Path(folder) / (Path(source).stem + suffix)], check=True)


def build_templates(python, folder):
    compile_module("c++", HERE / "templates_module.cpp", python, folder)


def build_cython(python, folder):
    if not importlib.util.find_spec("Cython"):
        raise Missing("Cython is not installed")
    shutil.copy(HERE / "cython_module.pyx", folder)
    subprocess.run([sys.executable, "-m", "cython", "-3", "cython_module.pyx"], cwd=folder, check=True)
    compile_module("cc", Path(folder) / "cython_module.c", python, folder)


BUILD = {"cython": build_cython, "templates": build_templates}
