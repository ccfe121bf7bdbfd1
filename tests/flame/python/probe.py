"""Compile probe.c against the headers of every interpreter found and run it.

    probe.py SOURCE_DIRECTORY [CHROOT]
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "truth"))
from interpreters import find_interpreters  # noqa: E402


def compile_and_run(source, folder, include, root, flags):
    """Whether the table and the headers agree; says where they do not."""
    program = os.path.join(folder, "probe")
    command = ["cc", *flags, "-w", "-D_GNU_SOURCE", "-o", program,
               os.path.join(source, "tests/flame/python/probe.c"),
               os.path.join(source, "src/flame/python/python_layout.c"),
               os.path.join(source, "src/base/status.c"), os.path.join(source, "src/base/utf8.c"),
               "-I" + include, "-I" + include + "/internal",
               "-I" + os.path.join(source, "src/flame/python"), "-I" + os.path.join(source, "src/base")]
    if root:
        command += ["-idirafter", root + "/usr/include"]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode != 0:
        print("{}: probe.c does not compile:\n{}".format(include, made.stderr[:2000]))
        return False
    return subprocess.run([program]).returncode == 0


def main():
    source = os.path.abspath(sys.argv[1])
    chroot = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2] else None
    failed = checked = 0
    with tempfile.TemporaryDirectory() as folder:
        for python in find_interpreters(chroot):
            out = subprocess.run([*python.command, "-c",
                                  "import sysconfig; print(sysconfig.get_paths()['include'])"],
                                 capture_output=True, text=True).stdout.strip()
            root = chroot if python.command[0] == "chroot" else ""
            include = root + out
            if not os.path.isdir(include + "/internal"):
                print("{}: no headers in {}, not checked".format(python.version, include))
                continue
            # From 3.13 on the same headers tell of a free-threaded build.
            kinds = [[]]
            if int(python.version.split(".")[1]) >= 13 and not python.free_threaded:
                kinds.append(["-DPy_GIL_DISABLED=1"])
            for flags in kinds:
                failed += not compile_and_run(source, folder, include, root, flags)
                checked += 1
    print("{} builds of interpreters checked".format(checked))
    return 1 if failed else 0 if checked else 77


if __name__ == "__main__":
    sys.exit(main())
