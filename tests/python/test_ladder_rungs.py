"""The rungs of ladders/pattern_search take the same decisions, on a small job."""

import importlib.util
import sys
from pathlib import Path

import mdscale
import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "ladders" / "pattern_search"


def load(name):
    spec = importlib.util.spec_from_file_location(f"rung_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("job")
    load("prepare").prepare(30, folder)
    return np.load(folder / "delta.npy"), np.load(folder / "start.npy")


@pytest.mark.parametrize("isa", ["auto", "scalar"])
@pytest.mark.parametrize("rung", ["naive", "vectorized", "kernels"])
def test_rungs_agree_with_the_library(job, rung, isa):
    delta, start = job
    x = start.copy()
    epochs, stress = load(rung).pattern_search(delta, x)
    native = mdscale.pattern_search(delta, start, radius=16, isa=isa)
    assert native.epochs == epochs
    assert native.stress == pytest.approx(stress, rel=1e-9)
    np.testing.assert_allclose(native.x, x, atol=1e-6)


def test_the_predefined_input_is_the_digits(job):
    delta, start = job
    assert delta.shape == (30, 30) and start.shape == (30, 2)
    assert (delta == delta.T).all() and (np.diag(delta) == 0).all()
    # The squared distance of two images of whole grey levels is a whole number.
    assert np.allclose(delta**2, np.round(delta**2), atol=1e-9)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
