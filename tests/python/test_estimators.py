"""MDS and ClassicalMDS: what they promise with and without scikit-learn."""

import pathlib
import pickle
import subprocess
import sys

import mdscale
import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.fixture
def x(rng):
    return rng.normal(size=(40, 5))


def test_without_scikit_learn_s_parameters_the_map_is_that_of_fit(x):
    d = mdscale.distances(x)
    model = mdscale.MDS(random_state=4).fit(x)
    result = mdscale.fit(d, seed=4)
    assert np.array_equal(model.embedding_, result.x) and model.n_iter_ == result.iterations
    assert model.stress_ == result.raw and model.result_.method == "auto"
    assert np.array_equal(model.dissimilarity_matrix_, d) and model.n_features_in_ == 5
    assert np.array_equal(mdscale.MDS(3, random_state=4, effort="high").fit(x).embedding_,
                          mdscale.fit(d, 3, seed=4, effort="high").x)
    assert mdscale.MDS(n_init=3, random_state=4).fit(x).result_.starts == 3
    normalized = mdscale.MDS(random_state=4, normalized_stress=True).fit(x)
    apart = mdscale.distances(normalized.embedding_)
    assert normalized.stress_ == pytest.approx(np.sqrt(((d - apart) ** 2).sum() / (apart**2).sum()), rel=1e-10)


@pytest.mark.parametrize("given", [{"init": "random"}, {"init": "classical_mds"}, {"max_iter": 7}, {"eps": 1e-3}])
def test_with_them_it_is_plain_majorization(x, given):
    d = mdscale.distances(x)
    model = mdscale.MDS(random_state=4, **given).fit(x)
    start = np.random.RandomState(4).uniform(size=80).reshape(40, 2)
    if given.get("init") == "classical_mds":
        start = mdscale.ClassicalMDS().fit_transform(x)
    before, points = np.inf, start
    for iteration in range(1, given.get("max_iter", 300) + 1):
        apart = mdscale.distances(points) + np.eye(40)
        ratio = d / apart
        points = (np.diag(ratio.sum(1)) - ratio) @ points / 40
        apart = mdscale.distances(points)
        stress = ((d - apart) ** 2).sum() / 2
        if (before - stress) / ((apart**2).sum() / 2) < given.get("eps", 1e-6):
            break
        before = stress
    assert model.result_.stop == ("limit" if iteration == given.get("max_iter", 300) else "converged")
    assert model.n_iter_ == iteration and model.stress_ == pytest.approx(stress, rel=1e-12)
    np.testing.assert_allclose(model.embedding_, points, atol=1e-9 * np.abs(points).max())


def test_borg_and_groenen_s_step():
    """Modern Multidimensional Scaling, p. 154."""
    d = [[0, 5, 3, 4], [5, 0, 2, 2], [3, 2, 0, 1], [4, 2, 1, 0]]
    start = [[-0.266, -0.539], [0.451, 0.252], [0.016, -0.238], [-0.200, 0.524]]
    after = [[-1.415, -2.471], [1.633, 1.107], [0.249, -0.067], [-0.468, 1.431]]
    x, _, iterations = mdscale.smacof(d, init=start, max_iter=1, return_n_iter=True)
    np.testing.assert_allclose(x, after, atol=1e-3)
    assert iterations == 1


def published(name):
    lines = (pathlib.Path(__file__).parents[2] / f"data/{name}.csv").read_text().splitlines()
    return np.array([[float(number) for number in line.split(",")[1:]] for line in lines[1:]])


@pytest.mark.parametrize("name, eps, sigma, steps", [
    ("ekman", 1e-10, 0.0172132, 25), ("us_cities_road", 1e-10, 0.0001958, 62), ("eurodist", 1e-12, 0.0052073, 90),
])
def test_smacof_of_published_data(name, eps, sigma, steps):
    """Normalised stress and steps of an independent program from the classical start (data/README.md)."""
    d = published(name)
    _, stress, iterations = mdscale.smacof(d, init=mdscale.classical(d).x, eps=eps, max_iter=1000, return_n_iter=True)
    assert stress / ((d**2).sum() / 2) == pytest.approx(sigma, abs=5e-8)
    assert iterations == pytest.approx(steps, abs=1)


