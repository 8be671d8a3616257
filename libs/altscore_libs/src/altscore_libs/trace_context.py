"""W3C trace context: ids, the traceparent header, and which share of all traces is chosen. No I/O, no state."""

import re
import secrets
from typing import NamedTuple
from uuid import NAMESPACE_OID, uuid5

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
_RANDOM_DIGITS = 14  # of a trace id, at its end: 56 bits, random in a UUID of version 4 or 7 too
_SAMPLED = 1
MOST_LINKS = 64
_SOME_SPAN = f"{1:016x}"


class Parent(NamedTuple):
    """What a traceparent says."""

    trace_id: str
    span_id: str
    is_sampled: bool


def below(ratio: float) -> str:
    """The text below which the end of that share of all trace ids lies, for is_below()."""
    if ratio >= 1:
        return "g"  # behind every hexadecimal digit
    return f"{int(ratio * 16**_RANDOM_DIGITS):0{_RANDOM_DIGITS}x}"


def is_below(trace_id: str, limit: str) -> bool:
    """Whether a trace is one of the share that below() was made for."""
    return trace_id[-_RANDOM_DIGITS:] < limit


def new_trace_id() -> str:
    """32 random hexadecimal digits."""
    return secrets.token_hex(16)


def trace_id_of(text: str) -> str:
    """The trace id of something that many processes take part in at different times, such as a run by its id."""
    return uuid5(NAMESPACE_OID, text).hex


def is_trace_id(text: str) -> bool:
    """Whether a text is a trace id, for one that an event's producer wrote."""
    return _TRACE_ID.fullmatch(text) is not None


def parse_links(text: str) -> tuple[Parent, ...]:
    """What a links header says, as far as it can be read."""
    parents = map(parse, text.split(",")[:MOST_LINKS])
    return tuple(parent for parent in parents if parent is not None)


def parse(traceparent: str | None) -> Parent | None:
    """What a traceparent says; None where it is none."""
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if match is None:
        return None
    trace_id, span_id, flags = match.groups()
    return Parent(trace_id, span_id, bool(int(flags, 16) & _SAMPLED))


def unrecorded(trace_id: str) -> str:
    """A traceparent where no span is recorded: some parent id that is not zero, and no flag."""
    return f"00-{trace_id}-{trace_id[16:] if trace_id[16:].strip('0') else _SOME_SPAN}-00"
