"""Softness: probabilities come true when the centres are measured on other customers."""

import numpy as np
import pytest

from segscope.clustering import as_points, fit_method, softness
from segscope.clustering.assign import distances2
from segscope.clustering.quick import followed_means
from segscope.recipe import Method


def test_more_customers_make_sharper_borders() -> None:
    few, many = (as_points(np.linspace(0.0, 1.0, n)[:, None]) for n in (40, 4000))
    soft = [softness(points, fit_method(points, "kmeans", 2, seed=0), 0.02, seed=0) for points in (few, many)]
    assert soft[0] > 5 * soft[1]


def test_the_chance_of_a_segment_comes_true_on_customers_that_were_not_fitted() -> None:
    generator = np.random.default_rng(1)
    fitted, others = generator.normal(size=(2, 300, 2))
    solution = fit_method(as_points(fitted), "kmeans", 3, seed=0)
    spread = solution.wcss / fitted.size
    soft = spread * softness(as_points(fitted), solution, spread, seed=0)
    d2 = distances2(others, solution.centres)
    odds = np.exp((d2.min(axis=1, keepdims=True) - d2) / (2 * soft))
    told = (odds / odds.sum(axis=1, keepdims=True)).max(axis=1)
    stayed = np.zeros(len(others))
    for _ in range(200):
        weights = np.bincount(generator.integers(0, 300, 300), minlength=300).astype(float)
        moved = followed_means(others, weights, np.array(solution.centres), passes=1)
        stayed += (distances2(others, moved).argmin(axis=1) == d2.argmin(axis=1)) / 200
    unsure = told < 0.9
    assert told.mean() == pytest.approx(stayed.mean(), abs=0.03)
    assert stayed[unsure].mean() < 0.95 < stayed[~unsure].mean()


@pytest.mark.parametrize("method", ["kmeans", "mixture", "ward"])
def test_segments_far_apart_have_borders_that_nobody_crosses(method: Method) -> None:
    points = as_points(np.random.default_rng(0).normal(size=(200, 2)) + np.repeat([[0.0], [30.0]], 100, axis=0))
    solution = fit_method(points, method, 2, seed=0)
    spread = 1.0 if solution.shapes else solution.wcss / 400
    d2 = distances2(points.values, solution.centres, solution.shapes)
    odds = np.exp((d2.min(axis=1) - d2.max(axis=1)) / (2 * spread * softness(points, solution, spread, 0, method)))
    assert odds.max() < 0.01
