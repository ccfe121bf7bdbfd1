"""What plans and rungs of the tests are made of."""

import shlex
import signal
import sys
import time

SUM = {"json": "sum"}
PYTHON = shlex.quote(sys.executable)

SPIN = """import time

def spin(seconds):
    end = time.process_time() + seconds
    n = 0
    while time.process_time() < end:
        n += 1

def main():
    spin(0.4)

main()
"""


def says(text):
    """A command that prints one line."""
    return ["echo", text]


def signal_when(path, process, number=signal.SIGINT):
    end = time.time() + 60
    while not path.exists() and time.time() < end:
        time.sleep(0.02)
    process.send_signal(number)
