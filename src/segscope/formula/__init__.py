"""The small formula language of derived columns: parsed into a tree, never evaluated as Python.

    sum(MntWines, MntFruits)            blanks count as 0, blank only when all are blank
    ratio(total_spend, purchases)       blank when the second is 0
    days(Dt_Customer, 2014-06-29)       from the first date to the second
    2014 - Year_Birth      min(1, a)      if(a > 3, 1, 0)      log(1 + x)      year(d)      `odd name` + 1

One tree has two readings: an Ibis expression over a table, and NumPy arrays (NaN is blank, dates are days since
1970-01-01). Both give the same number for the same customer.
"""

from segscope.formula.arrays import Array, to_numpy
from segscope.formula.expressions import to_ibis
from segscope.formula.parsing import ARITY, columns, parse, quote
from segscope.formula.tree import EPOCH, Call, Day, Name, Node, Number

__all__ = [
    "ARITY",
    "EPOCH",
    "Array",
    "Call",
    "Day",
    "Name",
    "Node",
    "Number",
    "columns",
    "parse",
    "quote",
    "to_ibis",
    "to_numpy",
]
