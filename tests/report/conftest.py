"""A study of 300 sample customers in three segments, and the same with hostile names."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from segscope import samples
from segscope.cleaning import CleaningEntry
from segscope.report import Contents, gather
from segscope.study import Choices, LiveStudy, fit_source, open_study

SCRIPT, FORMULA = "</script><img src=x onerror=alert(1)>", "=HYPERLINK(1)"
ENDLESS = "A segment with a name \x07 that does not end " + "and goes on and on " * 20
SECRET = "customer-7731"  # an identifier in the cleaning log


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the study. Tests must not change it."""
    place = tmp_path_factory.mktemp("report")
    samples.write(place / "customers.parquet", 300)
    fit_source(place / "customers.parquet", place / "study", Choices(segments=3))
    return place / "study"


@pytest.fixture(scope="session")
def live(folder: Path) -> Iterator[LiveStudy]:
    opened = open_study(folder)
    yield opened
    opened.engine.close()


@pytest.fixture(scope="session")
def contents(live: LiveStudy) -> Contents:
    return gather(live)


@pytest.fixture(scope="session")
def hostile(live: LiveStudy) -> Contents:
    """The contents of the same study with names, a label and a note from somebody who means harm."""
    fit = live.fit
    named = zip(fit.segments, (SCRIPT, FORMULA, ENDLESS), strict=True)
    recipe = fit.recipe.replace(
        columns=tuple(replace(c, label=f"{c.label} <b onclick=x>") for c in fit.recipe.columns),
        derived=tuple(replace(d, label=f"{d.label} {SCRIPT}") for d in fit.recipe.derived),
    )
    segmentation = replace(fit.segmentation, recipe=recipe, segments=tuple(replace(s, name=n) for s, n in named))
    odd = CleaningEntry("implausible", "Income", 1, f"1 value of <svg onload=x> {SCRIPT}.", (SECRET,))
    changed = replace(fit, segmentation=segmentation, cleaning=(*fit.cleaning, odd))
    variables = tuple(replace(v, label=f"{v.label} {SCRIPT}") for v in live.variables)
    card = replace(live.card, name=f'Study "{SCRIPT}', source="<svg onload=alert(2)>.csv")
    return gather(replace(live, fit=changed, card=card, variables=variables, _kept={}, _locks={}))
