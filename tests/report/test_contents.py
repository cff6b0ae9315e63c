"""Contents: what a report shows is what the study's fit holds."""

import hashlib
import math
from dataclasses import replace
from pathlib import Path

from segscope.insights.saying import inner
from segscope.report import Contents, words
from segscope.study import LiveStudy
from tests.report.conftest import SECRET


def test_a_segment_stands_where_the_profiles_say(contents: Contents) -> None:
    profiles = contents.fit.profiles
    for place, segment in enumerate(contents.segments):
        told = dict(zip((v.column for v in contents.measured), segment.from_everybody, strict=True))
        assert told == {c: profiles.standard_difference(place, c) for c in told}
        assert all(0 <= p <= 100 or math.isnan(p) for p in segment.standing)
        assert segment.segment is contents.fit.segments[place]


def test_findings_stand_with_the_segment_that_they_are_about(contents: Contents) -> None:
    told = [f for s in contents.segments for f in s.findings]
    assert told
    assert all(f.segment == s.place for s in contents.segments for f in s.findings)
    assert {f.sentence for f in told} <= {f.sentence for f in contents.insights.findings}


def test_the_headline_is_a_finding_else_the_portrait(contents: Contents) -> None:
    segment = next(s for s in contents.segments if s.findings)
    assert segment.headline == segment.findings[0].sentence
    assert replace(segment, findings=()).headline == segment.segment.sentence


def test_the_fingerprint_is_that_of_the_data_file(contents: Contents, live: LiveStudy) -> None:
    data = (live.folder / live.card.data).read_bytes()
    assert contents.data_fingerprint == hashlib.sha256(data).hexdigest()[:16]


def test_every_entry_of_the_cleaning_log_is_told_with_its_count(contents: Contents, hostile: Contents) -> None:
    said = [(line.name, line.value) for line in words.cleaning_lines(contents)]
    for entry in contents.fit.cleaning:
        assert entry.detail in [value for _, value in said]
    assert ("1", hostile.fit.cleaning[-1].detail) in [(f.name, f.value) for f in words.cleaning_lines(hostile)]


def test_no_customer_is_named(hostile: Contents) -> None:
    everything = (words.cleaning_lines(hostile), words.data_facts(hostile), words.limits(hostile))
    assert SECRET not in repr(everything)


def test_limits_name_what_made_the_segments(contents: Contents) -> None:
    said = " ".join(f.value for f in words.limits(contents))
    assert contents.fit.verdict.sentence in said
    assert all(inner(contents.recipe.column(f).label) in said for f in contents.recipe.features)


def test_a_sample_is_admitted(contents: Contents) -> None:
    assert "all customers" in words.method_text(contents.fit)
    fit = replace(contents.fit, evidence=replace(contents.fit.evidence, sample=200))
    assert "200 of 300 customers" in words.method_text(fit)
    assert any("sample of 200" in f.value for f in words.limits(replace(contents, fit=fit)))


def test_small_segments_are_named(contents: Contents) -> None:
    segments = contents.fit.segments
    tiny = replace(contents.fit.segmentation, segments=(replace(segments[0], share=0.01), *segments[1:]))
    said = words.limits(replace(contents, fit=replace(contents.fit, segmentation=tiny)))
    assert [segments[0].name in f.value for f in said if f.name == "Small segments"] == [True]
    assert not [f for f in words.limits(contents) if f.name == "Small segments"]


def test_the_source_is_told_without_its_folder(contents: Contents, folder: Path) -> None:
    facts = words.data_facts(contents)
    assert facts[0].value == "customers.parquet"
    assert str(folder.parent) not in repr(facts)
