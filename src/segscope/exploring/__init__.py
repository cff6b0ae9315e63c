"""Exploring: variables with bins, filters, counts, associations and the numbers behind pair plots."""

from segscope.exploring.associations import Associations, associate, strongest
from segscope.exploring.counts import BinCounts, add_bins, count_bins, count_customers, without
from segscope.exploring.differences import Difference, Moments, differences, leading, moments
from segscope.exploring.filters import Choice, Filters, Range, count_each, in_words, parse_filters, renewed, select
from segscope.exploring.levels import Levels, boxes_of, count_levels
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
from segscope.exploring.variables import BLANK, Bins, Variable, as_days, describe_variables, log_view

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
    "Levels",
    "Moments",
    "Range",
    "Shapes",
    "Variable",
    "add_bins",
    "as_days",
    "associate",
    "boxes",
    "boxes_of",
    "cloud",
    "count_bins",
    "count_customers",
    "count_each",
    "count_levels",
    "crosstab",
    "density",
    "describe_variables",
    "differences",
    "in_words",
    "leading",
    "log_view",
    "moments",
    "parse_filters",
    "renewed",
    "select",
    "shapes",
    "strongest",
    "thinned",
    "without",
]
