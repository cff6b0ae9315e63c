"""From the text of a formula to its tree, and what can be said of it without data."""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from segscope.errors import FormulaError, did_you_mean
from segscope.formula.tree import Call, Day, Name, Node, Number

MAX_DEPTH = 50
ARITY: dict[str, tuple[int, int]] = {
    "sum": (1, 99), "mean": (1, 99), "min": (2, 99), "max": (2, 99), "ratio": (2, 2), "days": (2, 2), "year": (1, 1),
    "log": (1, 1), "if": (3, 3), "fill": (2, 2), "abs": (1, 1),
}  # fmt: skip
TOKEN = re.compile(
    r"\s*(?:(?P<day>\d{4}-\d{2}-\d{2})|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|`(?P<quoted>(?:[^`]|``)+)`"
    r"|(?P<name>[^\W\d]\w*)|(?P<sign><=|>=|!=|[-+*/(),<>=]))"
)
PRECEDENCE = {"<": 1, "<=": 1, ">": 1, ">=": 1, "=": 1, "!=": 1, "+": 2, "-": 2, "*": 3, "/": 3}


@lru_cache(maxsize=1024)
def parse(text: str) -> Node:
    """Read a formula.

    Parameters
    ----------
    text : the formula; names with spaces or signs stand in backticks

    Raises
    ------
    FormulaError : with the place where reading stopped

    >>> parse("ratio(spend, 2)")
    Call(function='ratio', arguments=(Name(column='spend'), Number(value=2.0)))
    >>> parse("summ(a)")
    Traceback (most recent call last):
    segscope.errors.FormulaError: There is no function 'summ'. Did you mean sum?
    >>> parse("1 +")
    Traceback (most recent call last):
    segscope.errors.FormulaError: The formula '1 +' stops early: a number, a column or a function is missing.
    """
    parser = _Parser(text)
    node = parser.expression(0, 0)
    parser.expect_end()
    return node


def columns(node: Node) -> tuple[str, ...]:
    """Names of the columns that a formula reads, each once, in order of appearance.

    >>> columns(parse("(a + b) / a"))
    ('a', 'b')
    """
    return tuple(dict.fromkeys(_names(node)))


def quote(name: str) -> str:
    """Write a column's name as a formula does, in backticks where needed.

    >>> quote("MntWines"), quote("Order value"), quote("odd`name")
    ('MntWines', '`Order value`', '`odd``name`')
    """
    plain = re.fullmatch(r"[^\W\d]\w*", name) and name.lower() not in ARITY
    return name if plain else "`" + name.replace("`", "``") + "`"


class _Parser:
    """Precedence climbing over tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.place = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self.place += 1
        return token

    def expression(self, weakest: int, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise FormulaError(f"The formula is nested deeper than {MAX_DEPTH} levels.")
        left = self.operand(depth)
        while self.peek()[0] == "sign" and PRECEDENCE.get(self.peek()[1], 0) > weakest:
            sign = self.take()[1]
            left = Call(sign, (left, self.expression(PRECEDENCE[sign], depth + 1)))
        return left

    def operand(self, depth: int) -> Node:
        kind, text = self.take()
        if kind == "number":
            return Number(float(text))
        if kind == "day":
            try:
                return Day(date.fromisoformat(text))
            except ValueError:
                raise FormulaError(f"The formula {self.text!r} holds {text}, which is no date.") from None
        if kind == "quoted":
            return Name(text.replace("``", "`"))
        if kind == "name":
            return self.call(text.lower(), depth) if self.peek() == ("sign", "(") else Name(text)
        if (kind, text) == ("sign", "-"):
            return Call("-", (Number(0.0), self.expression(PRECEDENCE["*"], depth + 1)))
        if (kind, text) == ("sign", "("):
            node = self.expression(0, depth + 1)
            self.expect(")")
            return node
        if kind == "end":
            raise FormulaError(f"The formula {self.text!r} stops early: a number, a column or a function is missing.")
        raise FormulaError(f"The formula {self.text!r} has {text!r} where a number, a column or a function must be.")

    def call(self, function: str, depth: int) -> Node:
        if function not in ARITY:
            raise FormulaError(f"There is no function {function!r}.{did_you_mean(function, ARITY)}")
        self.take()
        arguments = [self.expression(0, depth + 1)]
        while self.peek() == ("sign", ","):
            self.take()
            arguments.append(self.expression(0, depth + 1))
        self.expect(")")
        least, most = ARITY[function]
        if not least <= len(arguments) <= most:
            wanted = str(least) if least == most else f"{least} or more"
            raise FormulaError(f"The function {function} takes {wanted} arguments. Got {len(arguments)}.")
        return Call(function, tuple(arguments))

    def expect(self, sign: str) -> None:
        if self.take() != ("sign", sign):
            raise FormulaError(f"The formula {self.text!r} lacks a {sign!r}.")

    def expect_end(self) -> None:
        kind, text = self.peek()
        if kind != "end":
            raise FormulaError(f"The formula {self.text!r} goes on with {text!r} where it should end.")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    stripped = text.rstrip()
    while place < len(stripped):
        match = TOKEN.match(stripped, place)
        if match is None or match.lastgroup is None:
            raise FormulaError(f"The formula {text!r} has a sign that it cannot read at place {place + 1}.")
        yield ("name" if match.lastgroup == "name" else match.lastgroup), match.group(match.lastgroup)
        place = match.end()


def _names(node: Node) -> Iterator[str]:
    match node:
        case Name(column):
            yield column
        case Call(_, arguments):
            for argument in arguments:
                yield from _names(argument)
        case _:
            return
