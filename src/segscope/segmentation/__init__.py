"""The segmentation: recipe, preparation and centres. It can assign any customer, as an expression or in NumPy.

It is a JSON file, never a pickle. Columns of the source go in; derived columns, filling, bounds, transforms and scaling
are part of it.
"""

from segscope.segmentation.arrays import Placed, assign_numpy, features_numpy, place_numpy, strengths_numpy
from segscope.segmentation.checking import SCHEMA_VERSION, check_shape
from segscope.segmentation.expressions import (
    CENTRE,
    DISTANCE2,
    SECOND,
    SECOND_STRENGTH,
    SEGMENT,
    STRENGTH,
    assign,
    assign_only,
    carried,
    centre_column,
    check_columns,
    named_by,
    segments_of_model,
    to_customers,
)
from segscope.segmentation.model import Segment, Segmentation, VerdictWord, by_name, unlabelled, without_unneeded

__all__ = [
    "CENTRE",
    "DISTANCE2",
    "SCHEMA_VERSION",
    "SECOND",
    "SECOND_STRENGTH",
    "SEGMENT",
    "STRENGTH",
    "Placed",
    "Segment",
    "Segmentation",
    "VerdictWord",
    "assign",
    "assign_numpy",
    "assign_only",
    "by_name",
    "carried",
    "centre_column",
    "check_columns",
    "check_shape",
    "features_numpy",
    "named_by",
    "place_numpy",
    "segments_of_model",
    "strengths_numpy",
    "to_customers",
    "unlabelled",
    "without_unneeded",
]
