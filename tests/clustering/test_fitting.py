import numpy as np
import pytest

from segscope.clustering import agreement, as_points, fit_method, gather, judge, kmeans
from segscope.clustering.stability import bootstrap, prediction_strength
from segscope.recipe import Method
from tests.clustering.data import groups

METHODS: list[Method] = ["kmeans", "mixture", "ward"]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_groups_that_are_far_apart(method: Method) -> None:
    points = as_points(groups(300))
    found = fit_method(points, method, 3, seed=0)
    assert agreement(found.labels, kmeans(points, 3, seed=0).labels) == 1.0
    assert found.wcss == pytest.approx(kmeans(points, 3, seed=0).wcss)
    assert bool(found.shapes) == (found.bic is not None) == (method == "mixture")


@pytest.mark.parametrize("method", METHODS)
def test_resamples_are_clustered_by_the_method_that_is_judged(method: Method) -> None:
    points = as_points(groups(240))
    three, four = (fit_method(points, method, k, seed=0) for k in (3, 4))
    assert bootstrap(points, three, seed=0, resamples=5, method=method).lowest > 0.95
    assert bootstrap(points, four, seed=0, resamples=5, method=method).lowest < 0.75
    assert prediction_strength(points, 3, seed=0, splits=2, method=method)[0] > 0.9


@pytest.mark.parametrize("method", METHODS)
def test_evidence_and_verdict_of_every_method(method: Method) -> None:
    points = as_points(groups(240))
    evidence, solutions = gather(points, seed=0, k_max=4, method=method)
    assert evidence.recommended == 3
    assert evidence.method == method
    assert all((c.bic is not None) == (method == "mixture") for c in evidence.criteria)
    assert judge(points, solutions[3], seed=0, resamples=10, method=method).verdict == "natural"


def test_long_groups_that_cross_are_stable_as_a_mixture_only() -> None:
    generator = np.random.default_rng(0)
    long = generator.normal(size=(500, 2)) * (4.0, 0.4)
    points = as_points(np.concatenate([long, long[:, ::-1]]))
    found = fit_method(points, "mixture", 2, seed=0)
    assert bootstrap(points, found, seed=0, resamples=5, method="mixture").lowest > 0.9
