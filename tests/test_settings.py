"""Settings come from the environment, refuse what cannot be, and are all documented."""

from dataclasses import fields
from pathlib import Path

import pytest

from segscope.errors import SegscopeError
from segscope.settings import GIB, MIB, Settings, from_environment, machine_memory, variable

LIMITS = Path(__file__).parents[1] / "docs" / "limits.md"


def test_nothing_set_leaves_the_defaults() -> None:
    assert from_environment({"PATH": "/bin", "SEGSCOPE_RUNS": ""}) == Settings()
    assert Settings().upload_limit == 2 * GIB


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("SEGSCOPE_UPLOAD_LIMIT", "1.5GB", "upload_limit", 3 * GIB // 2),
        ("SEGSCOPE_UPLOAD_LIMIT", "1000", "upload_limit", 1000),
        ("SEGSCOPE_UNPACK_LIMIT", "10 mb", "unpack_limit", 10 * MIB),
        ("SEGSCOPE_RUN_MEMORY", "4GB", "run_memory", 4 * GIB),
        ("SEGSCOPE_RUN_SECONDS", "60", "run_seconds", 60),
        ("SEGSCOPE_RUNS", "4", "runs", 4),
        ("SEGSCOPE_LOCAL_FILES", "no", "local_files", False),
        ("SEGSCOPE_API_KEY", "a-key-of-many-signs", "api_key", "a-key-of-many-signs"),
    ],
)
def test_each_setting_is_read(name: str, text: str, field: str, value: object) -> None:
    assert getattr(from_environment({name: text}), field) == value


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("SEGSCOPE_UPLOAD_LIMIT", "plenty", "must be a size"),
        ("SEGSCOPE_UPLOAD_LIMIT", "-1GB", "must be a size"),
        ("SEGSCOPE_UPLOAD_LIMIT", "0", "at least 1 bytes"),
        ("SEGSCOPE_RUN_MEMORY", "1MB", "at least 256 MB"),
        ("SEGSCOPE_RUN_SECONDS", "0", "whole number"),
        ("SEGSCOPE_RUNS", "two", "whole number"),
        ("SEGSCOPE_LOCAL_FILES", "maybe", "yes or no"),
        ("SEGSCOPE_API_KEY", "short", "at least 16 letters"),
        ("SEGSCOPE_API_KEY", "a key with spaces in it", "without spaces"),
        ("SEGSCOPE_UPLOAD_LIMITS", "1GB", "Did you mean SEGSCOPE_UPLOAD_LIMIT"),
    ],
)
def test_what_cannot_be_is_refused_by_name(name: str, text: str, told: str) -> None:
    with pytest.raises(SegscopeError, match=told) as refused:
        from_environment({name: text})
    assert name in str(refused.value)


def test_a_run_may_use_half_of_the_machine_unless_told_otherwise() -> None:
    assert Settings().run_bytes == machine_memory() // 2
    assert Settings(run_memory=300 * MIB).run_bytes == 300 * MIB


@pytest.mark.parametrize("field", [f.name for f in fields(Settings)])
def test_every_setting_is_documented(field: str) -> None:
    assert f"| `{variable(field)}` |" in LIMITS.read_text(encoding="utf-8")
