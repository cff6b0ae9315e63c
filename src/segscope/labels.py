"""Labels: what people call a segment, its colour, its note, and whether it is locked. They change no customer.

Each change returns the segmentation and what was done, in words for the history.
"""

import re
from dataclasses import replace

from segscope.errors import StudyError, did_you_mean
from segscope.segmentation import Segment, Segmentation
from segscope.wording import clean_name

LONGEST_NAME, LONGEST_NOTE = 60, 500
COLOURS = 10  # in the palette (segscope.theme); a colour beyond is one of these again
ID = re.compile(r"s[1-9]\d*")
Change = tuple[Segmentation, str]


def segment_by_id(segmentation: Segmentation, segment_id: str) -> Segment:
    """A segment by its id; a StudyError offers near matches."""
    for segment in segmentation.segments:
        if segment.id == segment_id:
            return segment
    raise StudyError(
        f"There is no segment {segment_id!r:.40}.{did_you_mean(segment_id, [s.id for s in segmentation.segments])}"
    )


def renamed(segmentation: Segmentation, segment_id: str, name: str) -> Change:
    """Call a segment otherwise.

    Raises
    ------
    StudyError : for an empty or long name, another segment's (whatever the case of its letters), and one like an id
    """
    segment, cleaned = segment_by_id(segmentation, segment_id), clean_name(name)
    if not cleaned:
        raise StudyError("A segment needs a name. Type one.")
    if len(cleaned) > LONGEST_NAME:
        raise StudyError(f"The name of a segment has at most {LONGEST_NAME} letters. This one has {len(cleaned)}.")
    if ID.fullmatch(cleaned.lower()) and cleaned != segment.name:
        raise StudyError(f"{cleaned!r} is how ids of segments look. Choose another name.")
    taken = (s.name for s in segmentation.segments if s is not segment)
    if other := next((n for n in taken if n.casefold() == cleaned.casefold()), None):
        raise StudyError(f"Another segment is called {other!r}. Choose another name.")
    return _with(segmentation, replace(segment, name=cleaned)), f"{segment.name} is now called {cleaned}"


def recoloured(segmentation: Segmentation, segment_id: str, colour: int) -> Change:
    """Give a segment another colour of the palette. Whoever has it takes this segment's in exchange.

    Raises
    ------
    StudyError : for a colour that is not in the palette
    """
    segment = segment_by_id(segmentation, segment_id)
    if not 0 <= colour < COLOURS:
        raise StudyError(f"A colour is a number from 0 to {COLOURS - 1}, its place in the palette. Got {colour}.")
    holders = [s for s in segmentation.segments if s is not segment and s.colour % COLOURS == colour]
    changed = _with(segmentation, replace(segment, colour=colour))
    for holder in holders:
        changed = _with(changed, replace(holder, colour=segment.colour))
    if holders:
        return changed, f"{segment.name} and {holders[0].name} have each other's colour"
    return changed, f"{segment.name} has another colour"


def noted(segmentation: Segmentation, segment_id: str, note: str) -> Change:
    """Write a note on a segment; an empty one removes it.

    Raises
    ------
    StudyError : for a note that is too long
    """
    segment = segment_by_id(segmentation, segment_id)
    lines = (" ".join("".join(c if c.isprintable() else " " for c in line).split()) for line in note.splitlines())
    cleaned = "\n".join(lines).strip()
    if len(cleaned) > LONGEST_NOTE:
        raise StudyError(f"A note has at most {LONGEST_NOTE} letters. This one has {len(cleaned)}. Shorten it.")
    words = f"{segment.name} has a note" if cleaned else f"The note on {segment.name} is removed"
    return _with(segmentation, replace(segment, note=cleaned)), words


def locked(segmentation: Segmentation, segment_id: str, on: bool) -> Change:
    """Lock a segment, or unlock it (see segscope.identity for what that means at the next fit)."""
    segment = segment_by_id(segmentation, segment_id)
    return _with(segmentation, replace(segment, locked=on)), f"{segment.name} is {'locked' if on else 'unlocked'}"


def _with(segmentation: Segmentation, changed: Segment) -> Segmentation:
    segments = tuple(changed if s.id == changed.id else s for s in segmentation.segments)
    return replace(segmentation, segments=segments)
