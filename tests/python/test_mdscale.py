"""The Python package: kernels against NumPy, the solver's promises, and what it says to bad input."""

import pickle
import subprocess
import sys
import threading

import mdscale
import numpy as np
import pytest
from mdscale import kernels


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def euclidean(x):
    return np.sqrt(((x[:, None] - x[None]) ** 2).sum(2))


@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 31, 100])
@pytest.mark.parametrize("p", [1, 2, 3, 5])
def test_dist_from_point(rng, n, p):
    x, y = rng.normal(size=(n, p)), rng.normal(size=p)
    expected = np.sqrt(((x - y) ** 2).sum(1))
    np.testing.assert_allclose(kernels.dist_from_point(x, y), expected, rtol=1e-15)
    out = np.full(n, np.nan)
    assert kernels.dist_from_point(x, y, out=out) is out
    np.testing.assert_allclose(out, expected, rtol=1e-15)


def test_mse(rng):
    for n in (0, 1, 15, 1000):
        a, b = rng.normal(size=n), rng.normal(size=n)
        assert kernels.mse(a, b) == pytest.approx(float(((a - b) ** 2).sum()), rel=1e-13)


def test_update_distance_matrix(rng):
    x = rng.normal(size=(20, 3))
    d = euclidean(x)
    x[4] += 1
    kernels.update_distance_matrix(x, d, 4)
    np.testing.assert_allclose(d, euclidean(x), rtol=1e-15, atol=1e-300)
    with pytest.raises(IndexError, match="row 20 of 20"):
        kernels.update_distance_matrix(x, d, 20)


def test_kernels_by_instruction_set(rng):
    a, b = rng.normal(size=(2, 1000))
    try:
        assert kernels.use_isa("scalar") == "scalar"
        in_order = 0.0
        for difference in (a - b).tolist():
            in_order += difference * difference
        assert kernels.mse(a, b) == in_order  # plain C adds one term after the other
        assert kernels.use_isa("auto") == mdscale.isa_best()
        assert kernels.mse(a, b) == pytest.approx(in_order, rel=1e-13)
        with pytest.raises(ValueError, match="isa 'mmx' is not one of"):
            kernels.use_isa("mmx")
        with pytest.raises(ValueError, match="not available here"):
            kernels.use_isa("neon" if mdscale.isa_best() != "neon" else "avx2")
    finally:
        kernels.use_isa("auto")


def test_a_plain_buffer_will_do():
    from array import array

    x = memoryview(array("d", [0, 0, 3, 4])).cast("B").cast("d", (2, 2))
    out = array("d", [0, 0])
    kernels.dist_from_point(x, array("d", [0, 0]), out=out)
    assert list(out) == [0, 5]


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ((np.zeros((3, 2), np.float32), np.zeros(2)), TypeError, "float64"),
        ((np.zeros((3, 4))[:, ::2], np.zeros(2)), ValueError, "contiguous"),
        ((np.zeros(3), np.zeros(2)), ValueError, "2 dimensions, not 1"),
        ((np.zeros((3, 2)), np.zeros(3)), ValueError, "2 columns and y has 3"),
        (("text", np.zeros(3)), TypeError, "buffer"),
    ],
)
def test_wrong_arrays_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        kernels.dist_from_point(*arguments)


def test_read_only_output_is_refused():
    out = np.zeros(3)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="writable"):
        kernels.dist_from_point(np.zeros((3, 2)), np.zeros(2), out=out)


def test_pattern_search_finds_a_planar_configuration(rng):
    x = rng.normal(size=(25, 2))
    d = euclidean(x)
    results = [mdscale.pattern_search(d, seed=s, radius=4, smallest_radius=1e-6, tolerance=1e-3) for s in range(5)]
    best = min(results, key=lambda r: r.stress)
    assert best.stress < 1e-6 * (d**2).sum()
    assert best.stop in ("converged", "exact")
    np.testing.assert_allclose(euclidean(best.x), d, atol=1e-3)


