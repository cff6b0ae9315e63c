"""Errors: one tree, and messages that offer what the user may have meant."""

import pytest

from segscope import errors
from segscope.errors import SegscopeError, did_you_mean

EVERY_ERROR = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, Exception)]


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda e: e.__name__)
def test_whoever_catches_segscope_error_catches_every_error_of_a_user(error: type[Exception]) -> None:
    assert issubclass(error, SegscopeError)
    assert error.__doc__


def test_every_error_is_drawn_in_the_tree() -> None:
    assert [e.__name__ for e in EVERY_ERROR if e.__name__ not in (errors.__doc__ or "")] == []


def test_a_misspelt_name_is_answered_with_the_near_ones_only() -> None:
    assert did_you_mean("Incme", ["Income", "Recency", "Teenhome"]) == " Did you mean Income?"


def test_capital_letters_do_not_hide_a_near_name() -> None:
    assert did_you_mean("income", ["INCOME"]) == " Did you mean INCOME?"


def test_without_a_near_name_at_most_twelve_are_listed() -> None:
    offer = did_you_mean("zzz", [f"column{i}" for i in range(13)])
    assert offer.startswith(" There are: column0, ")
    assert offer.endswith("column11 ….")


def test_nothing_is_offered_where_there_is_nothing() -> None:
    assert did_you_mean("anything", []) == ""
