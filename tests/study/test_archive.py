"""A study as a zip: what goes out comes in again, and nothing else does. A removed study leaves what is not its own."""

import io
import json
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from segscope.errors import StudyError
from segscope.settings import GIB
from segscope.study import is_study, read_card, read_fit
from segscope.study.archive import holds_study, pack, unpack
from segscope.study.audiences import Audience, read_audiences, save_audience
from segscope.study.folder import ORIGIN
from segscope.study.remarks import About, Remark, keep_remark, read_remarks
from segscope.study.removing import remove_study


@pytest.fixture
def zipped(shop: Path, tmp_path: Path) -> Path:
    """The shop's study as a zip."""
    file = tmp_path / "shop.zip"
    file.write_bytes(b"".join(pack(shop)))
    return file


def members(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rezipped(file: Path, change: Callable[[dict[str, bytes]], None], method: int = zipfile.ZIP_STORED) -> Path:
    """The same zip with its members changed."""
    inside = members(file)
    change(inside)
    made = file.with_name("changed.zip")
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in inside.items():
            archive.writestr(name, content)
    return made


def refused(file: Path, told: str, limit: int = GIB) -> None:
    """Refused with these words; nothing appears, and nothing is left beside it."""
    home = file.parent / "home"
    home.mkdir(exist_ok=True)
    with pytest.raises(StudyError, match=told) as error:
        unpack(file, home / "taken", limit)
    assert str(home) not in str(error.value)
    assert list(home.iterdir()) == []
    assert {p.name for p in file.parent.iterdir()} <= {"home", "shop.zip", "changed.zip"}


def test_a_study_goes_out_and_comes_in_again(shop: Path, zipped: Path, tmp_path: Path) -> None:
    assert holds_study(zipped)
    card = unpack(zipped, tmp_path / "home" / "shop", GIB)
    assert card == read_card(shop) == read_card(tmp_path / "home" / "shop")
    assert read_fit(tmp_path / "home" / "shop", card) == read_fit(shop, read_card(shop))


def test_the_zip_holds_no_source_and_says_nothing_of_where_it_was(shop: Path, zipped: Path) -> None:
    card = read_card(shop)
    assert (shop / ORIGIN).is_file()
    assert list(members(zipped)) == ["study.json", card.data, card.fit]
    assert str(shop.parent).encode() not in zipped.read_bytes()


def test_the_same_study_gives_the_same_bytes_in_small_blocks(shop: Path, zipped: Path) -> None:
    blocks = list(pack(shop))
    assert b"".join(blocks) == zipped.read_bytes()
    assert max(map(len, blocks)) < 2**21


def test_audiences_and_remarks_go_out_and_come_in_with_the_study(shop: Path, tmp_path: Path) -> None:
    study = tmp_path / "study"
    shutil.copytree(shop, study)
    save_audience(study, Audience("Regulars", {"orders": [20, None]}))
    remark = Remark(About("s1", "mean", "spend"), pinned=True, note="ask sales")
    keep_remark(study, remark)
    file = tmp_path / "study.zip"
    file.write_bytes(b"".join(pack(study)))
    unpack(file, tmp_path / "again", 10**9)
    assert read_audiences(tmp_path / "again") == (Audience("Regulars", {"orders": [20, None]}),)
    assert read_remarks(tmp_path / "again") == (remark,)
    remove_study(study)
    assert not study.exists()


def test_what_is_no_study_is_not_packed(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="not a study"):
        next(pack(tmp_path))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"id,spend\n1,2\n", b"PK\x03\x04" + bytes(500)])
