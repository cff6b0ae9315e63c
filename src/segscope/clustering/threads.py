"""One thread for numerical libraries: the order of float sums, and so the last bits, depends on how many share them."""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import sklearn.cluster  # noqa: F401  loads every library whose threads are to be held
from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[Any]:
    """Hold BLAS and OpenMP to one thread within a ``with`` block.

    >>> with one_thread():
    ...     1 + 1
    2
    """
    limits: AbstractContextManager[Any] = _controller().limit(limits=1)
    return limits


@cache
def _controller() -> ThreadpoolController:
    # Looking for the libraries takes milliseconds, so it is done once.
    return ThreadpoolController()
