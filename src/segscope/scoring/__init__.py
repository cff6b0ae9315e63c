"""Scoring: which segment a customer belongs to, for whole files and for one customer of whom little is known."""

from segscope.scoring.donors import Donors, gather_donors
from segscope.scoring.drift import Drift
from segscope.scoring.fields import Field, form_fields, read_number, unusual
from segscope.scoring.files import Scoring, free_names, score_file, score_table, scored, segment_name
from segscope.scoring.placing import Placement, place, put
from segscope.scoring.records import RecordScorer, Scores

__all__ = [
    "Donors",
    "Drift",
    "Field",
    "Placement",
    "RecordScorer",
    "Scores",
    "Scoring",
    "form_fields",
    "free_names",
    "gather_donors",
    "place",
    "put",
    "read_number",
    "score_file",
    "score_table",
    "scored",
    "segment_name",
    "unusual",
]
