"""Beside scikit-learn, where it is installed: its checks, its own tests of both classes, its maps, its tools."""

import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

import mdscale
import numpy as np
import pytest

COUNT = len(re.findall(r"^def test_", pathlib.Path(__file__).read_text(), re.M))
sklearn = pytest.importorskip("sklearn", minversion="1.6",
                              reason=f"no scikit-learn 1.6 or newer, so {COUNT} tests are left out; ./run test scikit")

VERSION = tuple(int(part) for part in re.findall(r"\d+", sklearn.__version__)[:2])
as_in_nine = pytest.mark.skipif(VERSION < (1, 9), reason=f"this is scikit-learn {sklearn.__version__}, and 1.9 is meant")

# What of its tests is not for us, and why; docs/guide-scikit-learn.md says it to users.
PRIVATE = {"test_normalized_stress_auto": "replaces the private function _smacof_single"}
DEPRECATED = {"test_future_warning_init_and_metric": "old names and defaults are accepted without a warning"}


@as_in_nine
@pytest.mark.parametrize("name", ["test_mds.py", "test_classical_mds.py"])
def test_its_own_tests_pass_with_the_import_changed(tmp_path, name):
    import sklearn.manifold

    source = pathlib.Path(sklearn.manifold.__file__).parent / "tests" / name
    if not source.exists():
        pytest.skip(f"this scikit-learn comes without {name}")  # some packagers leave tests out
    text, changed = re.subn(r"^from sklearn\.manifold import _mds as mds$", "import mdscale as mds", source.read_text(),
                            flags=re.M)
    text, more = re.subn(r"^from sklearn\.manifold import ClassicalMDS$", "from mdscale import ClassicalMDS", text,
                         flags=re.M)
    assert changed + more == (2 if name == "test_mds.py" else 1), "the imports have another form"
    (tmp_path / name).write_text(text)
    report = tmp_path / "report.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(tmp_path),
         f"--junitxml={report}", str(tmp_path / name)], capture_output=True, text=True, timeout=300)
    cases = list(xml.etree.ElementTree.parse(report).iter("testcase"))
    failed = {case.get("name") for case in cases if case.find("failure") is not None or case.find("error") is not None}
    excused = {**PRIVATE, **DEPRECATED}
    left = {case for case in failed if case not in excused and case.split("[")[0] not in excused}
    assert not left, done.stdout
    print(f"{name}: {len(cases) - len(failed)} of {len(cases)} pass, {len(failed)} are not for us")
    assert len(cases) - len(failed) >= 4, done.stdout


@pytest.mark.filterwarnings("ignore::mdscale.DegenerateMapWarning")  # of its smallest data
@pytest.mark.filterwarnings("ignore:Skipping check check_array_api_input")  # an experiment that SciPy leaves off
@pytest.mark.parametrize("model", [
    mdscale.MDS(), mdscale.ClassicalMDS(), mdscale.MDS(init="classical_mds"), mdscale.MDS(max_iter=50, n_components=1),
    mdscale.MDS(metric_mds=False, init="random"), mdscale.MDS(level="interval"),
    mdscale.ClassicalMDS(metric="manhattan", n_components=1),
], ids=repr)
def test_check_estimator(model):
    from sklearn.utils.estimator_checks import check_estimator

    check_estimator(model)


@pytest.fixture(scope="module")
def digits():
    from sklearn.datasets import load_digits

    return load_digits().data[:200]


@as_in_nine
@pytest.mark.parametrize("parameters", [
    {"init": "random"}, {"init": "random", "n_init": 3}, {"init": "classical_mds"}, {"init": "random", "eps": 1e-3},
    {"init": "random", "max_iter": 12}, {"init": "random", "n_components": 4}, {"init": "random", "metric": "cosine"},
    {"init": "random", "normalized_stress": True}, {"init": "random", "metric": "canberra"},
    {"init": "random", "metric": "minkowski", "metric_params": {"p": 3}},
], ids=str)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_same_map(digits, parameters):
    from sklearn.manifold import MDS

    n_init = parameters.pop("n_init", 1)
    theirs = MDS(random_state=3, n_init=n_init, **parameters).fit(digits)
    ours = mdscale.MDS(random_state=3, n_init=n_init, **parameters).fit(digits)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.stress_ == pytest.approx(theirs.stress_, rel=1e-9)
    np.testing.assert_allclose(ours.embedding_, theirs.embedding_, atol=1e-7 * np.abs(theirs.embedding_).max())


@as_in_nine
@pytest.mark.parametrize("init", ["random", "classical_mds"])
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_non_metric_maps_are_no_worse(digits, init):
    """Theirs begins with a step towards the dissimilarities themselves, so the maps differ; and its stress is that
    before the last monotone regression. The same regression of both maps: by scikit-learn."""
    from sklearn.isotonic import IsotonicRegression
    from sklearn.manifold import MDS

    pairs = np.triu_indices(len(digits), 1)
    d = mdscale.distances(digits)[pairs]

    def stress1(x):
        apart = mdscale.distances(x)[pairs]
        return np.sqrt(((IsotonicRegression().fit_transform(d, apart) - apart) ** 2).sum() / (apart**2).sum())

    theirs = MDS(metric_mds=False, n_init=1, init=init, random_state=3).fit(digits)
    for ours in (mdscale.MDS(metric_mds=False, init=init, random_state=3).fit(digits),
                 mdscale.MDS(metric_mds=False, random_state=3).fit(digits)):
        assert ours.stress_ == pytest.approx(stress1(ours.embedding_), rel=1e-7)
        assert ours.stress_ < stress1(theirs.embedding_) * 1.001


