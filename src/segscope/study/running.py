"""Running: an order is carried out, from a source or a study's own data to a study that is written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

import ibis

from segscope.clustering import Solution
from segscope.editing import Change, draft
from segscope.engine import Engine, distributed
from segscope.errors import DataError, RecipeError, SegscopeError, StudyError
from segscope.intake import IntakeReport, ReadOptions, read, read_frame
from segscope.intake.facts import column_kind
from segscope.intake.progress import part
from segscope.json_text import build, dump_json
from segscope.recipe import FeatureWeight, Method, Recipe, Role, Transform
from segscope.samples import SYNTHETIC_NOTE
from segscope.segmentation import assign_only, to_customers, without_unneeded
from segscope.study.card import Card, Kept, made_current
from segscope.study.completing import Seconds, complete
from segscope.study.customers import Customers, Source, adapted, decide, make, source_of_table
from segscope.study.engines import cells_of, engine_for, engine_to_read
from segscope.study.fitting import Fit, Progress, Ready, fit, make_ready
from segscope.study.folder import (
    check_writable,
    engine_of,
    is_study,
    keep_source,
    last_id,
    note_origin,
    note_seconds,
    read_card,
    read_data,
    read_fit,
    read_solution,
    source_of,
    write_card,
    write_fit,
    write_study,
)
from segscope.study.handwork import HandEdit, work_by_hand
from segscope.study.history import redone, undone
from segscope.study.lineage import Before, unique
from segscope.study.reference import reference_to
from segscope.study.weighing import Weigher

DATABASES = ("sqlite", "duckdb", "postgresql")
PACKED = (".gz", ".zst", ".bz2", ".xz", ".zip")
Step = Literal["undo", "redo"]
READ_SHARE = 0.1  # of a run; what comes after says its own share


@dataclass(frozen=True)
class Choices:
    """What the user decides before a fit; None leaves the proposal.

    ``segments``: 0 lets the evidence choose. ``recipe`` takes the place of the proposal; ``changes`` change it.
    """

    segments: int | None = None
    features: tuple[str, ...] | None = None
    transform: Transform | None = None
    seed: int | None = None
    recipe: Recipe | None = None
    changes: tuple[Change, ...] = ()
    method: Method | None = None
    weights: tuple[FeatureWeight, ...] | None = None
    set_aside: bool | None = None

    def applied(self, recipe: Recipe) -> Recipe:
        """A recipe with these choices made."""
        if self.segments is not None:
            recipe = recipe.replace(segments=self.segments or None)
        if self.features is not None:
            if not self.features:
                raise RecipeError("Choose at least one feature to cluster on.")
            recipe = recipe.replace(features=self.features)
        names = ("transform", "seed", "method", "weights", "set_aside")
        chosen = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return recipe.replace(**chosen) if chosen else recipe


@dataclass(frozen=True)
class Order:
    """What a run is asked to do: fit a study anew, read its source anew, or make a study. JSON.

    Attributes
    ----------
    folder : of the study
    recipe : what to fit; None proposes one
    reading : how to read the source; where it differs from the study's, the source is read anew
    source : file or address to make a study from; "" for a study that is there
    shown : the source's name for people, where the file at hand has another
    keep : move the source into the study: it was uploaded, and nobody else has it
    solution : id of a kept solution to make current, in place of a fit
    complete : complete the evidence of the current fit, in place of another one
    by_hand : change the segments of the current fit by hand, in place of another one
    step : undo or redo an edit by hand, in place of a fit
    """

    folder: str
    recipe: Recipe | None = None
    reading: ReadOptions = field(default_factory=ReadOptions)
    source: str = ""
    shown: str = ""
    keep: bool = False
    solution: str = ""
    complete: bool = False
    by_hand: HandEdit | None = None
    step: Step | None = None

    def to_json(self) -> str:
        """Write the order as JSON."""
        return dump_json(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read an order that :meth:`to_json` wrote."""
        order: Self = build(cls, json.loads(text), RecipeError, "order")
        return order


def silent(stage: str, done: float) -> None:
    """Report no progress."""


def carry_out(order: Order, progress: Progress = silent) -> Fit:
    """Do what an order asks for, and write the study as the last step.

    Raises
    ------
    SegscopeError : with what is wrong, where, and what to do; the study is as it was then
    """
    folder = Path(order.folder)
    if order.source:
        found = fit_source(
            order.source, folder, Choices(recipe=order.recipe), progress, reading=order.reading, shown=order.shown,
            here=order.keep,
        )  # fmt: skip
        if order.keep:
            keep_source(folder, Path(order.source))
        return found
    card = read_card(folder)
    if order.solution:
        return switch(folder, card, order.solution)
    if order.complete:
        return complete_study(folder, progress)
    if order.by_hand:
        return work_by_hand(folder, order.by_hand, progress)
    if order.step:
        return read_fit(folder, undone(folder) if order.step == "undo" else redone(folder))
    if order.reading != card.reading:
        return reread(folder, card, order, progress)
    return refit(folder, order.recipe or read_fit(folder, card).recipe, progress)


