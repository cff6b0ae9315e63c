"""Which engine a name stands for."""

from segscope.engine.duckdb_engine import connect
from segscope.engine.protocol import DistributedEngine, Engine
from segscope.engine.spark_engine import SparkEngine
from segscope.engine.spark_session import check_place, is_spark
from segscope.errors import SegscopeError

EMBEDDED = "duckdb"
KNOWN = "duckdb, spark, spark://host:port or sc://host:port"


def connect_engine(place: str = EMBEDDED) -> Engine:
    """Open an engine by name or address.

    Parameters
    ----------
    place : "duckdb", "spark" for Spark on this machine, spark://host:port for a standalone cluster, or sc://host:port
        for Spark Connect

    Raises
    ------
    SegscopeError : for another name; without PySpark or Java 17; when nobody answers at the address

    >>> connect_engine("dask")
    Traceback (most recent call last):
    segscope.errors.SegscopeError: The engine must be duckdb, spark, spark://host:port or sc://host:port. Got 'dask'.
    """
    if place == EMBEDDED:
        return connect()
    _check_known(place)
    return SparkEngine(place)


def check_engine(place: str) -> None:
    """Raise what :func:`connect_engine` would, as far as that can be told at once, without starting anything."""
    if place != EMBEDDED:
        _check_known(place)
        check_place(place)


def _check_known(place: str) -> None:
    if not is_spark(place):
        raise SegscopeError(f"The engine must be {KNOWN}. Got {place!r:.80}.")


def distributed(engine: Engine) -> DistributedEngine | None:
    """The engine, where it reads sources itself; None where they are read here.

    >>> distributed(connect()) is None
    True
    """
    return engine if isinstance(engine, SparkEngine) else None
