#!/usr/bin/env python3
"""contain.py: nothing a test started is left, however the test ends. Plain Python, so that it runs without pytest."""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

CONTAIN = [sys.executable, str(Path(__file__).with_name("contain.py"))]


class Contain(unittest.TestCase):
    def setUp(self):
        # A duration that nobody else sleeps for is how ours are told apart.
        self.seconds = f"{random.randrange(600, 700)}.{random.randrange(10**9):09d}"
        # One that hangs on the shell, one in a session of its own, one that ignores what can be ignored.
        self.stray = (f"sleep {self.seconds} & setsid sleep {self.seconds} & "
                      f"(trap '' INT TERM HUP; setsid sleep {self.seconds}) & ")

    def strays(self):
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = Path("/proc", name, "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[:2] == [b"sleep", self.seconds.encode()]:
                found.append(int(name))
        return found

    def wait_until(self, condition):
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end, f"waited in vain; strays: {self.strays()}")
            time.sleep(0.02)

    def start(self, script):
        process = subprocess.Popen([*CONTAIN, "sh", "-c", self.stray + script], stdin=subprocess.PIPE,
                                   start_new_session=True)
        self.addCleanup(process.stdin.close)
        self.wait_until(lambda: len(self.strays()) >= 3)
        return process

    def test_the_command_ends(self):
        process = self.start("read word; exit 42")
        process.stdin.close()
        self.assertEqual(process.wait(60), 42)
        self.assertEqual(self.strays(), [])

    def test_the_command_is_killed(self):
        process = self.start("read word; kill -KILL $$")
        process.stdin.close()
        self.assertEqual(process.wait(60), 128 + signal.SIGKILL)
        self.assertEqual(self.strays(), [])

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            with self.subTest(number):
                process = self.start("wait")
                process.send_signal(number)
                process.wait(60)
                self.wait_until(lambda: not self.strays())

    def test_the_runner_is_killed(self):
        script = "import subprocess, sys; subprocess.run(sys.argv[1:])"
        runner = subprocess.Popen([sys.executable, "-c", script, *CONTAIN, "sh", "-c", self.stray + "wait"])
        self.wait_until(lambda: len(self.strays()) >= 3)
        runner.kill()
        runner.wait()
        self.wait_until(lambda: not self.strays())

    def test_interrupt_from_the_terminal(self):
        process = self.start("wait")
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
        self.assertEqual(process.wait(60), 128 + signal.SIGINT)
        self.assertEqual(self.strays(), [])

    def test_an_interrupt_that_the_command_ignores(self):
        process = self.start("trap '' INT; wait")
        time.sleep(0.5)  # for the trap
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
        self.assertEqual(self.strays(), [])

    def test_no_such_program(self):
        done = subprocess.run([*CONTAIN, "no-such-program"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr),
                         (127, "contain.py: cannot start no-such-program: No such file or directory\n"))

    def test_a_python_program_that_lacks_its_tool(self):
        script = (f"import subprocess, sys; sys.path.insert(0, {os.path.dirname(CONTAIN[1])!r}); import contain; "
                  f"contain.enter(); subprocess.Popen(['sleep', {self.seconds!r}], start_new_session=True); "
                  "subprocess.Popen(['no-such-program'])")
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("FileNotFoundError", done.stderr)
        self.assertEqual(self.strays(), [])

    @unittest.skipUnless(shutil.which("ctest"), "there is no ctest")
    def test_the_time_limit_of_ctest(self):
        words = " ".join(f"[==[{word}]==]" for word in [*CONTAIN, "sh", "-c", self.stray + "wait"])
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "CTestTestfile.cmake").write_text(
                f"add_test(slow {words})\nset_tests_properties(slow PROPERTIES TIMEOUT 2)\n")
            done = subprocess.run(["ctest"], cwd=folder, capture_output=True, text=True, check=False)
        self.assertIn("Timeout", done.stdout)
        self.wait_until(lambda: not self.strays())


if __name__ == "__main__":
    unittest.main()
