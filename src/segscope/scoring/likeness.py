"""Which donors are like a customer, and how much each of them counts.

Alike are donors of whom a regression on what is known expects the same of what is not known (predictive mean
matching), and who are near in what is known itself.

References
----------
Little, R. J. A. (1988). Missing-data adjustments in large surveys. Journal of Business & Economic Statistics 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segscope.preparation import CategoryPreparation, FeaturePreparation, Step, to_model_numpy
from segscope.scoring.donors import Donors
from segscope.segmentation import Segmentation

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
FEWEST_ALIKE = 30.0
"""The kernel is widened until so many donors count (Kish's effective number)."""
MOST_ALIKE = 250
"""Farther donors hardly count, and are left out."""
KERNEL_WIDTH, WIDENED, WIDEST = 0.15, 1.3, 100.0
OWN_NEARNESS = 0.2
"""How much a squared distance in what is known weighs, beside one in what is expected of the unknown."""
PENALTY = 1.0
FARTHEST = 4.0
KEPT = 24


@dataclass(frozen=True, eq=False)
class Likeness:
    """What a set of known fields tells of the unknown features, learned from the donors.

    Attributes
    ----------
    known : coordinates of the donors in what is known, shape (n, m)
    expected : what is expected of their unknown features, in model space, shape (n, u)
    error : standard deviation of what is not as expected, shape (u,)
    moved : unknown numbers in the order of ``expected``
    """

    fields: tuple[str, ...]
    known: Array
    coefficients: Array
    expected: Array
    error: Array
    moved: tuple[FeaturePreparation, ...]

    def alike(self, own: Array, without: Places | None = None) -> tuple[Places, Array, Array]:
        """The donors that count for customers with coordinates ``own``, shape (c, m).

        ``without``: for each customer a donor that does not count, since it is that customer.

        Returns
        -------
        places of donors, shape (c, a); their weights, which sum to 1, shape (c, a); and by how much what is expected
        of the customer exceeds what is expected of the donor, shape (c, a, u)
        """
        expected = _basis(own) @ self.coefficients
        scale = np.sqrt(max(len(self.error), 1)) * self.error
        theirs = np.hstack([self.expected / scale, self.known * np.sqrt(OWN_NEARNESS)])
        mine = np.hstack([expected / scale, own * np.sqrt(OWN_NEARNESS)])
        d2 = (mine * mine).sum(axis=1)[:, None] - 2 * mine @ theirs.T + (theirs * theirs).sum(axis=1)
        if without is not None:
            d2[np.arange(len(own)), without] = np.inf
        count = min(MOST_ALIKE, len(self.known) - (without is not None))
        near = np.argpartition(d2, count - 1, axis=1)[:, :count]
        near.sort(axis=1)  # what is equally near comes in the order of the donors
        weights = _kernel(np.take_along_axis(d2, near, axis=1))
        return near, weights, expected[:, None, :] - self.expected[near]


def likeness(segmentation: Segmentation, donors: Donors, fields: tuple[str, ...]) -> Likeness:
    """What some known fields tell, learned once for each set of them."""
    kept: dict[tuple[str, ...], Likeness] = donors.kept
    if fields not in kept:
        if len(kept) >= KEPT:
            kept.pop(next(iter(kept)), None)
        kept[fields] = _learned(segmentation, donors, fields)
    return kept[fields]


def own_coordinates(segmentation: Segmentation, donors: Donors, known: Mapping[str, Array]) -> Array:
    """Coordinates of customers in what is known: features in model space, raw numbers standardised."""
    steps: dict[str, Step] = {step.feature: step for step in segmentation.preparation}
    return np.hstack(
        [
            to_model_numpy({name: x}, (steps[name],)) if name in steps else donors.scales[name].apply(x)[:, None]
            for name, x in known.items()
        ]
    )


def _learned(segmentation: Segmentation, donors: Donors, fields: tuple[str, ...]) -> Likeness:
    x = own_coordinates(segmentation, donors, {f: donors.values[f] for f in fields})
    unknown = tuple(s for s in segmentation.preparation if s.feature not in fields)
    measured = tuple(s for s in unknown if isinstance(s, FeaturePreparation))
    levelled = tuple(s for s in unknown if isinstance(s, CategoryPreparation))
    y = to_model_numpy(donors.features, (*measured, *levelled))
    basis = _basis(x)
    held_back = PENALTY * np.eye(basis.shape[1])
    held_back[0, 0] = 0.0
    coefficients = np.asarray(np.linalg.solve(basis.T @ basis + held_back, basis.T @ y), dtype=np.float64)
    expected = basis @ coefficients
    error: Array = np.asarray((y - expected).std(axis=0))
    error[error == 0] = 1.0
    return Likeness(fields, x, coefficients, expected, error, measured)


def _basis(x: Array) -> Array:
    near = np.clip(x, -FARTHEST, FARTHEST)
    return np.hstack([np.ones((len(x), 1)), near, near * near])


def _kernel(d2: Array) -> Array:
    """Gaussian weights of shape (c, a), each row as narrow as leaves enough donors that count."""
    d2 = d2 - d2.min(axis=1, keepdims=True)
    wanted = min(FEWEST_ALIKE, d2.shape[1] / 2)
    width = np.full((len(d2), 1), KERNEL_WIDTH)
    while True:
        weights = np.exp(-d2 / (2 * width * width))
        sums = weights.sum(axis=1, keepdims=True)
        few = (sums**2 / (weights**2).sum(axis=1, keepdims=True) < wanted) & (width < WIDEST)
        if not few.any():
            return np.asarray(weights / sums)
        width = np.where(few, width * WIDENED, width)
