"""Regular expressions as Java writes them. Ours are those of RE2, as DuckDB takes them."""

import re

TOKEN = re.compile(r"\\x\{[0-9a-fA-F]+\}|\\.|\[:(\w+):\]|\[|\]|\$|\(\?i\)", re.DOTALL)
CLASSES = {"alpha": r"\p{Alpha}", "digit": "0-9", "alnum": r"\p{Alnum}", "upper": "A-Z", "lower": "a-z"}


def java_pattern(pattern: str) -> str:
    r"""The same pattern for Java: the end is the very end, classes have other names, letters are Unicode's.

    >>> print(java_pattern(r"^(?i)[[:alpha:]$]\$+$"))
    ^(?iu)[\p{Alpha}$]\$+\z
    """
    within = False

    def told(found: re.Match[str]) -> str:
        nonlocal within
        sign = found[0]
        if found[1]:
            return CLASSES[found[1]]
        if sign == "[" and within:
            return r"\["  # a sign like others, for Java the begin of a class in a class
        if sign in "[]":
            within = sign == "["
        if within:
            return sign
        return {"$": r"\z", "(?i)": "(?iu)"}.get(sign, sign)

    return TOKEN.sub(told, pattern)


def java_replacement(replacement: str) -> str:
    r"""The same replacement for Java, in which a dollar names a part.

    >>> print(java_replacement(r"\1-\2"), java_replacement("$"))
    $1-$2 \$
    """
    return re.sub(r"\\(\d)", r"$\1", replacement.replace("$", r"\$"))