def fit_source(
    source: Any,
    folder: Path,
    choices: Choices = Choices(),
    progress: Progress = silent,
    weigher: Weigher | None = None,
    reading: ReadOptions | None = None,
    shown: str = "",
    thorough: bool = False,
    here: bool = False,
) -> Fit:
    """Read a source, fit it, and write the study.

    Parameters
    ----------
    source : path or address of customers or of a log of transactions; or a pandas, Polars or Arrow table of them
    folder : where the study is written; new, empty, or a study already
    choices : what the user decided
    weigher : who weighs the evidence; None does it in this process
    reading : what the user knows of the source
    shown : the source's name for people, where the file at hand has another
    thorough : complete the evidence too; else that is left for later (see complete_study)
    here : the embedded engine reads it, whatever SEGSCOPE_ENGINE says: an upload, which a cluster does not see

    Raises
    ------
    SegscopeError : with what is wrong, where, and what to do; nothing is written then
    """
    check_writable(folder)
    choices.applied(Recipe(columns=()))
    engine = engine_for(cells_of(source), "" if here else engine_to_read(source))
    try:
        progress("Reading the file", 0.0)
        reading = reading or ReadOptions()
        is_place = isinstance(source, (str, Path))
        table, report = (
            read(source, engine, "source", reading, part(progress, 0.0, READ_SHARE), shown)
            if is_place
            else read_frame(source, engine)
        )
        recipe, customers = _decided(engine, table, choices)
        fitting = part(progress, 0.0, 0.85) if thorough else progress
        previous = _previous(engine, folder, recipe)
        found, ready, solutions = _fitted(
            engine, customers, recipe, report, fitting, previous, weigher, thorough=thorough
        )
        seconds: Seconds = {}
        if thorough:
            found, seconds = complete(ready, found, part(progress, 0.85, 0.95), previous, solutions)
        progress("Writing the study", 0.95)
        card = Card(
            _name(report), report.source, found.customers, "", "", report, is_place and _is_sample(Path(source)),
            reading=reading,
        )  # fmt: skip
        lake = distributed(engine)
        data = reference_to(lake, str(source), reading) if lake and is_place else table
        write_study(folder, engine, data, card, found)
        if seconds:
            note_seconds(folder, seconds)
        if is_place and not lake:
            note_origin(folder, str(source))
    finally:
        engine.close()
    return found


def refit(folder: Path, recipe: Recipe, progress: Progress = silent) -> Fit:
    """Fit another recipe to the data of a study, and make it the current fit; one that is kept answers at once."""
    card = read_card(folder)
    if same := _answered(folder, card, recipe):
        return switch(folder, card, same.id)
    engine = engine_for(card.customers * len(card.intake.columns), engine_of(folder, card))
    try:
        progress("Reading the data", 0.0)
        table = engine.store("source", read_data(folder, card, engine, "snapshot"))
        source, previous = source_of_table(engine, table), before(folder, card)
        earlier = previous.segmentation.recipe
        if (recipe.log, recipe.as_of) == (earlier.log, earlier.as_of):
            customers = make(engine, source, recipe)
        else:
            recipe, customers = adapted(engine, source, recipe)
        found, *_ = _fitted(engine, customers, recipe, card.intake, progress, previous)
        progress("Writing the study", 0.95)
        write_fit(folder, card, found)
    finally:
        engine.close()
    return found


def reread(folder: Path, card: Card, order: Order, progress: Progress = silent) -> Fit:
    """Read a study's source anew, in another way; decisions live on for the columns that are still there."""
    place = source_of(folder)
    if place is None:
        raise StudyError(
            f"{card.source} is no longer where it was read from, so it cannot be read in another way. "
            "Make a new study from the file."
        )
    engine = engine_for(cells_of(place), engine_of(folder, card))
    try:
        progress("Reading the file", 0.0)
        table, report = read(place, engine, "source", order.reading, part(progress, 0.0, READ_SHARE), card.source)
        wanted = order.recipe or read_fit(folder, card).recipe
        recipe, customers = adapted(engine, source_of_table(engine, table), wanted)
        previous = _previous(engine, folder, recipe)
        found, *_ = _fitted(engine, customers, recipe, report, progress, previous)
        progress("Writing the study", 0.95)
        lake = distributed(engine)
        data = reference_to(lake, place, order.reading) if lake else table
        write_study(folder, engine, data, replace(card, intake=report, reading=order.reading), found)
    finally:
        engine.close()
    return found


