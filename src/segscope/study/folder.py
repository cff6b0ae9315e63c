"""The study folder: a data snapshot, how it was read, and what was fitted. Written so that a crash leaves the old one.

study.json                     the card: name, source, which data and which fit are current, which other solutions are
                               kept, what was edited by hand; replaced as the last step
data/<fingerprint>.parquet     the typed source table
data/<fingerprint>.json        in its place, where the data stay on a cluster: a reference to them
fits/<fingerprint>.json        recipe, segmentation, evidence, profiles
fits/seconds.json              how long each method took on this machine: no part of the study proper
source/origin                  where the source was read from, to read it in another way: no part of the study proper
source/original                the source itself, in its place, where it was uploaded
answers/                       what a cluster found out about the customers: no part of the study proper
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import ibis

from segscope.engine import Engine, distributed
from segscope.errors import StudyError
from segscope.intake import ROW
from segscope.intake.database import is_server, without_password
from segscope.intake.files import FILE_ADDRESS
from segscope.intake.lake import read_lake
from segscope.json_text import build, dump_json
from segscope.segmentation import check_shape
from segscope.settings import from_environment
from segscope.study.card import SCHEMA_VERSION, Card, Snapshot, in_history, keeping, usual_name, with_data
from segscope.study.fitting import Fit
from segscope.study.reference import Reference, check_unchanged, read_reference

CARD = "study.json"
DATA_NAME = re.compile(r"data/[0-9a-f]{16}\.(parquet|json)")
FIT_NAME = re.compile(r"fits/[0-9a-f]{16}\.json")
ANSWERS = "answers"
ANSWER_NAME = re.compile(r"answers/[0-9a-f]{32}\.arrow")
ORIGIN, KEPT_SOURCE = Path("source", "origin"), Path("source", "original")
SECONDS = Path("fits", "seconds.json")
LARGEST_FILE_BYTES = 200_000_000


def is_study(folder: Path) -> bool:
    """Whether a folder holds a study."""
    return (folder / CARD).is_file()


def check_writable(folder: Path) -> None:
    """Raise unless a study can be written at this place: nothing there, an empty folder, or a study."""
    if folder.is_file():
        raise StudyError(f"{folder} is a file. Name a folder for the study.")
    if folder.is_dir() and not is_study(folder) and any(folder.iterdir()):
        raise StudyError(f"The folder {folder} holds other files. Name a new or empty folder for the study.")
    above = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise StudyError(f"A study cannot be written at {folder}: {above} is not a folder that you may write to.")


def read_card(folder: Path) -> Card:
    """Read the card of a study; what is no study, or a damaged one, is refused with a reason."""
    if not folder.exists():
        raise StudyError(f"There is no study at {folder}. Make one with: segscope fit FILE --study {folder}")
    if not is_study(folder):
        raise StudyError(f"{folder} is not a study: it has no {CARD}. Make one with: segscope fit FILE --study DIR")
    data = _read_json(folder / CARD)
    version = data.get("schema_version") if isinstance(data, dict) else SCHEMA_VERSION
    if version != SCHEMA_VERSION:
        raise StudyError(f"{CARD} must have schema_version {SCHEMA_VERSION}. Got {version!r:.40}.")
    card: Card = build(Card, data, StudyError, CARD)
    if not all(_is_there(folder, name, form) for name, form in ((card.data, DATA_NAME), (card.fit, FIT_NAME))):
        raise StudyError(f"The study {folder} is damaged: {card.data} or {card.fit} is missing. Fit it again.")
    # A kept solution whose files are gone is gone; the study is whole without it.
    kept = tuple(k for k in card.kept if _is_there(folder, k.data, DATA_NAME) and _is_there(folder, k.fit, FIT_NAME))
    ids = {k.id for k in kept}
    edits = (e for e in card.history if all(_is_there(folder, name, FIT_NAME) for name in (e.before, e.after)))
    return replace(card, kept=kept, history=tuple(e for e in edits if e.solution in ids))


def _is_there(folder: Path, name: str, form: re.Pattern[str]) -> bool:
    return bool(form.fullmatch(name)) and (folder / name).is_file()


def read_fit(folder: Path, card: Card) -> Fit:
    """Read the current fit of a study."""
    return read_solution(folder, card.fit)


def read_solution(folder: Path, name: str) -> Fit:
    """Read one fit of a study by the name of its file, as its card has it."""
    found: Fit = build(Fit, _read_json(folder / name), StudyError, name)
    check_shape(found.segmentation)
    if not len(found.segments) == len(found.profiles.segments) == len(found.portraits) == len(found.verdict.segments):
        raise StudyError(f"{name} must have a profile, a portrait and a verdict for every segment.")
    return found


def read_data(folder: Path, card: Card, engine: Engine, name: str) -> ibis.Table:
    """The typed source table of a study, as a named view; a file that is not what was written is refused."""
    path = folder / card.data
    if _fingerprint(path) != path.stem:
        raise StudyError(f"The study {folder} is damaged: {card.data} is not what was written. Fit it again.")
    if path.suffix == ".json":
        return _referred(engine, read_reference(path), card, name)
    return engine.scan_parquet(name, path)


def engine_of(folder: Path, card: Card) -> str:
    """The engine that a study's data need; "" for the embedded one, which reads the snapshot in a study.

    Where the data stay on a cluster, SEGSCOPE_ENGINE goes before the address that they were fitted at.
    """
    path = folder / card.data
    return from_environment().engine or read_reference(path).engine if path.suffix == ".json" else ""


def _referred(engine: Engine, reference: Reference, card: Card, name: str) -> ibis.Table:
    lake = distributed(engine)
    if lake is None:
        raise StudyError(f"The customers of this study are on {reference.engine}. Name that with --engine.")
    check_unchanged(lake, reference, card.reading)
    return read_lake(reference.source, lake, name, card.reading)[0]


def _read_json(path: Path) -> object:
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise StudyError(f"{path.name} is larger than a study's file can be.")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # no UTF-8, no JSON, a number of too many digits
        raise StudyError(
            f"{path.name} is damaged and cannot be read ({type(error).__name__}). Fit the study again."
        ) from None


def write_study(folder: Path, engine: Engine, source: ibis.Table | Reference, card: Card, fit: Fit) -> Card:
    """Write a study. A new folder appears whole or not at all; an old one stays readable until the last step.

    ``card`` says everything but the names of the files, which are found here.
    """
    with _new_or_same(folder) as place:
        there = Snapshot(_write_data(place, engine, source), fit.customers, card.intake, card.reading)
        before = _card_before(place)
        card = replace(with_data(before or card, there), name=card.name, source=card.source, synthetic=card.synthetic)
        card = replace(card, fit=store_fit(place, fit), last_segment=max(card.last_segment, highest_id(fit)))
        card = keeping(card, usual_name(fit.recipe, len(fit.segments), bool(fit.segmentation.hand)))
        write_card(place, card)
    return card


def _card_before(place: Path) -> Card | None:
    """The card of the study that is written over; None where there is none that can be read."""
    try:
        return read_card(place) if is_study(place) else None
    except StudyError:
        return None


def note_origin(folder: Path, source: str) -> None:
    """Note where a study's source was read from: an address without its password, or a path as seen from the study.

    Such a path names no folder of this machine above both, and still holds when both are moved together.
    """
    if is_server(source):
        where = without_password(source)
    else:
        where = os.path.relpath(Path(FILE_ADDRESS.sub("", source)).resolve(), folder.resolve())
    (folder / ORIGIN).parent.mkdir(exist_ok=True)
    _replace_text(folder / ORIGIN, where + "\n")


def keep_source(folder: Path, file: Path) -> None:
    """Move an uploaded source into its study."""
    kept = folder / KEPT_SOURCE
    kept.parent.mkdir(exist_ok=True)
    shutil.move(file, kept)
    (folder / ORIGIN).unlink(missing_ok=True)


def source_of(folder: Path) -> str | None:
    """Where the source of a study can be read again; None where it is gone."""
    referred = next((folder / "data").glob("*.json"), None)
    if referred is not None:
        return read_reference(referred).source
    if (folder / KEPT_SOURCE).is_file():
        return str(folder / KEPT_SOURCE)
    if not (folder / ORIGIN).is_file():
        return None
    where = (folder / ORIGIN).read_text(encoding="utf-8").rstrip("\n")
    if is_server(where):
        return where
    place = folder.resolve() / where
    return str(place) if place.exists() else None


def note_seconds(folder: Path, seconds: Mapping[str, float]) -> None:
    """Note how long each method took. It belongs to the machine, so it is no part of the study proper."""
    (folder / SECONDS).parent.mkdir(exist_ok=True)
    _replace_text(folder / SECONDS, json.dumps({name: round(value, 2) for name, value in seconds.items()}) + "\n")


def read_seconds(folder: Path) -> dict[str, float]:
    """How long each method took, where that is known."""
    try:
        found: dict[str, float] = build(dict[str, float], _read_json(folder / SECONDS), StudyError, str(SECONDS))
    except (OSError, StudyError):
        return {}
    return found


def write_fit(folder: Path, card: Card, fit: Fit, instead_of: str = "") -> Card:
    """Make another fit on the same data the current one; the one before is kept.

    ``instead_of``: the file of a fit that is the same solution with less evidence, which goes.
    """
    card = with_current_kept(folder, card)
    last = max(last_id(folder, card), highest_id(fit))
    changed = replace(card, customers=fit.customers, fit=store_fit(folder, fit), last_segment=last)
    changed = keeping(changed, usual_name(fit.recipe, len(fit.segments), bool(fit.segmentation.hand)), instead_of)
    changed = in_history(changed, instead_of, changed.fit)
    write_card(folder, changed)
    return changed


def highest_id(fit: Fit) -> int:
    """The highest number of an id that the segments of a fit have or had."""
    ids = [s.id for s in fit.segments] + [f.id for f in fit.segmentation.former]
    return max(int(i[1:]) for i in ids)


def last_id(folder: Path, card: Card) -> int:
    """The highest number of a segment's id that a study has given."""
    if card.last_segment:
        return card.last_segment
    return max(highest_id(read_solution(folder, name)) for name in card.fits)  # from before it was counted


