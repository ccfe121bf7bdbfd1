import os
import subprocess
from pathlib import Path

import pytest

BIN = Path(os.environ.get("FLAMESCALE_BIN", Path(__file__).parents[3] / "build/release/bin"))
TOP = Path(__file__).parents[3]


class Result:
    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr.decode()

    @property
    def text(self):
        return self.out.decode()


@pytest.fixture
def run(tmp_path):
    """run("flame", "graph", ..., stdin=text): the program in a folder of its own."""

    def call(program, *arguments, stdin=b"", status=0, **environment):
        if isinstance(stdin, str):
            stdin = stdin.encode()
        done = subprocess.run([BIN / program, *map(str, arguments)], input=stdin, capture_output=True,
                              cwd=tmp_path, timeout=120,
                              env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "COLUMNS": "100",
                                   **environment})
        result = Result(done)
        assert status is None or result.status == status, result.err
        return result

    return call


@pytest.fixture
def draw(run):
    """draw(folded text, options...): the SVG as text."""
    return lambda text, *options: run("flame", "graph", *options, stdin=text).text
