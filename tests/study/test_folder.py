"""The study folder: whole or not there, readable until the last step, and never trusted blindly."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segscope.errors import StudyError
from segscope.study import Choices, fit_source, is_study, open_study, read_card, read_fit, refit
from segscope.study import folder as writing


@pytest.fixture
def study(shop: Path, tmp_path: Path) -> Path:
    """A study that may be spoilt."""
    return Path(shutil.copytree(shop, tmp_path / "study"))


@pytest.fixture
def few_file(shop_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first six customers of the shop, which are fitted in no time."""
    path = tmp_path_factory.mktemp("few") / "few.csv"
    path.write_text("\n".join(shop_file.read_text(encoding="utf-8").splitlines()[:7]), encoding="utf-8")
    return path


def opened(folder: Path) -> None:
    card = read_card(folder)
    read_fit(folder, card)
    open_study(folder).engine.close()


def change(path: Path, edit: Callable[[Any], object]) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    edit(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def test_a_study_is_a_card_the_data_the_fit_and_where_its_source_is(study: Path) -> None:
    card = read_card(study)
    found = sorted(str(p.relative_to(study)) for p in study.rglob("*") if p.is_file())
    assert found == sorted(["study.json", card.data, card.fit, "source/origin"])
    assert (card.name, card.source, card.customers, card.synthetic) == ("shop", "shop.csv", 60, False)


def test_a_study_can_be_moved(study: Path, tmp_path: Path) -> None:
    opened(study.rename(tmp_path / "elsewhere"))


def test_a_study_holds_no_path_of_the_machine_that_made_it(study: Path, shop_file: Path) -> None:
    card = read_card(study)
    for name in ("study.json", card.fit, "source/origin"):
        assert str(shop_file.parent) not in (study / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"null",
        b"[1]",
        b'"x"',
        b"[" * 100_000,
        b"\xff\xfe\x00",
        b'{"schema_version": 1}',
        b"{}",
        b"9" * 5_000,
    ],
    ids=["empty", "cut", "null", "list", "text", "deep", "binary", "bare", "blank", "digits"],
)
@pytest.mark.parametrize("part", ["card", "fit"])
def test_a_damaged_file_is_refused(study: Path, part: str, text: bytes) -> None:
    (study / ("study.json" if part == "card" else read_card(study).fit)).write_bytes(text)
    with pytest.raises(StudyError, match=r"damaged|must|lacks|unknown entry"):
        opened(study)


@pytest.mark.parametrize(
    ("entry", "value", "complaint"),
    [
        ("schema_version", 2, "schema_version 1. Got 2"),
        ("schema_version", None, "schema_version 1"),
        ("customers", "many", "customers must be int"),
        ("customers", float("nan"), "customers must be int"),
        ("name", 7, "name must be str"),
        ("extra", 1, "unknown entry 'extra'"),
        ("data", "../secret.parquet", "is missing"),
        ("data", "data/../../secret.parquet", "is missing"),
        ("data", "/etc/passwd", "is missing"),
        ("data", "", "is missing"),
        ("data", ".", "is missing"),
        ("data", "a\0b", "is missing"),
        ("data", "x" * 5000, "is missing"),
        ("data", "data/*.parquet", "is missing"),
        ("data", "study.json", "is missing"),
        ("data", "data/0123456789abcdef.parquet", "is missing"),
        ("fit", "study.json", "is missing"),
        ("fit", "fits/../study.json", "is missing"),
        ("fit", "~/.ssh/id_rsa", "is missing"),
    ],
)
def test_a_card_that_lies_is_refused(study: Path, entry: str, value: object, complaint: str) -> None:
    (study.parent / "secret.parquet").write_bytes((study / read_card(study).data).read_bytes())
    change(study / "study.json", lambda card: card.update({entry: value}))
    with pytest.raises(StudyError, match=complaint):
        read_card(study)