def with_current_kept(folder: Path, card: Card) -> Card:
    """The card with its current solution among those kept, as it is but in a study from before they were."""
    if card.current is not None:
        return card
    old = read_fit(folder, card)
    return keeping(card, usual_name(old.recipe, len(old.segments), bool(old.segmentation.hand)))


def write_card(folder: Path, card: Card) -> None:
    """Make a card the current one, and remove the files that it no longer names."""
    _replace_text(folder / CARD, dump_json(card))
    _tidy(folder, card)


@contextmanager
def _new_or_same(folder: Path) -> Iterator[Path]:
    if is_study(folder):
        yield folder
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".partial", dir=folder.parent))
    try:
        yield place
        if folder.is_dir():
            folder.rmdir()  # empty: checked before the work began
        place.chmod(0o755)
        place.rename(folder)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


def _write_data(place: Path, engine: Engine, source: ibis.Table | Reference) -> str:
    folder = place / "data"
    folder.mkdir(exist_ok=True)
    if isinstance(source, Reference):
        text = source.to_json()
        name = f"data/{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
        _replace_text(place / name, text)
        return name
    partial = folder / "incoming.partial"
    engine.write_parquet(source.order_by(ROW), partial)
    name = f"data/{_fingerprint(partial)}.parquet"
    partial.replace(place / name)
    return name


def store_fit(place: Path, fit: Fit) -> str:
    """Write a fit under a name made from its content; no card names it yet."""
    text = dump_json(fit)
    (place / "fits").mkdir(exist_ok=True)
    name = f"fits/{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    _replace_text(place / name, text)
    return name


def _fingerprint(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:16]


def _replace_text(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _tidy(place: Path, card: Card) -> None:
    """Remove what no longer belongs to the study: data and fits that are not kept, and what a killed run left."""
    named = [card.data, *(k.data for k in card.kept), *card.fits]
    current = {place / name for name in named} | {place / SECONDS}
    for path in [*(place / "data").iterdir(), *(place / "fits").iterdir()]:
        if path not in current:
            path.unlink(missing_ok=True)