def test_fit_is_what_pattern_search_calls(rng):
    d = euclidean(rng.normal(size=(30, 5)))
    one = mdscale.fit(d, 3, method="pattern", seed=5, radius=2.0, order="shuffled")
    other = mdscale.pattern_search(d, dims=3, seed=5, radius=2.0, shuffle=True)
    assert (one.x == other.x).all() and one.loss == other.stress and one.start_loss == other.start
    assert one.statistics == {"moves": other.moves, "radius": other.radius}
    assert (one.iterations, one.stop, one.method) == (other.epochs, other.stop, "pattern")
    distances = euclidean(one.x)
    raw = ((d - distances) ** 2).sum() / 2
    assert one.raw == pytest.approx(raw, rel=1e-12)
    assert one.normalized == pytest.approx(np.sqrt(raw / ((d**2).sum() / 2)), rel=1e-12)
    assert one.absolute == pytest.approx(np.abs(d - distances).sum() / 2, rel=1e-12)
    assert one.pairs == 30 * 29 // 2 and one.stress1 <= one.normalized and one.best_start == 0
    # "auto" takes the method that the options belong to.
    assert (mdscale.fit(d, 3, seed=5, radius=2.0, order="shuffled").x == one.x).all()
    assert mdscale.fit(d).method == mdscale.fit(d, method="auto").method


def test_the_table_of_methods():
    table = {m["name"]: m for m in mdscale.methods()}
    assert list(table)[0] == "auto" and "pattern" in table
    pattern = table["pattern"]
    assert pattern["losses"] == ["squared", "absolute"] and table["classical"]["levels"] == ["ratio"]
    assert pattern["levels"] == ["ratio", "interval", "ordinal", "spline", "log"]
    assert pattern["iterations"] == 10_000 and pattern["tolerance"] == 1e-4
    options = {o["name"]: o for o in pattern["options"]}
    assert options["order"]["choices"] == ["natural", "shuffled"]
    assert "first moves" in options["radius"]["help"]


def test_classical_scaling():
    rng = np.random.default_rng(4)
    d = rng.uniform(1, 3, (20, 20))
    d = np.triu(d, 1) + np.triu(d, 1).T
    centre = np.eye(20) - 1 / 20
    values, vectors = np.linalg.eigh(-0.5 * centre @ d**2 @ centre)
    result = mdscale.fit(d, 3, method="classical")
    expected = vectors[:, :-4:-1] * np.sqrt(values[:-4:-1])
    assert np.abs(result.x - expected * np.sign((result.x * expected).sum(0))).max() < 1e-12
    assert result.statistics["eigenvalue_1"] == pytest.approx(values[-1], rel=1e-12)
    assert result.statistics["goodness_of_fit"] == pytest.approx(values[-3:].sum() / np.abs(values).sum(), rel=1e-12)
    assert mdscale.fit(d, 3, method="classical", correction="lingoes").statistics["constant"] == pytest.approx(
        -values[0], rel=1e-10)
    # Cailliez's constant is the largest eigenvalue of this.
    linear = -0.5 * centre @ d @ centre
    squares = -0.5 * centre @ d**2 @ centre
    both = np.block([[np.zeros((20, 20)), 2 * squares], [-np.eye(20), -4 * linear]])
    assert mdscale.fit(d, 3, method="classical", correction="cailliez").statistics["constant"] == pytest.approx(
        np.linalg.eigvals(both).real.max(), rel=1e-9)
    assert mdscale.fit(d, 2, method="pattern", init="classical").loss < mdscale.fit(d, 2, method="classical").loss


@pytest.mark.parametrize(
    "options, error, words",
    [
        ({"method": "smacoff"}, ValueError,
         "there is no method 'smacoff'; there are: auto, classical, smacof, lbfgs, sgd, pattern, unidimensional"),
        ({"method": "pattern", "radios": 1}, TypeError, "method 'pattern' has no option 'radios'; it has: radius"),
        ({"radios": 1}, TypeError, "no method has the options radios"),
        ({"order": "backwards"}, ValueError, "order 'backwards' is not one of"),
        ({"level": "nominal"}, ValueError, "level 'nominal' is not one of ratio, interval"),
        ({"level": "ordinal", "method": "classical"}, mdscale.MdsError,
         "does not support the level ordinal; it does support: ratio"),
        ({"ties": "secondary"}, mdscale.MdsError, "secondary ties are for the level ordinal, not for ratio"),
        ({"level": "ordinal", "ties": "loose"}, ValueError, "ties 'loose' is not one of primary, secondary, tertiary"),
        ({"level": "spline", "spline_knots": 21}, ValueError, "spline_knots must be from 0 to 20"),
        ({"starts": 10**7}, ValueError, "starts must be from 0 to 1000000"),
        ({"starts": -1}, ValueError, "starts must be from 0"),
        ({"effort": "heroic"}, ValueError, "effort 'heroic' is not one of normal, low, high"),
        ({"weights": "heavy"}, ValueError, "weights 'heavy' is not one of none, inverse, inverse-square"),
        ({"max_seconds": -1.0}, mdscale.MdsError, "the limit of -1 seconds"),
        ({"init": "elsewhere"}, ValueError, "init 'elsewhere' is not one of default, random, given, classical"),
        ({"tolerance": 2.0}, mdscale.MdsError, "the tolerance 2 is not between 0 and 1"),
        ({"radius": "wide"}, TypeError, "must be real number"),
    ],
)
def test_fit_names_what_it_cannot_do(rng, options, error, words):
    with pytest.raises(error, match=words):
        mdscale.fit(euclidean(rng.normal(size=(6, 2))), **options)


