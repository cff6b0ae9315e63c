"""Names: two to four words for each segment that follow from its profile against the others, and hold on the data.

A noun tells the level of value ("top spenders"), an adjective what sets the segment apart from those with the same
noun ("new", "frequent"). Where recency and frequency of purchases make the segments, they have the field's usual names,
each where its usual definition holds. Where the features have no known concept, names say which is high and which low.
"""

from segscope.naming.claims import CLEAR, LOW_VALUE, NOTICEABLE, Claim
from segscope.naming.method import methodology
from segscope.naming.portraits import Portrait, Trait, by_value, portray, value_column
from segscope.naming.standing import Scores, typical_scores

__all__ = [
    "CLEAR",
    "LOW_VALUE",
    "NOTICEABLE",
    "Claim",
    "Portrait",
    "Scores",
    "Trait",
    "by_value",
    "methodology",
    "portray",
    "typical_scores",
    "value_column",
]
