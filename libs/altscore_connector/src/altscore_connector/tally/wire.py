"""Questions to Tally and its replies: UTF-16 both ways, one request in flight, a parser for almost-XML."""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from threading import Lock
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLPullParser, fromstring
from xml.sax.saxutils import escape, quoteattr

import httpx

from altscore_connector.errors import TallyError, TallyUnreachableError
from altscore_connector.tally.replies import PART_BYTES, HeldReply

_REFERENCE = re.compile(r"&#(x[0-9A-Fa-f]+|[0-9]+);")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_PREFIXED = re.compile(r"(</?)([A-Za-z_][\w.\-]*):(?=[A-Za-z_])")
_TAIL = 200
_COLLECTION = ("BODY", "DATA", "COLLECTION")
_END = re.compile(r"</(?:ENVELOPE|RESPONSE)>\s*\Z")


def tally_date(day: date) -> str:
    """A date as a formula literal."""
    return f'$$Date:"{day:%Y%m%d}"'


def collection_request(
    object_type: str, *, company: str | None, fetch: Sequence[str], filters: Mapping[str, str] | None = None
) -> str:
    """The request for a collection.

    Args:
        object_type: Voucher, Ledger, Group or Company.
        company: SVCURRENTCOMPANY; None only for the list of companies.
        fetch: fields; unknown names are ignored by Tally without a word.
        filters: formulas by name; an object must pass all of them.
    """
    name = f"AltScore{object_type}s"
    current = f"<SVCURRENTCOMPANY>{escape(company)}</SVCURRENTCOMPANY>" if company is not None else ""
    formulas = "".join(
        f'<SYSTEM TYPE="Formulae" NAME={quoteattr(key)}>{escape(text)}</SYSTEM>'
        for key, text in (filters or {}).items()
    )
    filter_list = f"<FILTERS>{','.join(filters)}</FILTERS>" if filters else ""
    return (
        "<ENVELOPE><HEADER><VERSION>1</VERSION><TALLYREQUEST>Export</TALLYREQUEST><TYPE>Collection</TYPE>"
        f"<ID>{name}</ID></HEADER><BODY><DESC><STATICVARIABLES><SVEXPORTFORMAT>$$SysName:XML</SVEXPORTFORMAT>{current}"
        f'</STATICVARIABLES><TDL><TDLMESSAGE><COLLECTION NAME="{name}" ISMODIFY="No"><TYPE>{object_type}</TYPE>'
        f"<FETCH>{','.join(fetch)}</FETCH>{filter_list}</COLLECTION>{formulas}</TDLMESSAGE></TDL></DESC></BODY></ENVELOPE>"
    )


def report_request(name: str, *, company: str) -> str:
    """The request for a built-in report."""
    return (
        "<ENVELOPE><HEADER><VERSION>1</VERSION><TALLYREQUEST>Export</TALLYREQUEST><TYPE>Data</TYPE>"
        f"<ID>{escape(name)}</ID></HEADER><BODY><DESC><STATICVARIABLES><SVEXPORTFORMAT>$$SysName:XML</SVEXPORTFORMAT>"
        f"<SVCURRENTCOMPANY>{escape(company)}</SVCURRENTCOMPANY><EXPLODEFLAG>Yes</EXPLODEFLAG></STATICVARIABLES></DESC>"
        "</BODY></ENVELOPE>"
    )


def decode_reply(data: bytes, *, is_wide: bool = True) -> str:
    """Text of a reply; it is UTF-16LE without BOM when it was asked so.

    Raises:
        TallyError: not decodable, which happens when the other charset came back.
    """
    return "".join(_texts([data], is_wide=is_wide))


def _texts(parts: Iterable[bytes], *, is_wide: bool) -> Iterator[str]:
    decoder, is_first = getincrementaldecoder("utf-16-le" if is_wide else "utf-8")(), True
    try:
        for data, is_last in chain(((part, False) for part in parts), [(b"", True)]):
            text = decoder.decode(data, is_last)
            if text:
                yield text.removeprefix("\ufeff") if is_first else text
                is_first = False
    except UnicodeDecodeError as error:
        raise TallyError("the reply is not in the charset in which we asked") from error


def parse(text: str) -> Element:
    """Parses a reply: complete to its end tag, no document type, forbidden characters and prefixes rewritten.

    Raises:
        TallyError: cut, refused, an error line, or not parseable even then.
    """
    if not _END.search(text[-_TAIL:]):
        raise TallyError("the reply was cut: it has no end tag")
    try:
        # Without a document type there are no entities; defusedxml parses in Python and takes twice as long.
        root = fromstring(_tidy(text))  # noqa: S314
    except ParseError as error:
        raise TallyError("the reply cannot be parsed") from error
    if root.tag == "RESPONSE":
        raise TallyError("Tally does not understand the request")
    if root.find(".//LINEERROR") is not None:
        raise TallyError("Tally answered with an error line; is the company loaded?")
    return root


def _tidy(text: str) -> str:
    tidy = _CONTROL.sub("", _REFERENCE.sub(_allowed_reference, text))
    if _PREFIXED.search(tidy):
        tidy = _PREFIXED.sub(r"\1\2_", tidy)
    if "<!DOCTYPE" in tidy:
        raise TallyError("the reply has a document type, which Tally never writes")
    return tidy


