"""`--native` with the native modules that people have: made by Cython, in C++ with templates, NumPy."""

import json
import math
import re
import sys

import pytest
from watch_helpers import NEWEST, READABLE, flame, folded, judge, kept_busy, running, wait_until_asleep

import native_modules  # of tests/support

QUANTILE = 3.29  # of the normal distribution: 99.9 % lie within
# Beside what chance explains: the loop that goes round the jobs, and ticks that come while a thread is just stopping.
SLACK = 0.004
ROUNDS = {"cython": 130, "templates": 200, "numpy": 130}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """{kind: the folder with its module, or why there is none}"""
    found = {}
    for kind, build in native_modules.BUILD.items():
        folder = tmp_path_factory.mktemp(kind)
        try:
            build(NEWEST.path, folder)
            found[kind] = folder
        except native_modules.Missing as missing:
            found[kind] = str(missing)
    return found


def folder_of(built, kind):
    if isinstance(built[kind], str):
        pytest.skip(built[kind])
    return built[kind]


def share_of(stacks, pattern):
    return sum(count for stack, count in stacks.items() if any(re.search(pattern, frame) for frame in stack))


def record(command, kind, out):
    """The stacks of the jobs, and what flame and the program say."""
    result = flame("record", "--native", "-o", out, "--", *command, native_modules.SHARES, kind, ROUNDS[kind])
    assert result.returncode == 0, result.stderr
    return {stack: count for stack, count in folded(out).items() if any("module_shares.py:main" in f for f in stack)}, result


def check_shares(stacks, result, patterns):
    """Of the jobs by the native functions that they run, against the thread's own clock."""
    used = json.loads(result.stdout)["shares"]
    found = {job: share_of(stacks, pattern) for job, pattern in patterns.items()}
    total = sum(found.values())
    judge(total > 300, (found, result.stderr), kept_busy(result.stderr))
    for job, share in used.items():
        allowed = QUANTILE * math.sqrt(share * (1 - share) / total) + SLACK
        judge(abs(found[job] / total - share) < allowed, (used, found), kept_busy(result.stderr))


def names(frames):
    return [re.sub(r" \(.*", "", frame) for frame in frames]


def test_cython(python, built, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(folder_of(built, "cython")))
    stacks, result = record([python.path], "cython", tmp_path / "p.folded")
    shown = {name for stack in stacks for name in names(stack)}
    # As Python would call them, and with the line of the generated file.
    assert {"cython_module.Mixer.stir", "cython_module.Mixer.fold", "cython_module.spread"} <= shown, shown
    assert not any("__pyx_" in name and "cython_module" in name for name in shown), shown
    assert any(re.search(r"Mixer\.fold \(cython_module\.c:\d+\)", frame) for stack in stacks for frame in stack)
    check_shares(stacks, result, native_modules.FRAMES["cython"])


def test_templates(python, built, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(folder_of(built, "templates")))
    stacks, result = record([python.path], "templates", tmp_path / "p.folded")
    shown = {name for stack in stacks for name in names(stack)}
    # Demangled, without arguments of templates and functions.
    assert {"Ring::turn", "shop::sort_by", "std::__introsort_loop"} <= shown, shown
    assert not any(name.startswith("_Z") or "<unsigned" in name for name in shown), shown
    # In calling order: the sort is below the function of Python that wants it.
    for stack in stacks:
        shown = names(stack)
        if "std::__introsort_loop" in shown:
            at = shown.index("std::__introsort_loop")
            assert any("<lambda>" in name for name in shown[:at]) and not any(".py:" in name for name in shown[at:]), stack
    check_shares(stacks, result, native_modules.FRAMES["templates"])


CALLED = """\
import sys, time, %(module)s
through = %(through)s
def sleeper():
    print("ready", flush=True)
    time.sleep(1000)
def outer():
    return through(sleeper)
through(outer)
"""


@pytest.mark.parametrize("kind, through, frame", [
    ("cython", "cython_module.Mixer().through", "cython_module.Mixer.through"),
    ("templates", "templates_module.through", "shop::through"),
])
def test_called_back(python, built, tmp_path, monkeypatch, kind, through, frame):
    """Python, native, Python, native: in this order."""
    monkeypatch.setenv("PYTHONPATH", str(folder_of(built, kind)))
    (tmp_path / "called.py").write_text(CALLED % {"module": f"{kind}_module", "through": through})
    with running(python.path, tmp_path / "called.py") as target:
        wait_until_asleep(target.pid)
        result = flame("dump", "--native", "--json", "-p", target.pid)
    assert result.returncode == 0, result.stderr
    frames = json.loads(result.stdout)["threads"][0]["frames"]
    shown = [f.get("name", f["function"]) for f in frames]
    order = [name for name in shown if name in ("sleeper", "outer", "<module>", frame)]
    # Cython's function may be two of C: the one that is called and its body.
    assert [name for i, name in enumerate(order) if i == 0 or name != order[i - 1]] == ["sleeper", frame, "outer", frame, "<module>"], shown


def test_numpy(tmp_path, monkeypatch):
    """Its matrix product is in the library of its own, the rest in its module: told apart by what Python has called."""
    pytest.importorskip("numpy")
    if sys.version_info[:2] not in READABLE:
        pytest.skip("flame does not read the Python that NumPy is installed for")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    lines = native_modules.SHARES.read_text().splitlines()
    line = {job: next(i for i, text in enumerate(lines, 1) if f"numpy.{call}(" in text)
            for job, call in (("matmul", "matmul"), ("sort", "sort"), ("ufunc", "exp"))}
    patterns = {"matmul": r"^(?!.*\.py:).*blas", "sort": f"module_shares.py:.*<lambda>:{line['sort']}$",
                "ufunc": f"module_shares.py:.*<lambda>:{line['ufunc']}$"}
    stacks, result = record([sys.executable], "numpy", tmp_path / "p.folded")
    for job in ("sort", "ufunc"):
        all_of_it = share_of(stacks, patterns[job])
        native = sum(count for stack, count in stacks.items()
                     if any(re.search(patterns[job], frame) for frame in stack) and "_multiarray_umath" in stack[-1])
        assert native > 0.9 * all_of_it, (job, native, all_of_it)
    # What has no symbol says where it is.
    assert not any(frame.startswith("?") for stack in stacks for frame in stack)
    check_shares(stacks, result, patterns)