@pytest.mark.parametrize(
    "edit",
    [
        lambda fit: fit["profiles"]["segments"].pop(),
        lambda fit: fit["portraits"].pop(),
        lambda fit: fit["verdict"]["segments"].pop(),
        lambda fit: fit["segmentation"]["segments"].pop(),
        lambda fit: fit.update(wcss=float("nan")),
        lambda fit: fit.update(wcss=10**400),
        lambda fit: fit.update(customers="60"),
        lambda fit: fit["segmentation"]["centres"][0].__setitem__(0, float("nan")),
        lambda fit: fit["segmentation"]["recipe"]["columns"][1].update(role="king"),
    ],
    ids=range(9),
)
def test_a_fit_whose_parts_do_not_go_together_is_refused(study: Path, edit: Callable[[Any], object]) -> None:
    change(study / read_card(study).fit, edit)
    with pytest.raises(StudyError):
        opened(study)


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "flipped"])
def test_data_that_are_not_what_was_written_are_refused(study: Path, damage: str) -> None:
    path = study / read_card(study).data
    raw = path.read_bytes()
    half = len(raw) // 2
    flipped = raw[:half] + bytes([raw[half] ^ 255]) + raw[half + 1 :]
    path.write_bytes({"cut": raw[:half], "empty": b"", "text": b"hello", "flipped": flipped}[damage])
    fit = read_fit(study, read_card(study))
    with pytest.raises(StudyError, match="not what was written"):
        open_study(study)
    with pytest.raises(StudyError, match="not what was written"):
        refit(study, fit.recipe.replace(seed=7))


def test_a_damaged_study_is_mended_by_fitting_it_again(study: Path, few_file: Path) -> None:
    (study / "study.json").write_text("{", encoding="utf-8")
    fit_source(few_file, study, Choices(segments=2))
    opened(study)


@pytest.mark.parametrize("name", ["nothing", "file.txt", "other"])
def test_what_is_no_study_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.txt").write_text("hello", encoding="utf-8")
    (tmp_path / "other").mkdir()
    assert not is_study(tmp_path / name)
    with pytest.raises(StudyError, match=r"no study at|is not a study: it has no study.json"):
        read_card(tmp_path / name)


# -------------------------------------------------------------------------------------------------------------- writing


@pytest.mark.parametrize("place", ["file.txt", "file.txt/inside", "file.txt/deep/inside", "other"])
def test_a_study_is_written_over_nothing_else(few_file: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "file.txt").write_text("hello", encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.doc").write_text("years of work", encoding="utf-8")
    with pytest.raises(StudyError, match=r"is a file|holds other files|cannot be written"):
        fit_source(few_file, tmp_path / place, Choices(segments=2))
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file.txt", "other", "thesis.doc"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_study_is_refused_where_nobody_may_write(few_file: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StudyError, match="may write"):
        fit_source(few_file, tmp_path / "study", Choices(segments=2))


def test_an_empty_folder_may_become_a_study_and_parents_are_made(few_file: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    fit_source(few_file, tmp_path / "empty", Choices(segments=1))
    opened(tmp_path / "empty")
    shutil.rmtree(tmp_path / "empty")
    fit_source(few_file, tmp_path / "a" / "b", Choices(segments=1))
    opened(tmp_path / "a" / "b")


@pytest.mark.parametrize("step", ["_write_data", "store_fit", "_replace_text", "_tidy"])
@pytest.mark.parametrize("new", [True, False])
def test_a_run_that_is_killed_leaves_the_old_study_or_none(
    shop: Path, few_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, new: bool
) -> None:
    folder = tmp_path / "study"
    if not new:
        shutil.copytree(shop, folder)
    before = None if new else read_card(folder)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, step, die)
    with pytest.raises(KeyboardInterrupt):
        fit_source(few_file, folder, Choices(segments=1))
    if new:
        assert list(tmp_path.iterdir()) == []
    else:
        assert step == "_tidy" or read_card(folder) == before
        opened(folder)


def test_what_a_killed_run_left_is_removed_by_the_next(study: Path, few_file: Path) -> None:
    for name in ("data/incoming.partial", "fits/old.json.partial", "data/0123456789abcdef.parquet"):
        (study / name).write_bytes(b"left over")
    fit_source(few_file, study, Choices(segments=1))
    card = read_card(study)
    found = {str(p.relative_to(study)) for p in study.rglob("*") if p.is_file()}
    kept = {name for k in card.kept for name in (k.data, k.fit)}
    assert found == {"study.json", card.data, card.fit, "source/origin"} | kept


def test_the_same_fit_is_the_same_bytes(shop: Path, shop_file: Path, tmp_path: Path) -> None:
    fit_source(shop_file, tmp_path / "again", Choices(segments=2))
    for path in shop.rglob("*.*"):
        assert (tmp_path / "again" / path.relative_to(shop)).read_bytes() == path.read_bytes()
