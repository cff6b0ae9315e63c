"""Rules: each segment in plain conditions on the original columns, and how well they agree with it."""

from segscope.rules.conditions import Condition, Conditions
from segscope.rules.learning import Clause, RuleSet, SegmentRule, learn_rules, simple_enough
from segscope.rules.saying import condition_in_words, conditions_in_words
from segscope.rules.selecting import DIALECTS, RULE_SEGMENT, count_selected, rule_sql, selects, sql_types

__all__ = [
    "DIALECTS",
    "RULE_SEGMENT",
    "Clause",
    "Condition",
    "Conditions",
    "RuleSet",
    "SegmentRule",
    "condition_in_words",
    "conditions_in_words",
    "count_selected",
    "learn_rules",
    "rule_sql",
    "selects",
    "simple_enough",
    "sql_types",
]
