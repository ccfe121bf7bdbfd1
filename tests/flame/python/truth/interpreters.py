"""The interpreters of this machine, of a chroot with newer ones, and free-threaded builds."""
import glob
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs")
FREE_THREADED = os.path.abspath(os.path.join(HERE, "../../../../build/free-threaded"))
VERSION = ("import sys, sysconfig; "
           "print('%d.%d.%d' % sys.version_info[:3] + 't' * bool(sysconfig.get_config_var('Py_GIL_DISABLED')))")


class Interpreter:
    def __init__(self, version, command, programs):
        self.version, self.command, self.programs = version, command, programs
        self.free_threaded = version.endswith("t")
        # Where a collection of garbage began, and which thread does it: free-threaded builds say both or neither.
        placed = int(version.split(".")[1]) >= 15
        self.tells_collections = placed, placed or not self.free_threaded

    def start(self, program, *arguments):
        # A session of its own: its children can be ended with it.
        return subprocess.Popen([*self.command, os.path.join(self.programs, program), *map(str, arguments)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                start_new_session=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                                                             "PYTHONIOENCODING": "utf-8"})


def find_interpreters(chroot):
    """Those that can be run, from where such things are installed."""
    candidates = ["/usr/bin/python3"]
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    candidates += sorted(glob.glob(root + "/versions/*/bin/python3"))
    candidates += sorted(glob.glob(FREE_THREADED + "/*/bin/python3"))  # make_free_threaded.sh
    found = []
    for path in candidates:
        try:
            out = subprocess.run([path, "-c", VERSION], capture_output=True, text=True, timeout=20).stdout.strip()
        except OSError:
            continue
        major, minor, *_ = (out + ".0.0").split(".")
        if major == "3" and 8 <= int(minor) <= 15:
            found.append(Interpreter(out, [path], PROGRAMS))
    if chroot and os.path.isdir(chroot) and os.geteuid() == 0:
        inside = "/tmp/flame-truth"
        shutil.copytree(PROGRAMS, chroot + inside, dirs_exist_ok=True)
        for path in sorted(glob.glob(chroot + "/usr/bin/python3.[0-9][0-9]")):
            name = os.path.basename(path)
            command = ["chroot", chroot, name]
            out = subprocess.run([*command, "-c", VERSION], capture_output=True, text=True).stdout.strip()
            if out:
                found.append(Interpreter(out, command, inside))
    return found