def test_stress_is_what_it_says_and_never_rises(rng):
    d = euclidean(rng.normal(size=(40, 10)))
    seen = []
    result = mdscale.pattern_search(d, seed=3, progress=lambda *epoch: seen.append(epoch))
    distances = euclidean(result.x)
    assert result.stress == pytest.approx(((d - distances) ** 2).sum() / 2, rel=1e-12)
    stresses = [result.start] + [stress for _, _, stress, _ in seen]
    assert all(b <= a * (1 + 1e-12) for a, b in zip(stresses, stresses[1:]))
    assert len(seen) == result.epochs
    assert isinstance(result.x, np.ndarray) and result.x.shape == (40, 2)


def test_same_seed_same_bits_at_any_thread_count(rng):
    d = euclidean(rng.normal(size=(300, 8)))
    maps = [mdscale.pattern_search(d, seed=1, threads=t, max_epochs=15).x for t in (1, 2, 5)]
    assert (maps[0] == maps[1]).all() and (maps[0] == maps[2]).all()


def test_missing_and_zero_weight_are_the_same(rng):
    d = euclidean(rng.normal(size=(30, 4)))
    init = rng.normal(size=(30, 2))
    missing, weights = d.copy(), np.ones_like(d)
    missing[2, 5] = missing[5, 2] = np.nan
    weights[2, 5] = weights[5, 2] = 0
    a = mdscale.pattern_search(missing, init)
    b = mdscale.pattern_search(d, init, weights=weights)
    np.testing.assert_allclose(a.x, b.x, atol=1e-9)


def test_absolute_loss_lowers_the_absolute_error(rng):
    d = euclidean(rng.normal(size=(30, 4)))
    init = rng.normal(size=(30, 2))
    absolute = mdscale.pattern_search(d, init, loss="absolute")
    squared = mdscale.pattern_search(d, init)
    total = [np.abs(d - euclidean(r.x)).sum() for r in (absolute, squared)]
    assert total[0] < total[1]
    assert absolute.stress == pytest.approx(total[0] / 2, rel=1e-12)


def test_the_start_is_not_changed(rng):
    init = rng.normal(size=(10, 2))
    before = init.copy()
    mdscale.pattern_search(euclidean(rng.normal(size=(10, 3))), init)
    assert (init == before).all()


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda d: d.__setitem__((1, 2), 9.0), "row"),
        (lambda d: d.__setitem__((3, 3), 1.0), "itself"),
        (lambda d: (d.__setitem__((0, 1), -1.0), d.__setitem__((1, 0), -1.0)), "negative"),
        (lambda d: (d.__setitem__((0, 1), np.inf), d.__setitem__((1, 0), np.inf)), "inf"),
    ],
)
def test_bad_data_is_named(rng, change, words):
    d = euclidean(rng.normal(size=(6, 2)))
    change(d)
    with pytest.raises(mdscale.MdsError, match=words):
        mdscale.pattern_search(d)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"isa": "sse9"}, "sse9"),
        ({"loss": "cubic"}, "cubic"),
        ({"shrink": 2.0}, "shrink"),
        ({"init": np.zeros((3, 2))}, "3 rows"),
        ({"weights": np.zeros((2, 2))}, "weights"),
    ],
)
def test_bad_options_are_named(rng, options, words):
    with pytest.raises(ValueError, match=words):
        mdscale.pattern_search(euclidean(rng.normal(size=(6, 2))), **options)


def test_progress_can_stop_and_its_errors_come_through(rng):
    d = euclidean(rng.normal(size=(50, 5)))
    result = mdscale.pattern_search(d, progress=lambda epoch, *rest: epoch < 3)
    assert (result.stop, result.epochs) == ("cancelled", 3)
    with pytest.raises(ZeroDivisionError):
        mdscale.pattern_search(d, progress=lambda *epoch: 1 / 0)


def test_results_compare_hash_print_and_travel(rng):
    d = euclidean(rng.normal(size=(500, 3)))
    a, b = (mdscale.pattern_search(d, max_epochs=2, seed=1) for _ in range(2))
    assert a == a and a != b and not a == b and a != None  # noqa: E711
    assert np.array_equal(a.x, b.x)
    assert len({a, b, a}) == 2 and {a: "first"}[a] == "first"
    assert a in [b, a] and [b, a].index(a) == 1
    assert repr(a).startswith("PatternResult(stress=") and len(repr(a)) < 300 and "array" not in repr(a)
    again = pickle.loads(pickle.dumps(a))
    assert np.array_equal(again.x, a.x) and repr(again) == repr(a)
    with pytest.raises(AttributeError):
        a.stress = 0


