"""Scoring: which segment a customer belongs to, for whole files and for one customer of whom little is known."""

from segscope.scoring.columns import Renames, likely, log_columns
from segscope.scoring.donors import Donors, gather_donors
from segscope.scoring.drift import Drift
from segscope.scoring.explaining import Change, next_better, pushes, right_with
from segscope.scoring.fields import Field, form_fields, read_number, unusual
from segscope.scoring.files import Scoring, free_names, score_file, score_table, scored, segment_name
from segscope.scoring.placing import Placement, place, put
from segscope.scoring.records import RecordScorer, Scores

__all__ = [
    "Change",
    "Donors",
    "Drift",
    "Field",
    "Placement",
    "RecordScorer",
    "Renames",
    "Scores",
    "Scoring",
    "form_fields",
    "free_names",
    "gather_donors",
    "likely",
    "log_columns",
    "next_better",
    "place",
    "pushes",
    "put",
    "read_number",
    "right_with",
    "score_file",
    "score_table",
    "scored",
    "segment_name",
    "unusual",
]