@as_in_nine
def test_the_same_classical_map(digits):
    from sklearn.manifold import ClassicalMDS

    theirs, ours = ClassicalMDS(12).fit(digits), mdscale.ClassicalMDS(12).fit(digits)
    np.testing.assert_allclose(ours.eigenvalues_, theirs.eigenvalues_, rtol=1e-10)
    np.testing.assert_allclose(ours.embedding_, theirs.embedding_, atol=1e-9 * np.abs(theirs.embedding_).max())


@as_in_nine
def test_a_better_map_by_default(digits):
    from sklearn.manifold import MDS

    theirs = MDS(init="random", n_init=4, random_state=0).fit(digits)
    assert mdscale.MDS(random_state=0).fit(digits).stress_ < theirs.stress_


@as_in_nine
def test_the_same_smacof(digits):
    from sklearn.manifold import smacof

    d = mdscale.distances(digits)
    for options in ({"random_state": 1}, {"random_state": 1, "normalized_stress": True},
                    {"init": digits[:, 10:12] + np.arange(200)[:, None] * 1e-3}):
        theirs = smacof(d, n_init=1, max_iter=60, return_n_iter=True, **options)
        ours = mdscale.smacof(d, max_iter=60, return_n_iter=True, **options)
        np.testing.assert_allclose(ours[0], theirs[0], atol=1e-7 * np.abs(theirs[0]).max())
        assert ours[1] == pytest.approx(theirs[1], rel=1e-9) and ours[2] == theirs[2]


def test_set_output_and_feature_names(digits):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(digits[:, 10:14], columns=list("abcd"), index=[f"no{i}" for i in range(len(digits))])
    for model, name in ((mdscale.MDS(random_state=0), "mds"), (mdscale.ClassicalMDS(), "classicalmds")):
        out = model.set_output(transform="pandas").fit_transform(frame)
        assert list(out.columns) == [f"{name}0", f"{name}1"] and list(out.index) == list(frame.index)
        assert isinstance(model.embedding_, np.ndarray) and list(model.feature_names_in_) == list("abcd")
        assert model.result_.labels == tuple(frame.index)
        assert list(model.get_feature_names_out()) == list(out.columns)
    square = pandas.DataFrame(mdscale.distances(frame), index=frame.index, columns=frame.index)
    for model in (mdscale.MDS(metric="precomputed", random_state=0), mdscale.ClassicalMDS(metric="precomputed")):
        model.fit(square.iloc[:, ::-1])  # matched by label, here and for new objects
        assert np.array_equal(model.embedding_, model.fit(square).embedding_)
        assert model.result_.labels == tuple(frame.index)
        new = model.fit(square.iloc[:, ::-1]).transform(square.iloc[3:5, ::-1])
        np.testing.assert_allclose(new, model.embedding_[3:5], atol=1e-9)


@pytest.mark.parametrize("metric, params", [
    ("euclidean", {}), ("l1", {}), ("cityblock", {}), ("chebyshev", {}), ("cosine", {}), ("correlation", {}),
    ("braycurtis", {}), ("canberra", {}), ("minkowski", {"p": 3}), ("hamming", {}), ("jaccard", {}), ("mahalanobis", {}),
    ("jensenshannon", {}), ("haversine", {}), ("seuclidean", {}), ("minkowski", {"p": 3, "w": [1, 2]}),
    ("nan_euclidean", {}),
], ids=str)
def test_metrics_mean_what_they_mean_there(metric, params):
    from scipy.spatial.distance import pdist, squareform
    from sklearn.metrics import pairwise_distances

    table = np.random.default_rng(2).uniform(0.1, 1, (12, 2))
    if metric in ("hamming", "jaccard"):
        table = np.random.default_rng(2).integers(0, 2, (12, 6)).astype(float)
        table[:, 0] = 1
    if metric in ("haversine", "nan_euclidean", "l1", "cosine"):
        expected = pairwise_distances(table, metric=metric, **params)
    else:
        expected = squareform(pdist(table.astype(bool) if metric == "jaccard" else table, metric, **params))
    model = mdscale.MDS(metric=metric, metric_params=params or None, random_state=0).fit(table)
    ours = model.dissimilarity_matrix_
    assert np.array_equal(model.transform(table[3:5]), model.transform(table)[3:5])
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-9 if metric in ("cosine", "correlation") else 1e-13)


def test_a_pipeline_and_a_grid(digits):
    from sklearn.datasets import load_digits
    from sklearn.model_selection import GridSearchCV
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline

    classes = load_digits().target[:200]
    job = make_pipeline(mdscale.MDS(random_state=0), KNeighborsClassifier())
    search = GridSearchCV(job, {"mds__n_components": [1, 3], "mds__metric": ["euclidean", "cosine"]}, cv=3)
    search.fit(digits, classes)
    assert search.best_params_["mds__n_components"] == 3 and search.best_score_ > 0.7
    square = mdscale.distances(digits)
    job = make_pipeline(mdscale.MDS(metric="precomputed", random_state=0), KNeighborsClassifier())
    scores = GridSearchCV(job, {"mds__n_components": [3]}, cv=3).fit(square, classes)  # rows and columns are split
    assert scores.best_score_ > 0.7


def test_tags():
    from sklearn.utils import get_tags

    assert not get_tags(mdscale.MDS()).input_tags.pairwise
    for model in (mdscale.MDS(metric="precomputed"), mdscale.ClassicalMDS(metric="precomputed")):
        assert get_tags(model).input_tags.pairwise and get_tags(model).input_tags.allow_nan
