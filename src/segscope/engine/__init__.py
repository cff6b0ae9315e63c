"""The engine: where tables live and expressions run. The only folder that names DuckDB or Spark.

Every stage takes and returns ``ibis.Table`` expressions; they run only when a caller asks this module for their
result.
"""

from segscope.engine.arithmetic import LARGEST_NUMBER, exact_sum, fixed_point_scale, logarithm, logarithm_numpy
from segscope.engine.choosing import EMBEDDED, check_engine, connect_engine, distributed
from segscope.engine.duckdb_engine import DuckDBEngine, connect, connect_scratch
from segscope.engine.duckdb_file import DuckDBFile
from segscope.engine.protocol import BATCH_ROWS, DelimitedForm, DistributedEngine, Engine, Place, one, rows
from segscope.engine.quantiles import columns_at_once, quantiles
from segscope.engine.spark_engine import SparkEngine
from segscope.engine.stopping import NOBODY_WAITS, Stop

__all__ = [
    "BATCH_ROWS",
    "EMBEDDED",
    "LARGEST_NUMBER",
    "NOBODY_WAITS",
    "DelimitedForm",
    "DistributedEngine",
    "DuckDBEngine",
    "DuckDBFile",
    "Engine",
    "Place",
    "SparkEngine",
    "Stop",
    "check_engine",
    "columns_at_once",
    "connect",
    "connect_engine",
    "connect_scratch",
    "distributed",
    "exact_sum",
    "fixed_point_scale",
    "logarithm",
    "logarithm_numpy",
    "one",
    "quantiles",
    "rows",
]
