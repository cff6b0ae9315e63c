"""Choosing features: what speaks for and against each column that could make segments, in figures.

Everything comes from what a study measured already: the profiles of everybody, the associations of its sample, and the
distributions of that sample.
"""

from segscope.choosing.candidates import Candidate, advice, candidates, number_columns
from segscope.choosing.distributions import Distribution, describe, describe_columns
from segscope.choosing.reasons import Alike, Known, Reason

__all__ = [
    "Alike",
    "Candidate",
    "Distribution",
    "Known",
    "Reason",
    "advice",
    "candidates",
    "describe",
    "describe_columns",
    "number_columns",
]
