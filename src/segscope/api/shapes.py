"""What the HTTP interface takes and gives, as its description has it."""

from typing import Any

from pydantic import BaseModel, Field

from segscope.api.asking import MOST_CUSTOMERS

EXAMPLES = {
    "one": {"summary": "What is known of one customer", "value": {"customer": {"total_spend": 900}}},
    "several": {
        "summary": "Every field of several; null is a blank",
        "value": {"customers": [{"total_spend": 900, "purchases": 12}, {"total_spend": None, "purchases": 3}]},
    },
}


class Problem(BaseModel):
    """What every error looks like."""

    error: str = Field(examples=["There is no field 'Incme'. Did you mean Income?"])
    code: str = Field(examples=["not_possible"])


class StudyEntry(BaseModel):
    """A study in the list."""

    id: str
    name: str
    customers: int
    segments: int
    problem: str = Field(description="why it cannot be opened; empty when it can")


class StudyList(BaseModel):
    """All studies."""

    studies: list[StudyEntry]


class FieldCard(BaseModel):
    """A field that a customer can be told by."""

    name: str
    label: str
    kind: str = Field(description="number, flag, date (2014-06-29) or category")
    feature: bool = Field(description="whether it is a feature; else a raw column that features rest on")


class StudyCard(BaseModel):
    """One study."""

    id: str
    name: str
    customers: int
    segments: int
    method: str
    verdict: str
    features: list[str]
    fields: list[FieldCard]


class SegmentCard(BaseModel):
    """One segment."""

    id: str
    name: str
    size: int
    share: float
    sentence: str
    verdict: str


class SegmentList(BaseModel):
    """The segments of a study, in their order."""

    segments: list[SegmentCard]


RECORD = {"type": "object", "description": "fields by name: raw columns or features; null is a blank"}
ORDER = {
    "oneOf": [
        {
            "title": "One customer",
            "description": "a field left out is unknown: it is averaged over real customers who are alike",
            "type": "object",
            "properties": {"customer": RECORD},
            "required": ["customer"],
            "additionalProperties": False,
        },
        {
            "title": "Several customers",
            "description": "all with the same fields, none of those needed left out",
            "type": "object",
            "properties": {"customers": {"type": "array", "items": RECORD, "maxItems": MOST_CUSTOMERS}},
            "required": ["customers"],
            "additionalProperties": False,
        },
    ]
}


class Score(BaseModel):
    """Where a customer belongs."""

    segment: str
    segment_id: str
    segment_probability: float
    second_segment: str | None
    second_segment_id: str | None
    probabilities: dict[str, float] = Field(description="by the segment's id")
    fits_none: bool | None = Field(description="unlike any segment's customers; null when that cannot be said")
    placed_by_hand: bool = Field(description="whether somebody put this customer there, whatever the model says")
    right: float = Field(description="how often the segment would stay if everything were known; 1 when it is")
    ask_next: str | None = Field(description="the unknown feature whose answer would tell most")


class ScoreList(BaseModel):
    """The scores of several customers, in their order; of one, the only one."""

    scores: list[Score]


ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": Problem} for status in (400, 401, 404, 413, 415, 422)}
