"""Studies: a folder that holds data, recipe, segmentation and names; portable and reopenable."""

from segscope.study.card import Card
from segscope.study.fitting import ColumnNote, Fit, Progress
from segscope.study.folder import is_study, read_card, read_fit, source_of
from segscope.study.live import SEGMENT_VARIABLE, LiveStudy, begin_study, open_study, reopened
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
    "begin_study",
    "carry_out",
    "fit_source",
    "is_study",
    "open_study",
    "read_card",
    "read_fit",
    "refit",
    "reopened",
    "source_of",
]
