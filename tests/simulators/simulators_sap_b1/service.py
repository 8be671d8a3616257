"""What is answered to which request: sessions, entity sets, counts and errors of both versions."""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from simulators_sap_b1.entities import SETS, Entity, Version, entities, shown
from simulators_sap_b1.ledger import Company
from simulators_sap_b1.odata import BadQueryError, choose, next_link, page_size, read_query, selected
from simulators_sap_b1.sessions import Sessions

_PATH = re.compile(r"/b1s/(v1|v2)/([A-Za-z_]+)(?:\((?P<key>[^)]*)\))?(?P<count>/\$count)?$")
NEXT_LINK: Mapping[str, str] = {"v1": "odata.nextLink", "v2": "@odata.nextLink"}
_BAD_SESSION = "Invalid session or session already timeout."
_TRANSLATED = {-2028: "No existen registros coincidentes", 201: "Propiedad no válida"}


@dataclass
class Reply:
    """One answer."""

    status: int
    body: bytes
    content_type: str = "application/json;odata=minimalmetadata;charset=utf-8"
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Request:
    """One request; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


def json_reply(status: int, content: object) -> Reply:
    """A JSON answer; letters beyond ASCII are not escaped."""
    return Reply(status=status, body=json.dumps(content, ensure_ascii=False).encode())


def error_reply(status: int, code: int, text: str, *, version: Version) -> Reply:
    """The error body of a version: v2 says the code as text and the message plainly."""
    if version == "v1":
        return json_reply(status, {"error": {"code": code, "message": {"lang": "en-us", "value": text}}})
    return json_reply(status, {"error": {"code": str(code), "message": text, "details": []}})


class Service:
    """The company behind its Service Layer; one request at a time touches it."""

    def __init__(self, company: Company, sessions: Sessions) -> None:
        self.company = company
        self.sessions = sessions
        self.lock = threading.Lock()
        self.requests: list[str] = []

    def answer(self, request: Request) -> Reply:
        """The right answer, before any fault."""
        parts = urlsplit(request.target)
        match = _PATH.match(unquote(parts.path))
        version = cast(Version, match.group(1)) if match else ("v2" if parts.path.startswith("/b1s/v2") else "v1")
        with self.lock:
            self.requests.append(f"{request.method} {request.target}")
            if request.method == "POST" and match and match.group(2) == "Login":
                return self._login(request, version)
            session_id, route = _cookies(request.headers.get("cookie", ""))
            # An unknown path, `/login` too, is answered like this without a session.
            if not self.sessions.is_open(session_id, route):
                return error_reply(401, 301, _BAD_SESSION, version=version)
            if request.method == "POST" and match:
                return self._call(match.group(2), session_id, version)
            if request.method == "GET" and match and match.group(2) in SETS:
                return self._read(request, match, version)
            return error_reply(404, -1000, "Unrecognized resource path", version=version)

    def entities(self, name: str) -> list[Entity]:
        """All entities of a set."""
        return entities(self.company, name)

    def _call(self, name: str, session_id: str, version: Version) -> Reply:
        if name == "Logout":
            self.sessions.logout(session_id)
            return Reply(status=204, body=b"")
        if name == "CompanyService_GetAdminInfo":
            return self._admin_info(version)
        return error_reply(404, -1000, "Unrecognized resource path", version=version)

    def _read(self, request: Request, match: re.Match[str], version: Version) -> Reply:
        options = dict(_options(urlsplit(request.target).query))
        name, key = match.group(2), match.group("key")
        try:
            if key is not None:
                return self._by_key(name, key, options, version=version)
            return self._page(name, options, request=request, version=version, is_count=bool(match.group("count")))
        except BadQueryError as error:
            return error_reply(400, 201, str(error), version=version)

    def _login(self, request: Request, version: Version) -> Reply:
        try:
            content = json.loads(request.body)
        except ValueError:
            return error_reply(400, -1, "Invalid JSON", version=version)
        expected = (self.company.database, self.company.user, self.company.password)
        if not isinstance(content, dict) or (
            (content.get("CompanyDB"), content.get("UserName"), content.get("Password")) != expected
        ):
            return error_reply(401, -304, "Login failed.", version=version)
        opened = self.sessions.login()
        if opened is None:
            return error_reply(500, -1, "The maximum number of sessions is reached.", version=version)
        session_id, route = opened
        reply = json_reply(
            200,
            {
                _metadata(version): f"{_root(request, version)}$metadata#B1Sessions/@Element",
                "SessionId": session_id,
                "Version": "1000230",
                "SessionTimeout": max(1, round(self.sessions.timeout_s / 60)),
            },
        )
        reply.headers = [
            ("Set-Cookie", f"B1SESSION={session_id}; path=/b1s/{version}; HttpOnly; Secure"),
            ("Set-Cookie", f"ROUTEID={route}; path=/b1s/{version}; Secure"),
        ]
        return reply

    def _admin_info(self, version: Version) -> Reply:
        content: dict[str, Any] = {"CompanyName": self.company.database, "Country": "IN"}
        content |= {"LocalCurrency": self.company.currency, "SystemCurrency": self.company.currency}
        return json_reply(200, shown(content, "AdminInfo", version))

    def _by_key(self, name: str, key: str, options: Mapping[str, str], *, version: Version) -> Reply:
        type_name, key_name = SETS[name]
        query = read_query(options, type_name=type_name, key=key_name)
        for entity in self.entities(name):
            if str(entity[key_name]) == key.strip("'").replace("''", "'"):
                return json_reply(200, shown(selected(entity, query), type_name, version))
        return error_reply(404, -2028, "No matching records found", version=version)

    def _page(
        self, name: str, options: Mapping[str, str], *, request: Request, version: Version, is_count: bool
    ) -> Reply:
        type_name, key_name = SETS[name]
        query = read_query(options, type_name=type_name, key=key_name)
        chosen = choose(self.entities(name), query)
        if is_count:
            return Reply(status=200, body=str(len(chosen)).encode(), content_type="text/plain;charset=utf-8")
        content: Entity = {_metadata(version): f"{_root(request, version)}$metadata#{name}"}
        counts = {"v1": ("$inlinecount", "allpages", "odata.count"), "v2": ("$count", "true", "@odata.count")}
        option, value, field_name = counts[version]
        if options.get(option) == value:
            content[field_name] = str(len(chosen)) if version == "v1" else len(chosen)
        rest = chosen[query.skip :] if query.top is None else chosen[query.skip : query.skip + query.top]
        size = page_size(request.headers.get("prefer", "")) or len(rest)
        content["value"] = [shown(selected(entity, query), type_name, version) for entity in rest[:size]]
        if len(rest) > size:
            top = None if query.top is None else query.top - size
            content[NEXT_LINK[version]] = next_link(name, options, skip=query.skip + size, top=top)
        return json_reply(200, content)


def _metadata(version: Version) -> str:
    return "odata.metadata" if version == "v1" else "@odata.context"


def _root(request: Request, version: Version) -> str:
    return f"https://{request.headers.get('host', 'localhost')}/b1s/{version}/"


@lru_cache(maxsize=1024)
def _options(query: str) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(query, keep_blank_values=True))


@lru_cache(maxsize=64)
def _cookies(text: str) -> tuple[str, str]:
    try:
        cookies = SimpleCookie(text)
    except CookieError:
        return "", ""
    values = {name: morsel.value for name, morsel in cookies.items()}
    return values.get("B1SESSION", ""), values.get("ROUTEID", "")


def translated(reply: Reply) -> Reply:
    """The same error with its text in another language; only the code stays."""
    content = json.loads(reply.body)
    error = content.get("error")
    if not isinstance(error, dict):
        return reply
    text = _TRANSLATED.get(int(error["code"]), "Error interno")
    error["message"] = {"lang": "es-es", "value": text} if isinstance(error["message"], dict) else text
    return json_reply(reply.status, content)
