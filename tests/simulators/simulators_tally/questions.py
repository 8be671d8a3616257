"""What a client asked: the request's XML, read in the charset in which it came."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import lru_cache

from simulators_tally.formulas import BadFormulaError, Test, compile_formula


class BadQuestionError(Exception):
    """Not a request that Tally understands."""


@dataclass(frozen=True)
class Question:
    """One export request.

    Attributes:
        kind: `Collection` or `Data` (a built-in report).
        name: id of the collection or report.
        object_type: Voucher, Ledger, Group, VoucherType or Company; empty for reports.
        company: None when SVCURRENTCOMPANY is not given.
        fetch: names of the wanted fields, lower case.
        tests: the collection's filters.
    """

    kind: str
    name: str
    object_type: str
    company: str | None
    fetch: frozenset[str]
    tests: tuple[Test, ...]


def decode(body: bytes, content_type: str) -> tuple[str, bool]:
    """The text of a request and whether it came as UTF-16."""
    is_wide = body[:2] in (b"\xff\xfe", b"\xfe\xff") or "utf-16" in content_type.lower()
    try:
        if is_wide:
            return body.decode("utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-le"), True
        return body.decode("utf-8-sig"), False
    except UnicodeDecodeError as error:
        raise BadQuestionError("undecodable") from error


@lru_cache(maxsize=256)
def read_question(text: str) -> Question:
    """Reads a request.

    Raises:
        BadQuestionError: ill-formed, not an export, unreadable filter.
    """
    if "<!" in text:
        raise BadQuestionError("document type")
    try:
        root = ET.fromstring(text)  # noqa: S314 - no document type, so no entities
    except ET.ParseError as error:
        raise BadQuestionError("ill-formed") from error
    header = root.find("HEADER")
    if root.tag != "ENVELOPE" or header is None or _text(header, "TALLYREQUEST").lower() != "export":
        raise BadQuestionError("no export")
    kind, name = _text(header, "TYPE"), _text(header, "ID")
    company = root.find("BODY/DESC/STATICVARIABLES/SVCURRENTCOMPANY")
    object_type, fetch = "", frozenset[str]()
    tests: tuple[Test, ...] = ()
    if kind.lower() == "collection":
        object_type, fetch, tests = _collection(root, name)
    elif kind.lower() != "data":
        raise BadQuestionError("type")
    return Question(
        kind=kind.lower(),
        name=name,
        object_type=object_type,
        company=None if company is None else (company.text or ""),
        fetch=fetch,
        tests=tests,
    )


def _text(parent: ET.Element, tag: str) -> str:
    child = parent.find(tag)
    return "" if child is None else (child.text or "").strip()


def _collection(root: ET.Element, name: str) -> tuple[str, frozenset[str], tuple[Test, ...]]:
    message = root.find("BODY/DESC/TDL/TDLMESSAGE")
    if message is None:
        raise BadQuestionError("no TDL")
    formulas = {(item.get("NAME") or "").lower(): item.text or "" for item in message.iter("SYSTEM")}
    for collection in message.iter("COLLECTION"):
        if collection.get("NAME") != name:
            continue
        fetch = frozenset(
            field.strip().lower()
            for item in collection.iter("FETCH")
            for field in (item.text or "").split(",")
            if field.strip()
        )
        names = [part.strip().lower() for item in collection.iter("FILTERS") for part in (item.text or "").split(",")]
        try:
            tests = tuple(compile_formula(formulas[part]) for part in names if part)
        except (KeyError, BadFormulaError) as error:
            raise BadQuestionError("filter") from error
        return _text(collection, "TYPE").lower().replace(" ", ""), fetch, tests
    raise BadQuestionError("collection")
