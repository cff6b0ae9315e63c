"""Progress: a reading tells its stage and a share that grows from 0 to 1."""

import gzip
import time
from pathlib import Path

import pytest

from segscope.engine import DuckDBEngine
from segscope.errors import CancelledError
from segscope.intake import delimited, progress, read, read_text
from segscope.intake.progress import passing

LINES = "id;city;spent\n" + "".join(f'{i};"Köln";{i % 97},5\n' for i in range(60_000))
JSON = "".join(f'{{"id": {i}, "city": "Wien"}}\n' for i in range(30_000))


@pytest.mark.parametrize(
    ("data", "stages"),
    [
        (LINES.encode(), ["Surveying the file", "Reading rows", "Typing columns"]),
        (LINES.encode("cp1252"), ["Surveying the file", "Translating to UTF-8", "Reading rows", "Typing columns"]),
        (gzip.compress(LINES.encode()), ["Surveying the file", "Reading rows", "Typing columns"]),
        (JSON.encode(), ["Surveying the file", "Reading rows", "Typing columns"]),
    ],
)
@pytest.mark.parametrize("strict_from", [0, 2**62], ids=["engine's reader", "tolerant reader"])
def test_a_reading_tells_its_stages_and_a_share_that_only_grows(
    data: bytes,
    stages: list[str],
    strict_from: int,
    engine: DuckDBEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delimited, "STRICT_FROM_BYTES", strict_from)
    file = tmp_path / "customers.csv"
    file.write_bytes(data)
    told: list[tuple[str, float]] = []
    read(file, engine, progress=lambda stage, share: told.append((stage, share)))
    shares = [share for _, share in told]
    assert list(dict.fromkeys(stage for stage, _ in told)) == stages
    assert shares == sorted(shares)
    assert shares[0] >= 0
    assert shares[-1] == 1


def test_a_reading_of_texts_tells_too(engine: DuckDBEngine, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(LINES)
    told: list[float] = []
    read_text(file, engine, progress=lambda _, share: told.append(share))
    assert told[-1] == 1


def test_a_query_of_unknown_length_tells_while_it_runs_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "TICK_SECONDS", 0.01)
    told: list[float] = []

    def stop(stage: str, share: float) -> None:
        told.append(share)
        if len(told) == 3:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError), passing(stop, "Typing columns", 1.0):
        time.sleep(0.2)
    assert told[0] == 0.0 < told[1] < told[2] < 1.0