def test_ordinal_scaling_of_ekman_s_colours():
    """The same program with monotone regression, ties secondary and primary."""
    d = published("ekman")
    _, stress = mdscale.smacof(d, metric=False, init=mdscale.classical(d).x, eps=1e-12, max_iter=5000)
    assert stress**2 == pytest.approx(0.0009977, abs=5e-8)
    assert mdscale.fit(d, level="ordinal").stress1 ** 2 == pytest.approx(0.0005337, abs=5e-8)


def test_data_on_a_line_from_the_classical_start():
    points = np.arange(8.0)[:, None] ** 1.5
    model = mdscale.MDS(init="classical_mds").fit(points)
    assert model.stress_ < 1e-20 and (model.embedding_[:, 1] == 0).all()


def test_n_init_takes_the_best(x):
    draw = np.random.RandomState(5)
    stresses = [mdscale.smacof(mdscale.distances(x), random_state=draw)[1] for _ in range(4)]
    assert mdscale.smacof(mdscale.distances(x), random_state=5, n_init=4)[1] == min(stresses)
    assert mdscale.MDS(init="random", random_state=5, n_init=4).fit(x).stress_ == min(stresses)


def test_names_from_before_scikit_learn_1_8(x):
    d = mdscale.distances(x)
    model = mdscale.MDS(metric="precomputed", random_state=1).fit(d)
    assert np.array_equal(mdscale.MDS(dissimilarity="precomputed", random_state=1).fit(d).embedding_, model.embedding_)
    assert np.array_equal(mdscale.MDS(metric=True, random_state=1).fit(x).embedding_, model.embedding_)
    with pytest.raises(ValueError, match="provided both `dissimilarity` and `metric`"):
        mdscale.MDS(dissimilarity="euclidean", metric="cosine").fit(x)


def test_metrics(x):
    def apart(a, b, power=1):
        return (np.abs(a - b) ** power).sum()

    for model in (mdscale.MDS, mdscale.ClassicalMDS):
        by_name = model(metric="manhattan").fit(x).dissimilarity_matrix_
        np.testing.assert_allclose(model(metric=apart).fit(x).dissimilarity_matrix_, by_name, rtol=1e-13)
        assert np.array_equal(model(metric="cityblock").fit(x).dissimilarity_matrix_, by_name)
        squares = model(metric=apart, metric_params={"power": 2}).fit(x).dissimilarity_matrix_
        np.testing.assert_allclose(squares, model(metric="sqeuclidean").fit(x).dissimilarity_matrix_, rtol=1e-13)


