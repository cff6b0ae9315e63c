"""Studies: a folder that holds data, recipe, segmentation and names; portable and reopenable."""

from segscope.study.fitting import ColumnNote, Fit, Progress
from segscope.study.folder import Card, is_study, read_card, read_fit, source_of
from segscope.study.live import SEGMENT_VARIABLE, LiveStudy, open_study
from segscope.study.running import Choices, Order, carry_out, fit_source, refit

__all__ = [
    "SEGMENT_VARIABLE",
    "Card",
    "Choices",
    "ColumnNote",
    "Fit",
    "LiveStudy",
    "Order",
    "Progress",
    "carry_out",
    "fit_source",
    "is_study",
    "open_study",
    "read_card",
    "read_fit",
    "refit",
    "source_of",
]
