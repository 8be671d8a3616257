"""TDL filter formulas, as far as collections of this simulator need them."""

import re
from collections.abc import Callable, Mapping

Fields = Mapping[str, str]
Test = Callable[[Fields], object]

_TOKEN = re.compile(r'\s*(\$\$\w+(?::(?:"[^"]*"|\$\w+))?|\$\w+|"[^"]*"|-?\d+|<=|>=|<>|=|<|>|\(|\)|\w+)')
_CLASSES = {"issales": "Sales", "isreceipt": "Receipt", "iscreditnote": "Credit Note", "ispayment": "Payment",
            "isjournal": "Journal", "ispurchase": "Purchase", "isdebitnote": "Debit Note"}  # fmt: skip


class BadFormulaError(Exception):
    """The formula cannot be read; Tally answers such a request with a bare RESPONSE."""


def compile_formula(text: str) -> Test:
    """Turns a formula into a test of one object's fields.

    Fields are looked up in upper case; `CLASS` holds the reserved parent of a voucher type. A field that
    the object lacks is empty and equals nothing.

    Raises:
        BadFormulaError: unknown function, stray token.
    """
    tokens = _tokens(text)
    test, rest = _either(tokens)
    if rest:
        raise BadFormulaError(text)
    return test


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadFormulaError(text)
        tokens.append(match.group(1))
        position = match.end()
    return tokens


def _either(tokens: list[str]) -> tuple[Test, list[str]]:
    left, rest = _both(tokens)
    while rest and rest[0].upper() == "OR":
        right, rest = _both(rest[1:])
        left = _or(left, right)
    return left, rest


def _both(tokens: list[str]) -> tuple[Test, list[str]]:
    left, rest = _single(tokens)
    while rest and rest[0].upper() == "AND":
        right, rest = _single(rest[1:])
        left = _and(left, right)
    return left, rest


def _or(left: Test, right: Test) -> Test:
    return lambda fields: bool(left(fields)) or bool(right(fields))


def _and(left: Test, right: Test) -> Test:
    return lambda fields: bool(left(fields)) and bool(right(fields))


def _single(tokens: list[str]) -> tuple[Test, list[str]]:
    if not tokens:
        raise BadFormulaError("unexpected end")
    if tokens[0].upper() == "NOT":
        inner, rest = _single(tokens[1:])
        return (lambda fields: not inner(fields)), rest
    if tokens[0] == "(":
        inner, rest = _either(tokens[1:])
        if not rest or rest[0] != ")":
            raise BadFormulaError("missing )")
        return inner, rest[1:]
    left = _value(tokens[0])
    if len(tokens) >= 3 and tokens[1] in {"=", "<>", "<", ">", "<=", ">="}:
        return _compare(left, tokens[1], _value(tokens[2])), tokens[3:]
    return left, tokens[1:]


def _value(token: str) -> Test:
    if token.startswith("$$"):
        return _function(token)
    if token.startswith("$"):
        name = token[1:].upper()
        return lambda fields: _typed(fields.get(name, ""))
    if token.startswith('"'):
        return lambda _fields: token[1:-1]
    return lambda _fields: _typed(token)


def _typed(text: str) -> object:
    text = text.strip()
    if text.lstrip("-").isdigit():
        return int(text)
    return {"yes": True, "no": False}.get(text.lower(), text)


def _function(token: str) -> Test:
    name, _, argument = token[2:].partition(":")
    if name.lower() == "date":
        day = argument.strip('"')
        if not (len(day) == 8 and day.isdigit()):
            raise BadFormulaError(token)
        return lambda _fields: int(day)
    if (voucher_class := _CLASSES.get(name.lower())) is not None:
        return lambda fields: fields.get("CLASS") == voucher_class
    raise BadFormulaError(token)


def _compare(left: Test, operator: str, right: Test) -> Test:
    def test(fields: Fields) -> bool:
        a, b = left(fields), right(fields)
        if operator in {"=", "<>"}:
            return (a == b) == (operator == "=")
        if not (isinstance(a, int) and isinstance(b, int)):
            return False
        return {"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[operator]

    return test