def test_classical_mds(rng):
    points = rng.normal(size=(30, 3)) * [3, 2, 1]
    model = mdscale.ClassicalMDS(3).fit(points)
    centred = points - points.mean(0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    np.testing.assert_allclose(model.eigenvalues_, values[::-1], rtol=1e-12)
    axes = centred @ vectors[:, ::-1]
    axes *= np.sign(axes[np.abs(axes).argmax(0), range(3)])  # scikit-learn's way to choose signs
    np.testing.assert_allclose(model.embedding_, axes, atol=1e-12)
    np.testing.assert_allclose(model.transform(points), model.embedding_, atol=1e-12)
    new = rng.normal(size=(4, 3))
    placed = model.transform(new)
    assert all(np.array_equal(model.transform(new[i : i + 1])[0], placed[i]) for i in range(4))
    between = np.sqrt(((new[:, None] - points) ** 2).sum(2))
    np.testing.assert_allclose(np.sqrt(((placed[:, None] - model.embedding_) ** 2).sum(2)), between, rtol=1e-10)
    same = mdscale.ClassicalMDS(3, metric="precomputed").fit(mdscale.distances(points))
    np.testing.assert_allclose(same.transform(between), placed, atol=1e-10)


def test_more_axes_than_the_library_tells_eigenvalues(rng):
    points = rng.normal(size=(25, 14))
    values = np.linalg.svd(points - points.mean(0), compute_uv=False) ** 2
    np.testing.assert_allclose(mdscale.ClassicalMDS(14).fit(points).eigenvalues_, values, rtol=1e-10)


def test_negative_eigenvalues():
    d = np.array([[0, 1, 1, 4], [1, 0, 1, 1], [1, 1, 0, 1], [4, 1, 1, 0.0]])
    centre = np.eye(4) - 0.25
    values = np.linalg.eigvalsh(-0.5 * centre @ d**2 @ centre)[::-1]
    model = mdscale.ClassicalMDS(4, metric="precomputed").fit(d)
    np.testing.assert_allclose(model.eigenvalues_, values, atol=1e-12)
    assert values[3] < 0 and (model.embedding_[:, 3] == 0).all()


def test_non_metric(x):
    d = mdscale.distances(x)
    model = mdscale.MDS(metric_mds=False, random_state=4).fit(x)
    result = mdscale.fit(d, level="ordinal", ties="secondary", seed=4)
    assert np.array_equal(model.embedding_, result.x) and model.stress_ == result.stress1
    assert np.array_equal(mdscale.MDS(level="ordinal", random_state=4).fit(x).embedding_, result.x)
    assert mdscale.MDS(metric=False, random_state=4).fit(x).stress_ == model.stress_  # the name before 1.8
    curved = mdscale.MDS(metric="precomputed", metric_mds=False, random_state=4).fit(d**3)
    assert curved.stress_ == pytest.approx(model.stress_, rel=1e-3)  # the order is the same
    plain = mdscale.MDS(metric_mds=False, init="random", random_state=4)
    scales = [plain.set_params(metric="precomputed").fit(d * scale).embedding_ for scale in (1, 3)]
    np.testing.assert_allclose(*scales, rtol=1e-6)  # the scale of the data is not that of the map
    diagram = mdscale.shepard(d, scales[0], level="ordinal", ties="secondary")
    lack = ((diagram.disparities - diagram.distances) ** 2).sum() / (diagram.distances**2).sum()
    assert plain.fit(d).stress_ == pytest.approx(np.sqrt(lack), rel=1e-9)
    interval = mdscale.MDS(level="interval", random_state=4).fit(x)
    assert interval.result_.slope > 0 and interval.stress_ == interval.result_.stress1


@pytest.mark.parametrize(
    "parameters, words",
    [
        ({"n_components": 0}, "n_components must be from 1"),
        ({"n_init": 0}, "n_init must be from 1"),
        ({"max_iter": 0}, "max_iter must be from 1"),
        ({"init": "elsewhere"}, "init must be 'random', 'classical_mds' or None"),
        ({"eps": -1.0}, "eps must not be negative"),
        ({"metric": 3}, "metric must be a name or a function"),
        ({"metric": "taxicab"}, "(?i)metric"),
        ({"metric_params": 3}, "metric_params must be a dict"),
        ({"dissimilarity": "far"}, "dissimilarity must be"),
        ({"normalized_stress": "often"}, "normalized_stress must be"),
        ({"random_state": "dice"}, "random_state must be"),
        ({"n_jobs": 0}, "n_jobs == 0"),
        ({"level": "nominal"}, "level 'nominal' is not one of"),
        ({"effort": "heroic"}, "effort 'heroic' is not one of"),
    ],
)
def test_parameters_are_checked_by_fit(x, parameters, words):
    with pytest.raises(ValueError, match=words):
        mdscale.MDS(**parameters).fit(x)


def test_data_that_will_not_do(x):
    for model in (mdscale.MDS, mdscale.ClassicalMDS):
        with pytest.raises(ValueError, match="NaN"):
            model().fit(np.where(x > 2, np.nan, x))
        with pytest.raises(ValueError, match="Array must be symmetric: row 1, column 2 is 1 and row 2, column 1 is 2"):
            model(metric="precomputed").fit([[0, 1], [2, 0]])
        with pytest.raises(ValueError, match="2-dimensional and square"):
            model(metric="precomputed").fit(np.ones((2, 3)))
        with pytest.warns(UserWarning, match="square with a zero diagonal .*metric='precomputed'"):
            model().fit(mdscale.distances(x))
    with pytest.raises(ValueError, match="init has 3 rows where d has 40"):
        mdscale.MDS().fit(x, init=np.zeros((3, 2)))


def test_missing_dissimilarities(x):
    d = mdscale.distances(x)
    d[3, 4] = d[4, 3] = np.nan
    model = mdscale.MDS(metric="precomputed", random_state=0, normalized_stress=True).fit(d)
    assert model.result_.pairs == 40 * 39 // 2 - 1
    apart = mdscale.distances(model.embedding_)
    known = ~np.isnan(d)
    assert model.stress_ == pytest.approx(
        np.sqrt(((d - apart)[known] ** 2).sum() / (apart[known] ** 2).sum()), rel=1e-10)


def test_random_states(x):
    np.random.seed(8)
    one = mdscale.MDS(init="random").fit(x).embedding_
    other = mdscale.MDS(init="random", random_state=np.random.RandomState(8)).fit(x).embedding_
    assert np.array_equal(one, other)
    assert np.array_equal(one, mdscale.MDS(init="random", random_state=8, n_jobs=1).fit(x).embedding_)
    np.random.seed(8)
    assert np.array_equal(mdscale.MDS().fit(x).embedding_,
                          mdscale.MDS(random_state=np.random.RandomState(8)).fit(x).embedding_)


def test_parameters_by_name(x):
    model = mdscale.MDS(n_components=3, random_state=2)
    assert model.get_params()["n_components"] == 3 and model.get_params()["init"] is None
    assert model.set_params(n_components=1) is model and model.fit_transform(x).shape == (40, 1)
    assert repr(model) == "MDS(n_components=1, random_state=2)"
    with pytest.raises(ValueError, match="(?i)parameter"):
        model.set_params(components=1)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.embedding_, model.embedding_) and again.get_params() == model.get_params()


