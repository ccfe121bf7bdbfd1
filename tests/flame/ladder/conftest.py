import json
import os
import subprocess
from pathlib import Path

import pytest

BIN = Path(os.environ.get("FLAMESCALE_BIN", Path(__file__).parents[3] / "build/release/bin"))


class Climb:
    """What a run of flame ladder left: status, texts, and the results by rung name."""

    def __init__(self, folder, done, report):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.folder, self.report = folder, folder / report

    @property
    def ladder(self):
        return json.loads((self.report / "ladder.json").read_text())

    @property
    def rungs(self):
        return {rung["name"]: rung for rung in self.ladder["rungs"]}

    @property
    def page(self):
        return (self.report / "index.html").read_text()


@pytest.fixture
def flame(tmp_path):
    """flame("ladder", ...): the program in a folder of its own."""

    def call(*arguments, report="report", timeout=120, **options):
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "100", "NO_COLOR": "1",
                       **options.pop("environment", {})}
        done = subprocess.run([BIN / "flame", *map(str, arguments)], capture_output=True, text=True, cwd=tmp_path,
                              timeout=timeout, env=environment, check=False, **options)
        return Climb(tmp_path, done, report)

    return call


@pytest.fixture
def climb(tmp_path, flame):
    """climb({"name": command or rung, ...}, *words, answer=...): write a plan, climb it without profiles."""

    def call(rungs, *words, profile=False, answer=None, **options):
        if profile and os.environ.get("FLAMESCALE_EMULATED"):
            pytest.skip("an emulated program cannot read the memory of another, so it records nothing")
        plan = {"rungs": []}
        if answer is not None:
            plan["answer"] = answer
        plan.update(options.pop("plan", {}))
        for name, rung in rungs.items():
            plan["rungs"].append({"name": name, **(rung if isinstance(rung, dict) else {"command": rung})})
        (tmp_path / "ladder.json").write_text(json.dumps(plan))
        profiles = [] if profile else ["--no-profile"]
        return flame("ladder", *words, *profiles, **options)

    return call
