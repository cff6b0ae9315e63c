"""Names and texts as SQL writes them."""


def literal(text: str) -> str:
    """A text in single quotes, as DuckDB reads it.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name in double quotes.

    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def backticked(name: str) -> str:
    """A name in backticks, as Spark reads it.

    >>> backticked("a`b")
    '`a``b`'
    """
    return "`" + name.replace("`", "``") + "`"


def escaped(text: str) -> str:
    """A text in single quotes, as Spark reads it: a backslash escapes there.

    >>> print(escaped("it's"))
    'it\\'s'
    """
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
