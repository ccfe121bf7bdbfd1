"""Fixtures of this folder; what they are made of is in watch_helpers.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from watch_helpers import busy, python  # noqa: E402,F401
