"""Labels: names are unique and clean, colours are swapped, notes and locks stay with their segment."""

import pytest

from segscope.errors import StudyError
from segscope.labels import LONGEST_NAME, LONGEST_NOTE, locked, noted, recoloured, renamed
from segscope.recipe import Recipe
from segscope.segmentation import Segment, Segmentation


@pytest.fixture
def three() -> Segmentation:
    segments = tuple(
        Segment(f"s{i + 1}", n, i, 1, 0.3, "", "natural", 1.0) for i, n in enumerate(("Top", "Mid", "Low"))
    )
    return Segmentation(Recipe(columns=()), (), ((), (), ()), segments, 1.0, 3)


def names(found: Segmentation) -> list[str]:
    return [s.name for s in found.segments]


def test_another_name_is_said_and_cleaned(three: Segmentation) -> None:
    found, words = renamed(three, "s2", "  Big\n spenders\x00 ")
    assert names(found) == ["Top", "Big spenders", "Low"]
    assert words == "Mid is now called Big spenders"
    assert [s.id for s in found.segments] == ["s1", "s2", "s3"]


def test_a_name_may_change_the_case_of_its_letters(three: Segmentation) -> None:
    assert names(renamed(three, "s1", "TOP")[0]) == ["TOP", "Mid", "Low"]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("", "needs a name"),
        ("\x00\n\t", "needs a name"),
        ("mid", "Another segment is called 'Mid'"),
        ("S3", "how ids of segments look"),
        ("x" * (LONGEST_NAME + 1), "at most 60 letters"),
    ],
)
def test_a_name_that_cannot_be_is_refused(three: Segmentation, name: str, complaint: str) -> None:
    with pytest.raises(StudyError, match=complaint):
        renamed(three, "s1", name)


def test_a_hostile_name_stays_a_text(three: Segmentation) -> None:
    assert names(renamed(three, "s1", "<img src=x onerror=alert(1)>")[0])[0] == "<img src=x onerror=alert(1)>"


def test_a_segment_that_is_not_there_is_told(three: Segmentation) -> None:
    with pytest.raises(StudyError, match=r"There is no segment 's9'"):
        renamed(three, "s9", "x")


def test_a_colour_that_is_taken_is_exchanged(three: Segmentation) -> None:
    found, words = recoloured(three, "s1", 2)
    assert [s.colour for s in found.segments] == [2, 1, 0]
    assert words == "Top and Low have each other's colour"
    found, words = recoloured(three, "s1", 7)
    assert [s.colour for s in found.segments] == [7, 1, 2]
    assert words == "Top has another colour"
    with pytest.raises(StudyError, match="from 0 to 9"):
        recoloured(three, "s1", 10)


def test_a_note_keeps_its_lines_and_nothing_hidden(three: Segmentation) -> None:
    found, words = noted(three, "s3", " call  them\r\nin \x07May ")
    assert (found.segments[2].note, words) == ("call them\nin May", "Low has a note")
    assert noted(found, "s3", "  ")[0] == three
    with pytest.raises(StudyError, match="at most 500 letters"):
        noted(three, "s3", "x" * (LONGEST_NOTE + 1))


def test_a_lock_is_put_on_and_taken_off(three: Segmentation) -> None:
    found, words = locked(three, "s1", True)
    assert ([s.locked for s in found.segments], words) == ([True, False, False], "Top is locked")
    assert locked(found, "s1", False) == (three, "Top is unlocked")
