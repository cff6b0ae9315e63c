"""The statement: the stages under one another, with names that cannot be code and comments that cannot be left."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import ibis
import ibis.expr.datatypes as dt
import sqlglot
from sqlglot import exp

from segscope.errors import RecipeError
from segscope.scoring import free_names
from segscope.segmentation import Segmentation, named_by, without_unneeded
from segscope.sql.dialects import Dialect, adapted, dialect_named, known_number, text_literal
from segscope.sql.stages import Own, Stage, stages
from segscope.wording import one_line

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LONGEST = 40
MOST_PARTS = 3
TITLE = (
    "Segments of customers, made by segscope. One row a customer in, one row out; texts, dates and numbers as they are."
)


def score_sql(
    segmentation: Segmentation, schema: ibis.Schema, dialect: str = "duckdb", table: str = "customers"
) -> str:
    """A segmentation as one SQL statement over a table with the raw columns, before cleaning.

    It gives the identifier (where there is none, the columns that the features rest on), ``segment``,
    ``segment_probability`` (0 to 1) and ``second_segment`` of each row: what ``segscope score`` appends to a file.

    Parameters
    ----------
    schema : types of the source's columns; those of the table may be others that hold the same
    dialect : a key of ``DIALECTS``
    table : name of the table. Parts between dots (schema.table) are names of their own; what is no plain name, or
        stands in double quotes, is quoted

    Raises
    ------
    RecipeError : for a dialect that is not known, a name that cannot be, or a category that holds numbers with decimals
    """
    theirs = dialect_named(dialect)
    lean = replace(segmentation, recipe=without_unneeded(segmentation.recipe))
    needed = lean.needed
    identifier = lean.recipe.identifier
    keys = [identifier] if identifier is not None and identifier in schema.names else list(needed)
    own = Own(_prefix([*schema.names, *lean.recipe.names]))
    carried = [own(f"key{i}") for i in range(len(keys))]
    given = {
        **{own(f"key{i}"): schema[k] for i, k in enumerate(keys)},
        **{c: _kind(schema[c], lean, c) for c in needed},
    }
    named = named_by(lean, keys)
    if named:  # who is pinned is told by the identifier as text
        given[own("id")] = dt.string
    made = list(stages(lean, ibis.schema(given), [*carried, *(own("id") for _ in named)], own))
    shown = _names([*given, *(c for stage in made for c in stage.query.columns)], own)
    lines = [f"-- {one_line(text)}" for text in _title(lean, theirs)]
    raw = [
        *(_aliased(_column(k), shown[c]) for k, c in zip(keys, carried, strict=True)),
        *(_aliased(_typed(c, schema[c], lean, theirs), shown[c]) for c in needed),
        *(_aliased(_as_text(c, schema[c], theirs), shown[own("id")]) for c in named),
    ]
    source = _table(table)
    called = {name: f"{name}_" if name == source.name.lower() else name for name in ("raw", *(s.name for s in made))}
    last = called["raw"]
    blocks = [_block(last, ("The columns that are needed, as numbers, texts and dates.",), raw, source, theirs)]
    for stage in made:
        blocks.append(
            _block(called[stage.name], stage.comments, _values(stage, shown, theirs), exp.to_table(last), theirs)
        )
        last = called[stage.name]
    final = _final(lean, keys, carried, own, shown, theirs)
    return "\n".join([*lines, "WITH " + ",\n".join(blocks), _select(final, last, theirs)])


def _title(segmentation: Segmentation, dialect: Dialect) -> list[str]:
    said = [TITLE, f"For {dialect.title}. Names of columns are quoted, so upper and lower case count."]
    if segmentation.recipe.log:
        said.append("The study was made from a log: this table holds a row a customer, as made from it, not the log.")
    if dialect.sqlglot == "tsql":
        said.append("Needs SQL Server 2022 or newer, for LEAST and GREATEST.")
    return said


def _prefix(taken: Iterable[str]) -> str:
    names = list(taken)
    prefix = "own:"
    while any(name.startswith(prefix) for name in names):
        prefix = f"own{prefix}"
    return prefix


def _kind(kind: dt.DataType, segmentation: Segmentation, column: str) -> dt.DataType:
    if _is_category(segmentation, column) or kind.is_string():
        return dt.string
    return dt.date if kind.is_date() or kind.is_timestamp() else dt.float64


def _is_category(segmentation: Segmentation, column: str) -> bool:
    return column in segmentation.recipe.category_features


def _names(columns: Iterable[str], own: Own) -> dict[str, exp.Identifier]:
    """A name for each column within the statement: letters, digits and underscores, no two alike."""
    found: dict[str, exp.Identifier] = {}
    taken: set[str] = set()
    ordered = sorted(dict.fromkeys(columns), key=lambda c: not c.startswith(own.prefix))
    for column in ordered:
        mine = column.startswith(own.prefix)
        base = column.removeprefix(own.prefix) if mine else re.sub(r"[^A-Za-z0-9]+", "_", column).strip("_")[:LONGEST]
        base = base if PLAIN.fullmatch(base) else f"column_{base}".rstrip("_")
        name, number = base, 1
        while name.lower() in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name.lower())
        found[column] = exp.to_identifier(name, quoted=not mine)
    return found


def _column(name: str) -> exp.Expr:
    return exp.Column(this=exp.to_identifier(name, quoted=True))


def _typed(name: str, kind: dt.DataType, segmentation: Segmentation, dialect: Dialect) -> exp.Expr:
    """A column of the source as a double, a date or a text."""
    column = _column(name)
    if _is_category(segmentation, name):
        return _as_text(name, kind, dialect)
    if kind.is_date() or kind.is_timestamp():
        return exp.cast(column, "DATE")
    if kind.is_boolean():
        return exp.cast(exp.cast(column, "INT"), "DOUBLE")
    number = exp.cast(column, "DOUBLE")
    return known_number(number, dialect) if kind.is_floating() else number


def _as_text(name: str, kind: dt.DataType, dialect: Dialect) -> exp.Expr:
    column = _column(name)
    if kind.is_boolean():
        yes = exp.EQ(this=exp.cast(column, "INT"), expression=exp.Literal.number(1))
        no = exp.Not(this=exp.paren(yes.copy()))
        return exp.Case().when(yes, exp.Literal.string("true")).when(no, exp.Literal.string("false"))
    if kind.is_floating() or kind.is_decimal() or kind.is_timestamp():
        raise RecipeError(
            f"The category {name!r} holds numbers with decimals or times, which databases write in different ways. "
            "Read it as text, or as whole numbers, and fit again."
        )
    wide = {"tsql": "NVARCHAR(MAX)", "mysql": "CHAR"}.get(dialect.sqlglot, "VARCHAR")
    text: exp.Expr = column if kind.is_string() else exp.cast(column, wide, dialect=dialect.sqlglot)
    return exp.Collate(this=text, expression=exp.var(dialect.collation)) if dialect.collation else text


def _aliased(value: exp.Expr, name: exp.Identifier) -> exp.Expr:
    return exp.Alias(this=value, alias=name.copy())


def _table(name: str) -> exp.Table:
    if not name.strip() or not name.isprintable():
        raise RecipeError(f"The name of the table must be a printable text. Got {name!r:.60}.")
    parts = re.findall(r'"((?:[^"]|"")+)"|([^."]+)', name)
    if ".".join(f'"{quoted}"' if quoted else plain for quoted, plain in parts) != name or len(parts) > MOST_PARTS:
        parts = [(name.replace('"', '""'), "")]  # it does not read as parts: one name, whatever signs it has
    made = [
        exp.to_identifier(plain or quoted.replace('""', '"'), quoted=not PLAIN.fullmatch(plain))
        for quoted, plain in parts
    ]
    return exp.Table(**dict(zip(("this", "db", "catalog"), reversed(made), strict=False)))


def _values(stage: Stage, shown: Mapping[str, exp.Identifier], dialect: Dialect) -> list[exp.Expr]:
    tree = sqlglot.parse_one(str(ibis.to_sql(stage.query, "duckdb")), read="duckdb")
    values = []
    for value in tree.expressions:
        inner = value.this if isinstance(value, exp.Alias) else value
        values.append(_aliased(adapted(inner.copy(), shown, dialect), shown[value.alias_or_name]))
    return values


def _block(name: str, comments: Sequence[str], values: Sequence[exp.Expr], source: exp.Expr, dialect: Dialect) -> str:
    said = "".join(f"  -- {one_line(text)}\n" for text in comments)
    tail = f"\n{dialect.tail}" if dialect.tail else ""
    return f"{name} AS (\n{said}{_select(values, source, dialect, dialect.top)}{tail}\n)"


def _select(values: Sequence[exp.Expr], source: exp.Expr | str, dialect: Dialect, top: str = "") -> str:
    """A column a line. Lines are put together here: a text or a name from the data may hold a line break."""
    written = ",\n  ".join(_written(value, dialect) for value in values)
    place = source if isinstance(source, str) else source.sql(dialect=dialect.sqlglot)
    return f"SELECT{f' {top}' if top else ''}\n  {written}\nFROM {place}"


def _written(value: exp.Expr, dialect: Dialect) -> str:
    if isinstance(value, exp.Alias) and isinstance(value.this, exp.Column) and value.this.name == value.alias:
        value = value.this
    return value.sql(dialect=dialect.sqlglot)


def _final(
    segmentation: Segmentation,
    keys: Sequence[str],
    carried: Sequence[str],
    own: Own,
    shown: Mapping[str, exp.Identifier],
    dialect: Dialect,
) -> list[exp.Expr]:
    segment, probability, second = free_names(keys)

    def name_of(place: str) -> exp.Expr:
        case = exp.Case(this=exp.Column(this=shown[own(place)].copy()))
        for j, s in enumerate(segmentation.segments):
            case = case.when(exp.Literal.number(j), text_literal(s.name, dialect))
        return case

    alone = len(segmentation.segments) == 1
    runner_up = exp.cast(exp.Null(), "VARCHAR") if alone else name_of("second_place")
    return [
        *(
            _aliased(exp.Column(this=shown[c].copy()), exp.to_identifier(k, quoted=True))
            for k, c in zip(keys, carried, strict=True)
        ),
        _aliased(name_of("place"), exp.to_identifier(segment)),
        _aliased(exp.Column(this=shown[own("probability")].copy()), exp.to_identifier(probability)),
        _aliased(runner_up, exp.to_identifier(second)),
    ]
