"""flame top: in a terminal of its own (a pty), and in plain lines."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest
from watch_helpers import FLAME, every_python, flame, running, wait_for

pyte = pytest.importorskip("pyte", reason="a terminal to draw on is needed: pip install pyte")


class Terminal:
    """A program in a terminal of 40 lines and 110 columns."""

    def __init__(self, *command, term="xterm-256color"):
        self.end, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 110, 0, 0))
        self.before = termios.tcgetattr(inner)
        self.inner = inner
        self.raw = b""
        self.drawn = pyte.Screen(110, 40)
        self.stream = pyte.ByteStream(self.drawn)
        self.process = subprocess.Popen([str(c) for c in command], stdin=inner, stdout=inner, stderr=inner,
                                        env={**os.environ, "TERM": term, "LC_ALL": "C.UTF-8"}, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def read(self, seconds=0.0):
        end = time.monotonic() + seconds
        while select.select([self.end], [], [], max(0, end - time.monotonic()))[0]:
            try:
                piece = os.read(self.end, 65536)
            except OSError:
                return
            if not piece:
                return
            self.raw += piece
            self.stream.feed(piece)

    @property
    def screen(self):
        return "\n".join(line.rstrip() for line in self.drawn.display)

    def resize(self, rows, columns):
        fcntl.ioctl(self.inner, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.drawn.resize(rows, columns)
        self.process.send_signal(signal.SIGWINCH)

    def wait_for(self, pattern, seconds=60):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.screen):
            assert time.monotonic() < end, f"{pattern!r} never came:\n{self.screen}"
            self.read(0.1)

    def key(self, keys):
        os.write(self.end, keys.encode())

    def finish(self, seconds=60):
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.1)
        self.read(0.2)
        assert self.process.poll() is not None, "it does not end"
        return self.process.returncode

    def restored(self):
        """The terminal's modes are as before, and the alternate screen was left."""
        now = termios.tcgetattr(self.inner)
        return now[:4] == self.before[:4] and self.raw.rfind(b"\x1b[?1049l") > self.raw.rfind(b"\x1b[?1049h")

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.end)
        os.close(self.inner)


@pytest.fixture
def terminal():
    made = []

    def make(*command, **options):
        made.append(Terminal(*command, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@every_python
def test_functions_and_lines(python, busy, terminal):
    with running(python.path, busy) as target:
        top = terminal(FLAME, "top", "-p", target.pid, "--delay", "0.3")
        top.wait_for(r"SELF%")
        top.wait_for(r"hot +.*busy\.py")
        top.key("l")
        top.wait_for(r"busy\.py:[78]\b")
        top.key("h")
        top.wait_for(r"functions or lines")
        top.key("h")
        top.key("p")
        top.wait_for(r"held")
        top.key("q")
        assert top.finish() == 0
        assert top.restored()
        assert target.poll() is None


def test_sorting_and_threads(python, terminal):
    code = ("import threading\ndef one():\n    while True: sum(range(99))\ndef two():\n    while True: sum(range(98))\n"
            "for f in (one, two): threading.Thread(target=f, daemon=True).start()\nprint('ready', flush=True)\nthreading.Event().wait()")
    with running(python.path, "-c", code) as target:
        top = terminal(FLAME, "top", "--idle", "-p", target.pid, "--delay", "0.2")
        top.wait_for("all threads")
        top.wait_for("two")
        top.key("t")
        top.wait_for(r"TOTAL%\*")
        top.key(">")
        top.wait_for(r"MainThread|thread \d+")
        top.key("a")
        top.wait_for("all threads")
        top.key("c")
        top.wait_for("since the beginning")
        top.key("q")
        assert top.finish() == 0 and top.restored()


def test_a_command_and_what_it_prints(python, terminal, tmp_path):
    (tmp_path / "talks.py").write_text("import os, sys\nprint('first words')\n"
                                       "def squares():\n    while not os.path.exists(sys.argv[1]): sum(i * i for i in range(999))\n"
                                       "squares()\nprint('last words')\nsys.exit(4)\n")
    top = terminal(FLAME, "top", "--delay", "0.2", "--", python.path, tmp_path / "talks.py", tmp_path / "enough")
    top.wait_for("squares")
    assert "first words" not in top.screen
    (tmp_path / "enough").touch()
    assert top.finish() == 4
    assert top.restored()
    after = top.raw[top.raw.rfind(b"\x1b[?1049l"):]
    assert b"first words" in after and b"last words" in after


def test_the_command_goes_on_after_q(python, terminal, tmp_path):
    (tmp_path / "goes.py").write_text("import os, sys\nwhile not os.path.exists(sys.argv[1]): pass\nprint('finished')\n")
    top = terminal(FLAME, "top", "--delay", "0.2", "--", python.path, tmp_path / "goes.py", tmp_path / "enough")
    top.wait_for("<module>")
    top.key("q")
    wait_for(lambda: top.read(0.1) or b"\x1b[?1049l" in top.raw)
    assert top.process.poll() is None
    (tmp_path / "enough").touch()
    assert top.finish() == 0
    assert top.restored() and b"finished" in top.raw


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT])
def test_the_terminal_is_given_back(python, busy, terminal, number):
    with running(python.path, busy) as target:
        top = terminal(FLAME, "top", "-p", target.pid, "--delay", "0.2")
        top.wait_for("hot")
        top.process.send_signal(number)
        top.finish()
        assert top.restored()
        assert target.poll() is None


def test_ctrl_c(python, busy, terminal):
    top = terminal(FLAME, "top", "--delay", "0.2", "--", python.path, busy)
    top.wait_for("hot")
    top.key("\x03")
    assert top.finish() == 130 and top.restored()


def test_resize_and_small_terminals(python, busy, terminal):
    with running(python.path, busy) as target:
        top = terminal(FLAME, "top", "-p", target.pid, "--delay", "0.2")
        top.wait_for("hot")
        for rows, columns in ((5, 20), (1, 1), (2, 80), (60, 200)):
            top.resize(rows, columns)
            top.read(0.3)
            assert top.process.poll() is None
        top.wait_for("hot")
        top.key("q")
        assert top.finish() == 0


def test_the_target_ends(python, busy, terminal):
    with running(python.path, busy) as target:
        top = terminal(FLAME, "top", "-p", target.pid, "--delay", "0.2")
        top.wait_for("hot")
        target.kill()
        assert top.finish() == 0 and top.restored()


def test_unknown_terminal(python, busy, terminal):
    with running(python.path, busy) as target:
        top = terminal(FLAME, "top", "-n", "1", "--delay", "0.3", "-p", target.pid, term="no-such-terminal")
        assert top.finish() == 0
        assert b"plain tables" in top.raw and b"hot" in top.raw


@every_python
def test_plain_tables(python, busy):
    with running(python.path, busy) as target:
        result = flame("top", "--batch", "-n", "2", "--delay", "0.3", "-p", target.pid)
        assert result.returncode == 0, result.stderr
        assert result.stdout.count("SELF%") == 2
        assert re.search(r"\d+\.\d% +\d+\.\d% +\d+\.\d\ds  hot  .*busy\.py$", result.stdout, re.M), result.stdout
        lines = flame("top", "--lines", "-n", "1", "--delay", "0.3", "-p", target.pid).stdout
        assert re.search(r"hot  .*busy\.py:[78]$", lines, re.M), lines


def test_plain_until_the_end(python, busy):
    result = flame("top", "--batch", "--delay", "0.2", "--", python.path, busy, "0.5")
    assert result.returncode == 0 and "ready" in result.stdout and "hot" in result.stdout


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
