"""Record the memory that a sample reads, of one interpreter of each version, for the fuzz target and test_interpreter.

    python3 tests/flame/python/make_snapshots.py TOOL DIRECTORY PYTHON...

TOOL is sample_dump; a PYTHON may be several words in quotes (a chroot). What lies on the pages that are read comes
along: let each interpreter live in a place that may be named in public, such as /opt/python3.8.
"""
import os
import subprocess
import sys

PROGRAM = """\
import _thread, time
def leaf():
    print('ready', flush=True)
    time.sleep(600)
def rec(n):
    return rec(n - 1) if n else leaf()
class Thing:
    def method(self):
        return (lambda: rec(4))()
def größe(thing):
    return thing.method()
def other():
    time.sleep(600)
_thread.start_new_thread(other, ())
größe(Thing())
"""

tool, directory, *commands = sys.argv[1:]
for command in commands:
    # The program alone: no site-packages, no variables of this machine.
    words = [*command.split(), "-I", "-S", "-B"]
    clean = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
    version = "import sys; print('%d.%d' % sys.version_info[:2])"
    name = "python-" + subprocess.check_output([*words, "-c", version], env=clean, text=True).strip()
    program = subprocess.Popen([*words, "-c", PROGRAM], env=clean, stdout=subprocess.PIPE, cwd="/")
    try:
        program.stdout.readline()
        subprocess.check_call([tool, "snapshot", str(program.pid), os.path.join(directory, name)])
        print(name)
    finally:
        program.kill()
        program.communicate()
