"""Words and signs that cells are written with, in the languages of the files that people have."""
# ruff: noqa: RUF001

MISSING = frozenset(
    (
        "", "na", "n/a", "#n/a", "n.a.", "n. a.", "n.a", "<na>", "#na", "null", "(null)", "<null>", "#null!", "nil",
        "none", "nan", "-nan", "nat", "missing", "(missing)", "(blank)", "(empty)", "<blank>", "empty", "blank",
        "\\n", "-", "--", "---", "–", "—", ".", "?", "??", "*", "#value!", "#ref!", "#div/0!", "#num!", "#name?",
        "leer", "leere", "(leer)", "k.a.", "k. a.", "k.a", "k/a", "keine angabe", "fehlt", "n.v.t.", "n.d.", "n.d",
        "s/d", "s.d.", "vide", "(vide)", "vacio", "vacío", "(vacío)", "nulo", "b.d.", "nd", "not available",
        "not applicable", "no data", "undefined",
    )
)  # fmt: skip

# The words for yes and for no of each language; a column is a yes/no column if one line holds all of its values.
YES_NO = (
    ({"yes", "y", "true", "t"}, {"no", "n", "false", "f"}),
    ({"ja", "j", "wahr"}, {"nein", "n", "falsch"}),
    ({"oui", "o", "vrai"}, {"non", "n", "faux"}),
    ({"sí", "si", "sì", "s", "verdadero", "vero"}, {"no", "n", "falso"}),
    ({"sim", "s", "verdadeiro"}, {"não", "nao", "n", "falso"}),
    ({"ja", "j", "waar"}, {"nee", "n", "onwaar"}),
    ({"ja", "j", "sant", "sand", "sann"}, {"nej", "nei", "n", "falskt", "falsk", "usann"}),
    ({"tak", "t", "prawda"}, {"nie", "n", "fałsz"}),
    ({"ano", "a", "pravda"}, {"ne", "n", "nepravda"}),
    ({"áno", "ano", "a"}, {"nie", "n"}),
    ({"da", "d", "adevărat"}, {"nu", "n", "fals"}),
    ({"да", "д", "истина"}, {"нет", "н", "ложь"}),
    ({"da", "d"}, {"ne", "n"}),
    ({"igen", "i", "igaz"}, {"nem", "n", "hamis"}),
    ({"evet", "e", "doğru"}, {"hayır", "h", "yanlış"}),
    ({"kyllä", "k", "tosi"}, {"ei", "e", "epätosi"}),
    ({"ναι"}, {"όχι"}),
    ({"是"}, {"否"}),
    ({"はい"}, {"いいえ"}),
    ({"예"}, {"아니요"}),
)

YES_NO_WORDS = frozenset().union(*(yes | no for yes, no in YES_NO))

# Every way to write a currency, and its code. Signs that several currencies share stay signs.
CURRENCIES = {
    "€": "EUR", "$": "$", "£": "GBP", "¥": "¥", "₹": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY", "₴": "UAH", "₪": "ILS",
    "₫": "VND", "฿": "THB", "R$": "BRL", "US$": "USD", "A$": "AUD", "C$": "CAD", "zł": "PLN", "Kč": "CZK", "kr": "kr",
    "Ft": "HUF", "Rs": "INR", "Fr": "CHF", "SFr": "CHF",
    **{
        code: code
        for code in (
            "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR", "BRL", "AUD", "CAD", "NZD", "SEK", "NOK", "DKK", "PLN",
            "CZK", "HUF", "RON", "BGN", "RUB", "UAH", "TRY", "ZAR", "MXN", "SGD", "HKD", "KRW", "THB", "IDR", "MYR",
            "PHP", "VND", "ILS", "AED", "SAR", "EGP", "NGN", "KES", "ARS", "CLP", "COP", "PEN",
        )
    },
}  # fmt: skip

UNITS = (
    "%", "‰", "°C", "°F", "°", "kg", "g", "mg", "t", "lb", "lbs", "oz", "km", "m", "cm", "mm", "mi", "ft", "in",
    "km/h", "mph", "l", "L", "ml", "cl", "m²", "m2", "qm", "sqm", "h", "hr", "hrs", "hour", "hours", "min", "mins",
    "minutes", "s", "sec", "secs", "seconds", "ms", "d", "day", "days", "week", "weeks", "month", "months", "y", "yr",
    "yrs", "year", "years", "Tag", "Tage", "Jahr", "Jahre", "Std", "Stunden", "Monate", "jours", "ans", "pc", "pcs",
    "pts", "points", "Stk", "Stück", "St", "x", "items", "units", "times", "stars", "orders", "visits", "kWh", "kW",
    "W", "GB", "MB", "KB",
)  # fmt: skip

# The first letters that tell a month, in English, German, French, Spanish, Italian, Portuguese, Dutch and Nordic names.
_MONTH_STARTS = (
    ("jan", "ene", "gen", "jän"),
    ("feb", "fév", "fev"),
    ("mar", "mär", "mrz", "maa", "mrt"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mag", "mei", "maj"),
    ("jun", "juin", "giu"),
    ("jul", "juil", "lug"),
    ("aug", "aoû", "aou", "ago"),
    ("sep", "set"),
    ("oct", "okt", "ott", "out"),
    ("nov",),
    ("dec", "dez", "déc", "dic", "des"),
)
# The key is the first three letters of a name in lower case; French June and July need four.
MONTHS = {start: number for number, starts in enumerate(_MONTH_STARTS, start=1) for start in starts}
