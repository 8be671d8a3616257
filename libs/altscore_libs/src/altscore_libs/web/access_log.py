"""The access line: one for each answered request, with the pattern of its route and nothing of the caller's text.

It is put together here and not by the formatter of the other lines, which costs ten times as much; this is on the path
of every request.
"""

import json
import time
from collections.abc import Sequence
from functools import lru_cache

from starlette.types import Scope

from altscore_libs import logs
from altscore_libs.telemetry import access
from altscore_libs.trace_context import Parent, is_below
from altscore_libs.web.routing import HotRoute, peer_of_scope

LOGGER = "altscore.access"
SUCCESS_BELOW, FAULT = 300, 500
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_CHECKED = frozenset({"request_id", "trace_id"})  # by their form, where the request arrived
_text = json.encoder.encode_basestring_ascii


def write(scope: Scope, *, status: int, seconds: float, trace_id: str, links: Sequence[Parent] = ()) -> None:
    """Writes the line of a request, or nothing where the settings spare it."""
    route = scope.get("route")
    if (
        status < SUCCESS_BELOW
        and seconds < access.slow_s
        and isinstance(route, HotRoute)
        and not is_below(trace_id, access.written_below)
    ):
        return
    fields = "".join([f",{_text(name)}:{_value(name, value)}" for name, value in logs.bound_fields().items() if value])
    caller = peer_of_scope(scope).service
    if caller is not None:
        fields += f',"peer":{_text(caller)}'
    if status >= SUCCESS_BELOW:
        code = scope["state"].get("problem_code")
        if code is not None:
            fields += f',"code":{_text(code)}'
    if links:
        fields += f',"linked_traces":{json.dumps([link.trace_id for link in links])}'
    logs.write_line(
        "info" if status < FAULT else "warning",
        f'"logger":"{LOGGER}","message":"request","method":"{method_of(scope)}",'
        f'"route":{_pattern(getattr(route, "path", "none"))},"status":{status},"ms":{seconds * 1000:.1f}{fields}',
        at_s=time.time(),
    )


def method_of(scope: Scope) -> str:
    """The method of a request, "other" for one that is not of HTTP itself: it would be the caller's text."""
    method: str = scope["method"]
    return method if method in _METHODS else "other"


def _value(name: str, value: str) -> str:
    return _text(value if name in _CHECKED else logs.redact(value))


@lru_cache(maxsize=512)
def _pattern(path: str) -> str:
    return _text(path)