@pytest.mark.parametrize("scale, weight", [(1e-100, 1e-130), (1e149, 1e9), (1e150, None), (1e-280, 1e280)])
def test_numbers_of_any_magnitude(rng, scale, weight):
    d = euclidean(rng.normal(size=(40, 5)))
    plain = mdscale.pattern_search(d, seed=1)
    weights = None if weight is None else np.full_like(d, weight)
    result = mdscale.pattern_search(d * scale, weights=weights, seed=1)
    assert result.stop == "converged" and not np.isnan(result.stress)
    np.testing.assert_allclose(result.x / scale, plain.x, atol=1e-3 * np.abs(plain.x).max())


def test_a_power_of_two_changes_no_bit(rng):
    d = euclidean(rng.normal(size=(40, 5)))
    plain = mdscale.pattern_search(d, seed=1)
    for k in (-900, -300, 300, 900):
        result = mdscale.pattern_search(np.ldexp(d, k), seed=1)
        assert (result.x == np.ldexp(plain.x, k)).all() and result.moves == plain.moves


def test_kernels_refuse_rows_of_nothing():
    nothing = np.zeros((3, 0))
    with pytest.raises(ValueError, match="x has no columns"):
        kernels.dist_from_point(nothing, np.zeros(0))
    with pytest.raises(ValueError, match="x has no columns"):
        kernels.update_distance_matrix(nothing, np.eye(3), 1)


def test_other_threads_run_meanwhile(rng):
    d = euclidean(rng.normal(size=(800, 5)))
    ticks, done = [], threading.Event()

    def tick():
        while not done.wait(0.001):
            ticks.append(1)

    ticker = threading.Thread(target=tick)
    ticker.start()
    mdscale.pattern_search(d, threads=1, max_epochs=200)
    done.set()
    ticker.join()
    assert ticks


def test_ctrl_c_ends_a_solve():
    code = """
import numpy as np, mdscale, signal, threading, os, time
x = np.random.default_rng(0).normal(size=(1500, 8))
d = np.sqrt(((x[:, None] - x[None]) ** 2).sum(2))
threading.Thread(target=lambda: (time.sleep(0.2), os.kill(os.getpid(), signal.SIGINT)), daemon=True).start()
try:
    while True:
        mdscale.pattern_search(d, threads=1, tolerance=1e-12, smallest_radius=1e-12)
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "interrupted\n", done.stderr


@pytest.mark.parametrize(
    "option", [{"threads": -1}, {"seed": -1}, {"seed": 2**64}, {"max_epochs": 0}, {"max_epochs": -1}, {"dims": 0}]
)
def test_counts_out_of_range_are_refused(option):
    (name, value), = option.items()
    with pytest.raises(ValueError, match=f"{name} must be from .*, not {value}$"):
        mdscale.pattern_search(np.zeros((3, 3)), **option)


def test_complex_numbers_are_refused():
    with pytest.raises(TypeError, match="d must hold real numbers, not complex128"):
        mdscale.pattern_search(np.zeros((3, 3)) * 1j)


def test_a_fit_goes_on_from_its_checkpoint(tmp_path):
    x = np.random.default_rng(0).normal(size=(300, 5))
    d = np.sqrt(((x[:, None] - x[None]) ** 2).sum(2))
    options = {"method": "smacof", "init": "random", "seed": 5, "tolerance": 1e-8}
    plain = mdscale.fit(d, **options)
    file = tmp_path / "fit.checkpoint"
    stopped = mdscale.fit(d, **options, progress=lambda i, *_: i < 20, checkpoint=file, checkpoint_seconds=1e-9)
    assert stopped.stop == "cancelled" and stopped.iterations < plain.iterations
    assert [path.name for path in tmp_path.iterdir()] == ["fit.checkpoint"]
    resumed = mdscale.fit(d, **options, resume=file)
    assert np.array_equal(resumed.x, plain.x) and resumed.iterations == plain.iterations
    with pytest.raises(mdscale.MdsError, match="its seed is 5, here it is 6"):
        mdscale.fit(d, **{**options, "seed": 6}, resume=file)
    with pytest.raises(FileNotFoundError):
        mdscale.fit(d, **options, checkpoint=tmp_path / "missing" / "file")
