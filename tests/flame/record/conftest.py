"""Fixtures of this folder; what they are made of is in watch_helpers.py."""

import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from watch_helpers import busy, judgement, others_flame, python  # noqa: E402,F401

# Whoever runs the tests may ignore these (nohup does), and programs inherit that.
for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)

claims, not_judged = [], []


def pytest_runtest_logreport(report):
    if report.when == "call":
        claims.append(report.nodeid)
        if report.skipped and "not judged: " in str(report.longrepr):
            not_judged.append(report.nodeid)


def pytest_sessionfinish(session):
    if not judgement.enough_judged(len(not_judged), len(claims)) and session.exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(judgement.summary(len(not_judged), len(claims)))
