"""Where the SQL of a model can be changed: numbers, comparisons, operators, functions, texts; in Jinja's texts as well.

A place is marked with a comment that survives the compilation, so that one run of dbt serves every change.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

COMPARISONS = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "=": ("<>",),
    "<>": ("=",),
}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*"}
WORDS = {"and": "or", "or": "and", "desc": "asc", "not": "", "is null": "is not null", "is not null": "is null"}
FUNCTIONS = {"min": "max", "max": "min", "least": "greatest", "greatest": "least"}
AFTER_JOIN = {"where", "group", "order", "having", "select", "union", "left", "inner", "full", "window", "case"}
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
JINJA_TEXT = re.compile(r"'([^']*)'|\"([^\"]*)\"")
JINJA_NUMBER = re.compile(r",\s*(-?\d+(?:\.\d+)?)\s*\)")
TOKEN = re.compile(
    r"""(?P<skipped>--[^\n]*|decimal\(\d+,\s\d+\)|order\ by\ \d+(?:,\ \d+)*
        |between\ unbounded\ preceding\ and\ current\ row|between\ current\ row\ and\ unbounded\ following)
    |(?P<text>'[^'\n]*')
    |(?P<word>is\ not\ null\b|is\ null\b|[A-Za-z_][\w.]*)
    |(?P<number>\d+(?:\.\d+)?(?:e\d+)?)
    |(?P<comparison><=|>=|<>|<|>|=)
    |(?P<arithmetic>[-+*/])
    |(?P<punctuation>[(),])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Place:
    """A token of a file that can be replaced.

    Attributes:
        number: of all places; the mark in the SQL.
        before, after: its neighbourhood on the line, which names it.
        is_argument: a bare number that a macro is called with; it is marked as a text.
    """

    number: int
    file: str
    line: int
    token: str
    variants: tuple[str, ...]
    before: str
    after: str
    is_argument: bool

    @property
    def mark(self) -> str:
        """The token as it stands in the compiled SQL."""
        return f"/*@{self.number}*/ {self.token} /*@*/"


@dataclass(frozen=True)
class Change:
    """A replacement of one place; `name` is the key of the list of equivalents."""

    place: Place
    replacement: str
    name: str

    def apply(self, sql: str) -> str:
        """The SQL with every expansion of the place replaced."""
        return sql.replace(self.place.mark, f" {self.replacement} ")


@dataclass
class _Context:
    """What stands before a token decides what it is."""

    previous: str = ""
    is_joining: bool = False
    is_between: bool = False


@dataclass
class Marker:
    """Marks the places of one file after another."""

    places: list[Place] = field(default_factory=list)

    def mark_file(self, file: str, text: str) -> str:
        """The file with its marks."""
        marked, end = [], 0
        for start, stop, variants, is_argument in sorted(_tokens(text)):
            line_start = text.rfind("\n", 0, start) + 1
            line_end = text.find("\n", stop) if "\n" in text[stop:] else len(text)
            place = Place(
                number=len(self.places),
                file=file,
                line=text.count("\n", 0, start) + 1,
                token=text[start:stop],
                variants=variants,
                before=text[max(line_start, start - 30) : start].lstrip(),
                after=text[stop : min(line_end, stop + 20)].rstrip(),
                is_argument=is_argument,
            )
            self.places.append(place)
            quote = "'" if is_argument else ""
            marked += [text[end:start], quote, place.mark, quote]
            end = stop
        return "".join([*marked, text[end:]])

    def mark_number(self, file: str, name: str, value: int) -> str:
        """A variable of dbt as a text with its mark."""
        place = Place(
            number=len(self.places),
            file=file,
            line=0,
            token=str(value),
            variants=_numbers(str(value)),
            before=f"{name}: ",
            after="",
            is_argument=True,
        )
        self.places.append(place)
        return place.mark

    def changes(self) -> list[Change]:
        """All of them; equal names in a file are numbered."""
        changes: list[Change] = []
        seen: dict[str, int] = {}
        for place in self.places:
            for replacement in place.variants:
                name = f"{place.before}[{place.token} -> {replacement}]{place.after}"
                key = f"{place.file}: {name}"
                seen[key] = seen.get(key, 0) + 1
                changes.append(Change(place, replacement, name if seen[key] == 1 else f"{name} #{seen[key]}"))
        return changes


def _tokens(text: str) -> Iterator[tuple[int, int, tuple[str, ...], bool]]:
    """Start, end, variants, and whether it is an argument of a macro."""
    context, end = _Context(), 0
    for block in JINJA.finditer(text):
        yield from _sql_tokens(text, end, block.start(), context=context)
        end = block.end()
        if block.group().startswith(("{{", "{% set", "{%- set")):
            yield from _jinja_tokens(text, block.start(), block.end())
            context.previous = "}}"
    yield from _sql_tokens(text, end, len(text), context=context)


def _jinja_tokens(text: str, start: int, end: int) -> Iterator[tuple[int, int, tuple[str, ...], bool]]:
    texts = list(JINJA_TEXT.finditer(text, start, end))
    for quoted in texts:
        group = 1 if quoted.group(1) is not None else 2
        yield from _sql_tokens(text, quoted.start(group), quoted.end(group), context=_Context())
    for number in JINJA_NUMBER.finditer(text, start, end):
        if not any(quoted.start() < number.start(1) < quoted.end() for quoted in texts):
            yield number.start(1), number.end(1), _numbers(number.group(1)), True


def _sql_tokens(
    text: str, start: int, end: int, *, context: _Context
) -> Iterator[tuple[int, int, tuple[str, ...], bool]]:
    for match in TOKEN.finditer(text, start, end):
        kind, token = str(match.lastgroup), match.group()
        if kind == "skipped":
            continue
        variants = _variants(kind, token, rest=text[match.end() : end], context=context)
        if variants:
            yield match.start(), match.end(), variants, False
        context.previous = token


def _variants(kind: str, token: str, *, rest: str, context: _Context) -> tuple[str, ...]:
    match kind:
        case "number":
            return _numbers(token)
        case "text":
            return (f"'{token[1:-1]}_'",) if len(token) > 3 else ()
        case "comparison":
            is_key = token == "=" and "." in context.previous and re.match(r"\s*[a-z]+\.\w", rest)
            return () if is_key else COMPARISONS[token]
        case "arithmetic":
            is_star = token == "*" and (context.previous in {"", "select", "(", ","} or context.previous.endswith("."))
            return () if is_star else (ARITHMETIC[token],)
        case "word":
            return _words(token, rest, context)
    return ()


def _words(token: str, rest: str, context: _Context) -> tuple[str, ...]:
    if token in FUNCTIONS:
        return (FUNCTIONS[token],) if rest.startswith("(") else ()
    if token == "on" or token in AFTER_JOIN:
        context.is_joining = token == "on"
    if token == "between":
        context.is_between = True
        return ()
    if token == "and" and (context.is_between or context.is_joining):
        context.is_between = False
        return ()
    return (WORDS[token],) if token in WORDS else ()


def _numbers(token: str) -> tuple[str, ...]:
    if token.lstrip("-").isdigit():
        return (str(int(token) + 1), str(int(token) - 1))
    value = Decimal(token)
    return (str(value + Decimal(1).scaleb(int(value.as_tuple().exponent))),)
