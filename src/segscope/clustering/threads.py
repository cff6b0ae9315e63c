"""One thread for numerical libraries: the order of float sums, and so the last bits, depends on how many share them."""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import numpy as np
import sklearn.cluster
from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[Any]:
    """Hold BLAS and OpenMP to one thread within a ``with`` block.

    >>> with one_thread():
    ...     float(np.ones(3) @ np.ones(3))
    3.0
    """
    limits: AbstractContextManager[Any] = _controller().limit(limits=1)
    return limits


@cache
def _controller() -> ThreadpoolController:
    # Looking for the libraries takes milliseconds, so it is done once, when scikit-learn has loaded all of them.

    return ThreadpoolController()