def test_verbose_tells(x, capsys):
    mdscale.MDS(verbose=0, random_state=0).fit(x)
    assert capsys.readouterr().out == ""
    mdscale.MDS(verbose=1, random_state=0).fit(x)
    told = capsys.readouterr().out
    assert "starts ended in this map, stress-1 0." in told and told.count("\n") == 1
    model = mdscale.MDS(verbose=2, init="random", random_state=0).fit(x)
    told = capsys.readouterr().out.splitlines()
    assert len(told) == model.n_iter_ + 1 and told[-1].startswith(f"Converged in iteration {model.n_iter_}, stress ")


def test_ctrl_c_ends_a_fit():
    code = """
import numpy as np, mdscale, threading, os, signal, time
x = np.random.default_rng(0).normal(size=(1500, 8))
threading.Thread(target=lambda: (time.sleep(0.2), os.kill(os.getpid(), signal.SIGINT)), daemon=True).start()
try:
    while True:
        mdscale.MDS(init="random", eps=0, max_iter=10**6, n_jobs=1).fit(x)
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "interrupted\n", done.stderr


def test_estimators_are_imported_when_wanted():
    code = "import sys, mdscale; assert 'mdscale._estimators' not in sys.modules and 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    assert {"MDS", "ClassicalMDS", "fit"} <= set(dir(mdscale))
    with pytest.raises(AttributeError, match="no attribute 'mds'"):
        mdscale.mds


def test_without_scikit_learn():
    """The base that stands in for scikit-learn's, also where that is installed."""
    code = """
import sys
sys.modules["sklearn"] = None
import pickle, mdscale, numpy as np
x = np.random.default_rng(0).normal(size=(12, 3))
model = mdscale.MDS(random_state=1, max_iter=20)
assert type(model).__mro__[-2].__module__ == "mdscale._base"
assert repr(model) == "MDS(max_iter=20, random_state=1)", repr(model)
assert model.fit(x).embedding_.shape == (12, 2) and model.n_features_in_ == 3
for bad in (x[0], x[:0], np.where(x > 1, np.inf, x)):
    try:
        mdscale.ClassicalMDS().fit(bad)
    except ValueError:
        continue
    raise AssertionError(bad)
classical = mdscale.ClassicalMDS()
try:
    classical.transform(x)
except AttributeError as error:
    assert isinstance(error, ValueError) and "not fitted" in str(error)
assert np.allclose(classical.fit(x).transform(x), classical.embedding_)
try:
    classical.transform(x[:, :2])
except ValueError as error:
    assert "2 features, but ClassicalMDS was fitted with 3" in str(error)
assert np.array_equal(pickle.loads(pickle.dumps(model)).embedding_, model.embedding_)
try:
    model.set_params(dims=3)
except ValueError as error:
    assert "has no parameter 'dims'; it has: n_components" in str(error)
print("done")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "done\n", done.stderr
