"""A segmentation as one SQL statement: raw columns in, segment out, in the dialect of the database that holds them."""

from segscope.sql.dialects import DIALECTS, Dialect, dialect_named
from segscope.sql.statement import score_sql

__all__ = ["DIALECTS", "Dialect", "dialect_named", "score_sql"]
