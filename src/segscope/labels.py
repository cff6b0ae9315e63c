"""Labels: what people call a segment, its colour, its note, and whether it is locked. They change no customer.

Each change returns the segmentation and what was done, in words for the history.
"""

import re
from dataclasses import replace

from segscope.errors import StudyError, did_you_mean
from segscope.identity import free_numbers
from segscope.origins import MOST_FORMER, Ancestor, Fate, Former, Origin
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
    return _with(segmentation, replace(segment, name=cleaned, named=True)), f"{segment.name} is now called {cleaned}"


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


def taken_for(segmentation: Segmentation, segment_id: str, other_id: str) -> Change:
    """Say that a segment is really another: one that is no more, which is there again, or one of today's.

    It takes the other's id, name, colour, note and lock. Two of today's exchange them.

    Raises
    ------
    StudyError : when there is no such other segment, or its name was given to a third one meanwhile
    """
    segment = segment_by_id(segmentation, segment_id)
    known = {f.id: f for f in segmentation.former}
    if other_id not in known:
        other = segment_by_id(segmentation, other_id)
        swapped = {segment.id: _as(segment, former_of(other, "gone")), other.id: _as(other, former_of(segment, "gone"))}
        segments = tuple(swapped.get(s.id, s) for s in segmentation.segments)
        return replace(segmentation, segments=segments), f"{segment.name} and {other.name} are each other, said by hand"
    back = known[other_id]
    if any(s.name.casefold() == back.name.casefold() for s in segmentation.segments if s is not segment):
        raise StudyError(f"Another segment is called {back.name!r} now. Call that otherwise first.")
    taken = {s.colour for s in segmentation.segments if s is not segment}
    changed = _as(segment, replace(back, colour=segment.colour if back.colour in taken else back.colour))
    former = tuple(f for f in segmentation.former if f is not back) + _left(segment)
    segments = tuple(changed if s is segment else s for s in segmentation.segments)
    found = replace(segmentation, segments=segments, former=former[-MOST_FORMER:])
    return found, f"{segment.name} is really {back.name}, said by hand"


def taken_for_new(segmentation: Segmentation, segment_id: str, number: int, name: str) -> Change:
    """Say that a segment is none of those before: it gets an id, a name and a colour of its own.

    Parameters
    ----------
    number : of the id, which was never given
    name : that its profile suggests
    """
    segment = segment_by_id(segmentation, segment_id)
    others = [s for s in segmentation.segments if s is not segment]
    taken = {s.name.casefold() for s in others}
    names = (name if n == 1 else f"{name} {n}" for n in range(1, len(others) + 2))
    colour = free_numbers([s.colour for s in segmentation.segments], 1)[0]
    changed = replace(
        segment, id=f"s{number}", name=next(n for n in names if n.casefold() not in taken), colour=colour, note="",
        locked=False, named=False, origin=Origin("new", "hand"),
    )  # fmt: skip
    segments = tuple(changed if s is segment else s for s in segmentation.segments)
    former = (segmentation.former + _left(segment))[-MOST_FORMER:]
    return replace(segmentation, segments=segments, former=former), f"{segment.name} is a new segment, said by hand"


def former_of(segment: Segment, became: Fate, into: tuple[str, ...] = ()) -> Former:
    """A segment as it is remembered."""
    return Former(segment.id, segment.name, segment.colour, segment.note, segment.locked, segment.named, became, into)


def _left(segment: Segment) -> tuple[Former, ...]:
    """The identity that a segment had, to be remembered where it is from an earlier fit."""
    from_before = segment.origin is None or segment.id in {source.id for source in segment.origin.sources}
    return (former_of(segment, "gone"),) if from_before else ()


def _as(segment: Segment, other: Former) -> Segment:
    """A segment with the identity of another."""
    origin = Origin("survived", "hand", (Ancestor(other.id, other.name),))
    return replace(
        segment, id=other.id, name=other.name, colour=other.colour, note=other.note, locked=other.locked,
        named=other.named, origin=origin,
    )  # fmt: skip


def _with(segmentation: Segmentation, changed: Segment) -> Segmentation:
    segments = tuple(changed if s.id == changed.id else s for s in segmentation.segments)
    return replace(segmentation, segments=segments)
