"""A study whose customers are still being loaded: pages are there, and what needs the customers says "not yet"."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient

from segscope.errors import NotLoadedError, SourceError, StillLoadingError
from segscope.study import live as loading
from segscope.web.pages import clustering, data, explore, insights, segments
from segscope.web.server import make_server
from segscope.web.studies import Studies
from tests.web.test_studies import wait_for


class Gate:
    """Customers that are loaded when they are let in; with ``trouble``, they are not."""

    def __init__(self) -> None:
        self.open = Event()
        self.trouble = ""
        self.tries = 0

    def holding(self, load: Any) -> Any:
        def held(*given: Any) -> Any:
            if given[0].name != "study":  # a server makes one of its own to lay out its pages with
                return load(*given)
            self.tries += 1
            self.open.wait(60)
            if self.trouble:
                raise SourceError(self.trouble)
            return load(*given)

        return held


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate()
    monkeypatch.setattr(loading, "CELLS_IN_MEMORY", 0)
    monkeypatch.setattr(loading, "_load", made.holding(loading._load))
    yield made
    made.open.set()


@pytest.fixture
def studies(shop: Path, gate: Gate) -> Iterator[Studies]:
    made = Studies([shop])
    yield made
    made.close()


def test_a_study_is_there_before_its_customers(studies: Studies) -> None:
    live = studies.get("study")
    assert len(live.fit.segments) == 2
    assert studies.is_loading("study")
    with pytest.raises(StillLoadingError, match="60 customers are being loaded"):
        live.engine  # noqa: B018 - asking is what is tried


@pytest.mark.parametrize("page", [segments.PAGE, insights.PAGE], ids=lambda page: page.slug)
def test_pages_of_what_the_study_knows_need_no_customers(page: Any, studies: Studies) -> None:
    assert page.layout(studies.get("study"))


@pytest.mark.parametrize("page", [data.PAGE, explore.PAGE, clustering.PAGE], ids=lambda page: page.slug)
def test_pages_of_the_customers_wait_for_them(page: Any, studies: Studies, gate: Gate) -> None:
    live = studies.get("study")
    with pytest.raises(StillLoadingError):
        page.layout(live)
    gate.open.set()
    wait_for(lambda: live.loading.is_over)
    assert page.layout(live)


def test_the_server_answers_and_says_not_yet_to_what_needs_customers(studies: Studies, gate: Gate) -> None:
    live = studies.get("study")
    asked = f"/api/studies/study/cube?fit={live.stamp}&column=0&shown=1"
    with TestClient(make_server(studies)) as client:
        assert client.get("/health").status_code == 200
        early = client.get(asked)
        assert (early.status_code, early.headers["Retry-After"], early.json()["loading"]) == (202, "1", 60)
        assert client.get("/api/studies/study/customers").status_code == 503
        gate.open.set()
        wait_for(lambda: live.loading.is_over)
        assert client.get(asked).status_code == 200


def test_customers_that_cannot_be_loaded_are_told_of_and_tried_again_when_somebody_looks_again(
    studies: Studies, gate: Gate
) -> None:
    gate.trouble = "Nothing answers at spark://10.0.0.7:7077."
    gate.open.set()
    live = studies.get("study")
    wait_for(lambda: live.loading.is_over)
    with pytest.raises(NotLoadedError, match="Nothing answers at spark"):
        studies.get("study").engine  # noqa: B018
    assert gate.tries == 1
    gate.trouble = ""
    again = studies.get("study", again=True)
    wait_for(lambda: again.loading.is_over)
    assert again.engine is not None
    assert studies.get("study") is again


def test_a_study_that_fits_memory_is_open_when_it_is_there(shop: Path) -> None:
    opened = Studies([shop])
    assert not opened.is_loading("study")
    opened.close()
