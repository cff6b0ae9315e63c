"""Customers of which the segments are known."""

import numpy as np

from segscope.clustering import Points, as_points
from segscope.clustering.points import Array

NINE = np.array(
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [9.0, 0.0], [9.0, 1.0], [10.0, 0.0], [0.0, 9.0], [0.0, 10.0], [1.0, 9.0]]
)
"""Three corners of three customers each."""


def groups(n: int = 600, seed: int = 0) -> Array:
    """Three round groups of n / 3 customers, eight standard deviations apart."""
    generator = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
    return np.repeat(centres, n // 3, axis=0) + generator.normal(size=(n, 2))


def crowd(n: int = 800, p: int = 3, seed: int = 0) -> Points:
    """One Gaussian crowd."""
    return as_points(np.random.default_rng(seed).normal(size=(n, p)))