def objects_of(texts: Iterable[str], tag: str) -> Iterator[Element]:
    """The objects of a reply's collection as `parse` and `objects` give them, one after the other.

    An object is forgotten once the next one is asked for. The reply holds only when the last one was given out.

    Raises:
        TallyError: as `parse`, perhaps after some objects.
    """
    reader, rest, tail = _CollectionReader(tag), "", ""
    for text in texts:
        tail = (tail + text)[-_TAIL:]
        # No reference, tag name or document type goes over a ">".
        whole, mark, open_end = (rest + text).rpartition(">")
        rest = open_end
        yield from reader.read(_tidy(whole + mark))
    if not _END.search(tail):
        raise TallyError("the reply was cut: it has no end tag")
    yield from reader.read(_tidy(rest))
    reader.end()


class _CollectionReader:
    """Takes a reply in pieces and gives out the objects of its first collection."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
        self._open: list[Element] = []
        self._collections = 0

    def read(self, text: str) -> Iterator[Element]:
        """The objects that end in this piece."""
        try:
            self._parser.feed(text)
            events: list[Any] = list(self._parser.read_events())
        except ParseError as error:
            raise TallyError("the reply cannot be parsed") from error
        for event, element in events:
            if event == "start":
                self._open.append(element)
                self._check(element)
                continue
            self._open.pop()
            if element.tag == self._tag and self._collections == 1 and self._is_in_collection():
                yield element
                self._open[-1].remove(element)

    def end(self) -> None:
        """Makes sure that nothing is open."""
        try:
            self._parser.close()
        except ParseError as error:
            raise TallyError("the reply cannot be parsed") from error

    def _check(self, element: Element) -> None:
        if element.tag == "RESPONSE" and len(self._open) == 1:
            raise TallyError("Tally does not understand the request")
        if element.tag == "LINEERROR":
            raise TallyError("Tally answered with an error line; is the company loaded?")
        self._collections += element.tag == _COLLECTION[-1] and self._is_in_collection()

    def _is_in_collection(self) -> bool:
        return tuple(element.tag for element in self._open[1:]) == _COLLECTION


def _allowed_reference(reference: re.Match[str]) -> str:
    digits = reference.group(1)
    code = int(digits[1:], 16) if digits[0] == "x" else int(digits)
    is_allowed = (
        code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
    )
    return reference.group(0) if is_allowed else ""


def objects(root: Element, tag: str) -> list[Element]:
    """The objects of a collection; the counters of CMPINFO reuse their names and are not objects."""
    collection = root.find("BODY/DATA/COLLECTION")
    return [] if collection is None else collection.findall(tag)


def text_of(element: Element, tag: str) -> str:
    """Trimmed text of a direct child; empty when it is missing."""
    child = element.find(tag)
    return "" if child is None else (child.text or "").strip()


class TallyPort:
    """One Tally; it can serve one request at a time, so we never send a second one.

    Args:
        url: of its XML port.
        timeout_s: a long answer is normal; a client that leaves does not stop it.
    """

    def __init__(self, url: str, *, timeout_s: float = 600.0) -> None:
        # Tally speaks plain HTTP; loading authorities would take longer than asking.
        needs_tls = url.startswith("https:")
        timeout = httpx.Timeout(timeout_s, connect=5.0)
        self._http = httpx.Client(base_url=url, verify=needs_tls, timeout=timeout, trust_env=False)
        self._in_flight = Lock()

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()

    def ask(self, request: str) -> Element:
        """Sends a request and parses the whole reply.

        Raises:
            TallyUnreachableError: no answer. It is not tried again at once: Tally goes on working on the first
                request.
            TallyError: the reply does not hold.
        """
        held, is_wide = self.reply(request)
        return parse("".join(_texts(held, is_wide=is_wide)))

    def objects(self, request: str, tag: str) -> Iterator[Element]:
        """Sends a request for a collection and gives out its objects one after the other.

        Raises:
            TallyUnreachableError: as `ask`.
            TallyError: as `objects_of`.
        """
        held, is_wide = self.reply(request)
        yield from objects_of(_texts(held, is_wide=is_wide), tag)

    def reply(self, request: str) -> tuple[Iterable[bytes], bool]:
        """The bytes of a reply that has come whole, and whether they are UTF-16.

        Raises:
            TallyUnreachableError: as `ask`.
            TallyError: another status than 200.
        """
        content, headers = b"\xff\xfe" + request.encode("utf-16-le"), {"Content-Type": "text/xml; charset=utf-16"}
        try:
            with self._in_flight, self._http.stream("POST", "/", content=content, headers=headers) as response:
                if response.status_code != 200:
                    raise TallyError(f"Tally answered {response.status_code}")
                is_wide = "utf-16" in response.headers.get("content-type", "").lower()
                return HeldReply(response.iter_bytes(PART_BYTES)), is_wide
        except httpx.HTTPError as error:
            raise TallyUnreachableError(f"Tally did not answer: {type(error).__name__}") from error