def test_other_files_do_not_hold_a_study(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    assert not holds_study(tmp_path / "x.zip")
    assert not holds_study(tmp_path / "absent.zip")


def test_a_zip_of_other_things_does_not_hold_a_study(zipped: Path) -> None:
    def drop_card(inside: dict[str, bytes]) -> None:
        del inside["study.json"]

    assert not holds_study(rezipped(zipped, drop_card))


@pytest.mark.parametrize(
    "name",
    ["../evil.json", "/etc/evil", "data/../../evil", "..\\evil", "data/evil.parquet", "source/origin", "STUDY.JSON",
     "data/0123456789abcdef.parquet/x", "fits/0123456789ABCDEF.json", "study.json/", "\u202egnp.json"],
)  # fmt: skip
def test_a_member_that_is_no_part_of_a_study_is_refused(zipped: Path, name: str) -> None:
    refused(rezipped(zipped, lambda inside: inside.update({name: b"x"})), "no part of a study")


def test_a_further_file_of_data_is_refused(zipped: Path) -> None:
    refused(rezipped(zipped, lambda inside: inside.update({"data/0123456789abcdef.parquet": b"x"})), "too many")


def test_a_fit_that_the_card_does_not_name_is_refused(zipped: Path) -> None:
    refused(rezipped(zipped, lambda inside: inside.update({"fits/0123456789abcdef.json": b"{}"})), "does not name")


def test_a_member_that_comes_twice_is_refused(zipped: Path) -> None:
    with zipfile.ZipFile(zipped, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("study.json", "{}")
    refused(zipped, "twice")


def test_a_link_is_refused(zipped: Path) -> None:
    inside = members(zipped)
    with zipfile.ZipFile(zipped, "w") as archive:
        for name, content in inside.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16 if name == "study.json" else 0
            archive.writestr(info, content)
    refused(zipped, "no part of a study")


def test_a_bomb_is_refused_before_it_is_unpacked(zipped: Path) -> None:
    def blow(inside: dict[str, bytes]) -> None:
        inside["study.json"] = bytes(20_000_000)

    bomb = rezipped(zipped, blow, zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 200_000
    refused(bomb, "SEGSCOPE_UNPACK_LIMIT", limit=10_000_000)


def test_a_member_that_lies_about_its_size_is_refused(zipped: Path) -> None:
    content = bytearray(rezipped(zipped, lambda _: None, zipfile.ZIP_DEFLATED).read_bytes())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.start_dir
    for offset in (22, start + 24):  # uncompressed size in the local header of study.json and in the directory
        content[offset : offset + 4] = (5).to_bytes(4, "little")
    zipped.with_name("changed.zip").write_bytes(content)
    refused(zipped.with_name("changed.zip"), "damaged|whole study")


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_truncated_zip_is_refused(zipped: Path, kept: float) -> None:
    whole = zipped.read_bytes()
    zipped.write_bytes(whole[: int(len(whole) * kept)])
    refused(zipped, "damaged")


@pytest.mark.parametrize("place", [0.2, 0.6])
def test_a_zip_with_a_byte_changed_is_refused(zipped: Path, place: float) -> None:
    content = bytearray(zipped.read_bytes())
    content[int(len(content) * place)] ^= 0xFF
    zipped.write_bytes(content)
    refused(zipped, "damaged|whole study")


def test_an_encrypted_zip_is_refused(zipped: Path) -> None:
    content = bytearray(zipped.read_bytes())
    with zipfile.ZipFile(zipped) as archive:
        start = archive.start_dir
    content[6] |= 1
    content[start + 8] |= 1
    zipped.write_bytes(content)
    refused(zipped, "encrypted")


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"null", b'{"schema_version": 99}', b"[" * 100_000])
def test_a_card_that_is_none_is_refused(zipped: Path, text: bytes) -> None:
    refused(rezipped(zipped, lambda inside: inside.update({"study.json": text})), "not a whole study")


def test_data_that_are_not_what_was_written_are_refused(zipped: Path) -> None:
    def spoil(inside: dict[str, bytes]) -> None:
        name = next(n for n in inside if n.startswith("data/"))
        inside[name] = inside[name][:-1] + b"?"

    refused(rezipped(zipped, spoil), "not what was written")


def test_a_fit_that_is_not_what_was_written_is_refused(zipped: Path) -> None:
    def spoil(inside: dict[str, bytes]) -> None:
        name = next(n for n in inside if n.startswith("fits/"))
        inside[name] += b" "

    refused(rezipped(zipped, spoil), "not what was written")


def test_a_card_that_names_other_files_is_refused(zipped: Path) -> None:
    def spoil(inside: dict[str, bytes]) -> None:
        inside["study.json"] = json.dumps(json.loads(inside["study.json"]) | {"data": "../../secret"}).encode()

    refused(rezipped(zipped, spoil), "not a whole study")


def test_a_folder_that_holds_other_files_is_not_written_to(zipped: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StudyError, match="holds other files"):
        unpack(zipped, tmp_path / "full", GIB)


def test_a_removed_study_is_gone(shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    shutil.copytree(shop, folder)
    remove_study(folder)
    assert not folder.exists()


def test_removing_a_study_leaves_what_is_not_its_own(shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(shop, folder)
    own = [folder / "notes.txt", folder / "data" / "raw.csv", folder / "source" / "letter.txt"]
    for path in own:
        path.write_text("mine", encoding="utf-8")
    remove_study(folder)
    assert not is_study(folder)
    assert sorted(p for p in folder.rglob("*") if p.is_file()) == sorted(own)


def test_what_is_no_study_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(StudyError, match="no study"):
        remove_study(tmp_path)
    assert (tmp_path / "data").is_dir()
