"""Ward's hierarchical clustering of a sample, and the top of its tree."""

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import linkage

from segscope.clustering.methods import Solution, require_distinct, solution_at
from segscope.clustering.points import Array, Labels, Points, thinned

WARD_CUSTOMERS = 4_000
TREE_BRANCHES = 31


@dataclass(frozen=True)
class Merge:
    """Two branches become one.

    Attributes
    ----------
    first, second : numbers of the branches; those from ``len(tree.sizes)`` on are earlier merges, in their order
    height : Ward's distance, sqrt(2 a b / (a + b)) times the distance of their means for branches of a and b customers
        of the sample; half of its square is how much the merge adds to the WCSS of the sample
    size : customers in the new branch
    """

    first: int
    second: int
    height: float
    size: float


@dataclass(frozen=True)
class Tree:
    """The top of a Ward tree: its last branches and how they merge.

    Attributes
    ----------
    sizes : customers in each branch
    means : mean of each branch, rows of p numbers in model space
    merges : from the lowest to the one that holds everybody
    sample : how many customers the tree was made of
    """

    sizes: tuple[float, ...]
    means: tuple[tuple[float, ...], ...]
    merges: tuple[Merge, ...]
    sample: int

    def cut(self, k: int) -> tuple[int, ...]:
        """The segment (0 to k - 1) of each branch when the tree is cut into k, in the order of :meth:`centres`."""
        return tuple(self._cut(k)[0].tolist())

    def centres(self, k: int) -> tuple[tuple[float, ...], ...]:
        """The means of the k segments, in lexicographic order."""
        return tuple(tuple(row) for row in self._cut(k)[1].tolist())

    def _cut(self, k: int) -> tuple[Labels, Array]:
        count = len(self.sizes)
        if not 1 <= k <= count:
            raise ValueError(f"The tree can be cut into 1 to {count} segments. Got {k}.")
        members = [[i] for i in range(count)]
        for merge in self.merges[: count - k]:
            members.append(members[merge.first] + members[merge.second])
            members[merge.first], members[merge.second] = [], []
        groups = [sorted(m) for m in members if m]
        sizes, means = np.array(self.sizes), np.array(self.means)
        centres = np.array([np.average(means[g], axis=0, weights=sizes[g]) for g in groups])
        order = np.lexsort(centres.T[::-1])
        labels = np.empty(count, dtype=np.intp)
        for place, group in enumerate(order):
            labels[groups[group]] = place
        return labels, centres[order]


def ward_tree(points: Points, seed: int, branches: int = TREE_BRANCHES) -> Tree:
    """Merge customers step by step, each time the two groups whose merger adds least to the WCSS (Ward 1963).

    Works on at most 4,000 customers, since time and memory grow with the square of their number. Of more, or of
    weighted points, an unweighted sample is drawn in proportion to the weights.

    Parameters
    ----------
    points : the customers
    seed : 0 to 4294967295
    branches : how many branches to keep; each is a group of customers that are merged lower down

    References
    ----------
    Ward, J. H. (1963). Hierarchical grouping to optimize an objective function. JASA 58.

    >>> from segscope.clustering.points import as_points
    >>> tree = ward_tree(as_points(np.array([[0.0], [1.0], [9.0], [10.0]])), seed=0)
    >>> [(m.first, m.second, m.height, m.size) for m in tree.merges]
    [(0, 1, 1.0, 2.0), (2, 3, 1.0, 2.0), (4, 5, 12.727922061357855, 4.0)]
    >>> tree.cut(2), tree.centres(2)
    ((0, 0, 1, 1), ((0.5,), (9.5,)))
    """
    sample = ward_sample(points, seed)
    return tree_of(sample.values, branches, points.customers / len(sample.values))


def ward_sample(points: Points, seed: int) -> Points:
    """The customers that the tree is made of: all of them, or 4,000 that each stand for equally many."""
    return thinned(points, WARD_CUSTOMERS, seed)


def tree_of(values: Array, branches: int, each: float = 1.0) -> Tree:
    """The top of the Ward tree of points, array of shape (n, p), that stand for ``each`` customers each."""
    n = len(values)
    count = min(branches, n)
    merged = linkage(values, "ward") if n > 1 else np.empty((0, 4))
    low = n - count
    # From the last merge before the cut downwards, each group hands its own number to its two halves.
    group = np.arange(2 * n - 1)
    for i in range(low - 1, -1, -1):
        group[merged[i, :2].astype(int)] = group[n + i]
    numbers, labels = np.unique(group[:n], return_inverse=True)
    place = {int(number): i for i, number in enumerate(numbers)} | {n + low + i: count + i for i in range(count - 1)}
    sizes = np.bincount(labels, minlength=count)
    means = np.column_stack([np.bincount(labels, weights=column, minlength=count) for column in values.T])
    return Tree(
        sizes=tuple((sizes * each).tolist()),
        means=tuple(tuple(row) for row in (means / sizes[:, None]).tolist()),
        merges=tuple(
            Merge(place[int(a)], place[int(b)], float(height), float(size * each))
            for a, b, height, size in merged[low:]
        ),
        sample=n,
    )


def ward(points: Points, k: int, seed: int) -> Solution:
    """Cut the Ward tree into k segments; each customer goes to the segment whose mean is nearest.

    Nearest means and not the tree decide, so that customers who were not in the tree, and new ones, are assigned by the
    same rule; near a border this can differ from the tree.

    Parameters
    ----------
    points : the customers
    k : number of segments, at least 1
    seed : of the sample, where there are more than 4,000 customers

    Raises
    ------
    DataError
        When there are fewer different customers (in the sample) than segments.

    >>> from segscope.clustering.points import as_points
    >>> ward(as_points(np.array([[0.0], [1.0], [9.0], [10.0]])), k=2, seed=0).centres
    ((0.5,), (9.5,))
    """
    sample = ward_sample(points, seed)
    require_distinct(sample, k)
    return solution_at(points, tree_of(sample.values, max(k, TREE_BRANCHES)).centres(k))
