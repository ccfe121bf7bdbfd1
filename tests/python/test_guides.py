"""The examples of the guides in docs run, and print what stands beside them."""

import contextlib
import io
import os
import pathlib
import re

import mdscale
import pytest

ROOT = pathlib.Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs").glob("guide-scikit-learn.md"))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_examples(guide, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert hasattr(mdscale, "MDS") and os.path.exists("data/digits.csv")
    names = {}
    blocks = re.findall(r"^```python\n(.*?)^```$", guide.read_text(), re.M | re.S)
    assert blocks
    for ran, block in enumerate(blocks):
        if "sklearn" in re.sub(r"#.*", "", block):
            pytest.importorskip("sklearn", minversion="1.6",
                                reason=f"{ran} of {len(blocks)} examples ran; the next needs scikit-learn")
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            exec(compile(block, str(guide), "exec"), names)
        expected = re.findall(r"print\(.*\)  # (.*)$", block, re.M)
        assert told.getvalue().splitlines() == expected
