"""The customers of a study on their way into an engine: loaded beside, while what needs none of them goes on."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from time import monotonic
from typing import Self

import ibis

from segscope.engine import Engine
from segscope.errors import NotLoadedError, SegscopeError, StillLoadingError


@dataclass(frozen=True, eq=False)
class Loaded:
    """Customers in an engine of their own.

    Attributes
    ----------
    customers : stored table: source columns, derived columns, segment, bins of every variable
    sample : up to 20,000 of them, in the order of a hash of the customer
    """

    engine: Engine
    customers: ibis.Table
    sample: ibis.Table


class Loading:
    """Customers that are loaded, or that a thread of its own is loading.

    Parameters
    ----------
    load : loads them
    customers : how many they are, for those who wait
    """

    def __init__(self, load: Callable[[], Loaded], customers: int) -> None:
        self.customers = customers
        self._since = monotonic()
        self._found: Future[Loaded] = Future()
        Thread(target=self._work, args=(load,), name="loading customers", daemon=True).start()

    @classmethod
    def over(cls, loaded: Loaded) -> Self:
        """Customers that are loaded already."""
        made = cls.__new__(cls)
        made.customers, made._since, made._found = 0, monotonic(), Future()
        made._found.set_result(loaded)
        return made

    @property
    def is_over(self) -> bool:
        """Whether they are loaded, or cannot be."""
        return self._found.done()

    @property
    def has_failed(self) -> bool:
        """Whether they could not be loaded."""
        return self._found.done() and self._found.exception() is not None

    def get(self) -> Loaded:
        """The customers; never waits.

        Raises
        ------
        StillLoadingError : while they are on their way
        NotLoadedError : where they could not be loaded, with the reason
        """
        if not self._found.done():
            raise StillLoadingError(self.customers, monotonic() - self._since)
        error = self._found.exception()
        if isinstance(error, SegscopeError):
            raise NotLoadedError(str(error)) from error
        return self._found.result()

    def _work(self, load: Callable[[], Loaded]) -> None:
        try:
            self._found.set_result(load())
        except BaseException as error:
            self._found.set_exception(error)