def switch(folder: Path, card: Card, solution_id: str) -> Fit:
    """Make a kept solution the current one.

    Raises
    ------
    StudyError : when it is not kept any more, or its file is damaged; the study is as it was then
    """
    changed = made_current(card, solution_id)
    found = read_fit(folder, changed)
    write_card(folder, changed)
    return found


def complete_study(folder: Path, progress: Progress = silent) -> Fit:
    """Complete the evidence of a study's current fit."""
    card = read_card(folder)
    fit = read_fit(folder, card)
    engine = engine_for(card.customers * len(card.intake.columns), engine_of(folder, card))
    try:
        progress("Reading the data", 0.0)
        table = engine.store("source", read_data(folder, card, engine, "snapshot"))
        customers = make(engine, source_of_table(engine, table), fit.recipe)
        ready = make_ready(engine, customers, fit.recipe, part(progress, 0.05, 0.15))
        found, seconds = complete(ready, fit, part(progress, 0.15, 0.95), before(folder, card))
        progress("Writing the study", 0.95)
        write_fit(folder, card, found, instead_of=card.fit)
        note_seconds(folder, seconds)
    finally:
        engine.close()
    return found


def _answered(folder: Path, card: Card, recipe: Recipe) -> Kept | None:
    """The kept solution of the same recipe on the same data, if there is one."""
    for kept in card.kept:
        if kept.data == card.data:
            try:
                found = read_solution(folder, kept.fit)
            except SegscopeError:
                continue
            if found.recipe == recipe and not found.segmentation.hand:
                return kept
    return None


def check_recipe(table: ibis.Table, recipe: Recipe, where: str) -> None:
    """Raise unless a table has every column that a recipe names, each of the kind that its role needs."""
    kinds = {Role.MEASURE: ("number", "boolean"), Role.FLAG: ("number", "boolean"), Role.DATE: ("date",)}
    for column in recipe.columns:
        if column.column not in table.columns:
            raise RecipeError(f"The recipe names a column {column.column!r} that {where} does not have.")
        kind = column_kind(table[column.column])
        if kind not in kinds.get(column.role, (kind,)):
            raise RecipeError(f"The recipe takes {column.column!r} for a {column.role}, but {where} has {kind}s there.")


def _decided(engine: Engine, table: ibis.Table, choices: Choices) -> tuple[Recipe, Customers]:
    source = source_of_table(engine, table)
    if choices.recipe is None:
        recipe, customers = decide(engine, source, choices.changes)
    else:
        recipe = draft(choices.recipe, ReadOptions(), choices.changes).recipe
        customers = make(engine, source, recipe)
    return choices.applied(recipe), customers


def _fitted(
    engine: Engine,
    customers: Customers,
    recipe: Recipe,
    report: IntakeReport,
    progress: Progress,
    previous: Before | None,
    weigher: Weigher | None = None,
    thorough: bool = False,
) -> tuple[Fit, Ready, Mapping[int, Solution]]:
    check_recipe(customers.table, recipe, report.source)
    try:
        return fit(engine, customers, recipe, progress, previous, weigher, thorough)
    except DataError as error:
        raise type(error)(f"{report.source}: {error}") from None


def _name(report: IntakeReport) -> str:
    """What a study is called at first: its file without endings, or the table of its database."""
    if report.format in DATABASES:
        return report.source
    name = Path(report.source)
    return (name.with_suffix("") if name.suffix.lower() in PACKED else name).stem


def before(folder: Path, card: Card) -> Before:
    """The current fit of a study, whose segments may live on in another of the same data."""
    fit = read_fit(folder, card)
    return Before(fit.segmentation, fit.profiles, last_id(folder, card))


def _previous(engine: Engine, folder: Path, recipe: Recipe) -> Before | None:
    """The fit that is there already, and who was where in it, before a fit of other data takes its place."""
    if not is_study(folder):
        return None
    try:
        card = read_card(folder)
        found = replace(before(folder, card), same_data=False)
        old = found.segmentation
        # Data that a study only refers to may be others by now: those who were there then are not known.
        if recipe.identifier is None or old.recipe.identifier is None or engine_of(folder, card):
            return found
        source = read_data(folder, card, engine, "__snapshot_before")
        made = make(engine, Source(source, ()), old.recipe).table if old.recipe.log else source
        assigned = assign_only(to_customers(made, without_unneeded(old.recipe)), old)
        return replace(found, places=engine.store("__before", unique(assigned, old.recipe.identifier)))
    except SegscopeError:
        return None  # a damaged study has no names to keep; fitting it again is how it is mended


def _is_sample(path: Path) -> bool:
    import pyarrow.parquet as pq

    if path.suffix != ".parquet" or not path.is_file():
        return False
    metadata = pq.read_schema(path).metadata or {}
    return SYNTHETIC_NOTE.encode() in metadata.values()
