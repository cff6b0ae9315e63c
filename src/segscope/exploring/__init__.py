"""Exploring: variables with bins, filters, counts, associations and the numbers behind pair plots."""

from segscope.exploring.associations import Associations, associate
from segscope.exploring.counts import BinCounts, add_bins, count_bins, count_customers
from segscope.exploring.differences import Difference, Moments, differences, moments, rest_of
from segscope.exploring.filters import Choice, Filters, Range, count_each, in_words, parse_filters, select
from segscope.exploring.pairs import (
    Boxes,
    Cloud,
    Crosstab,
    Density,
    Shapes,
    boxes,
    cloud,
    crosstab,
    density,
    shapes,
    thinned,
)
from segscope.exploring.variables import BLANK, Bins, Variable, describe_variables

__all__ = [
    "BLANK",
    "Associations",
    "BinCounts",
    "Bins",
    "Boxes",
    "Choice",
    "Cloud",
    "Crosstab",
    "Density",
    "Difference",
    "Filters",
    "Moments",
    "Range",
    "Shapes",
    "Variable",
    "add_bins",
    "associate",
    "boxes",
    "cloud",
    "count_bins",
    "count_customers",
    "count_each",
    "crosstab",
    "density",
    "describe_variables",
    "differences",
    "in_words",
    "moments",
    "parse_filters",
    "rest_of",
    "select",
    "shapes",
    "thinned",
]
