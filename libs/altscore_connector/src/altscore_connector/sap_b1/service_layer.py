"""The session with the Service Layer: login, one login anew after its end, tries, and pages by key."""

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from altscore_connector.errors import ConfigError
from altscore_connector.sap_b1.errors import SapB1Error, SapB1LoginError, SapB1UnreachableError
from altscore_connector.sap_b1.values import Row

_TRIES = 3
_WAITS_S = (1.0, 4.0)
# A proxy in front or a busy service; everything else is an answer.
_PASSING = frozenset({429, 500, 502, 503, 504})
_CONNECT_S = 10.0


@dataclass(frozen=True)
class Access:
    """Where the Service Layer is, and who asks.

    Attributes:
        url: `https://host:port`, without a path.
        version: v1 (OData 3) or v2 (OData 4).
        ca_file: the authority of its certificate; None for those that the system trusts.
        timeout_s: longest silence of one answer.
    """

    url: str
    company_db: str
    user: str
    password: str = field(repr=False)
    version: str = "v1"
    ca_file: Path | None = None
    timeout_s: float = 120.0


class ServiceLayer:
    """One session; both its cookies, of the session and of the node, go with every request of it.

    Redirects and links to further pages are never followed: every request is made for `Access.url`.

    Args:
        sleep: waits between two tries, seconds.
        transport: carries the requests instead of a connection of its own.

    Raises:
        ConfigError: the authority's certificate cannot be used.
    """

    def __init__(
        self,
        access: Access,
        *,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._access, self._sleep = access, sleep
        context = transport is None and _context(access.ca_file)
        self._http = httpx.Client(
            base_url=f"{access.url}/b1s/{access.version}/",
            verify=context,
            timeout=httpx.Timeout(access.timeout_s, connect=min(_CONNECT_S, access.timeout_s)),
            trust_env=False,
            follow_redirects=False,
            transport=transport,
        )

    def __enter__(self) -> "ServiceLayer":
        """Logs in.

        Raises:
            SapB1LoginError: refused.
            SapB1Error: not reachable, or no login.
        """
        try:
            self._login()
        except BaseException:
            self._http.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Logs out as far as that is possible: a session that stays open ends by itself."""
        try:
            self._http.post("Logout")
        except httpx.HTTPError:
            pass
        finally:
            self._http.close()

    def pages(
        self, name: str, *, key: str, fields: tuple[str, ...], where: str = "", size: int = 500
    ) -> Iterator[list[Row]]:
        """The rows of an entity set in the order of its key, page by page.

        Each page is asked for by the last key of the one before, so that rows that appear meanwhile shift nothing.

        Raises:
            SapB1Error: an answer does not hold, or the rows do not go on behind the last key.
        """
        last: int | str | None = None
        while True:
            after = (
                [] if last is None else [f"{key} gt {last}" if isinstance(last, int) else f"{key} gt {quoted(last)}"]
            )
            conditions = [*after, *([f"({where})"] if where else [])]
            options = {"$select": ",".join(fields), "$orderby": key, "$top": str(size)}
            if conditions:
                options["$filter"] = " and ".join(conditions)
            rows = self._value(self.get(name, options, page_size=size))
            if not rows:
                return
            keys = [row.get(key) for row in rows]
            if len(set(keys)) != len(keys) or last in keys or not isinstance(keys[-1], int | str):
                raise SapB1Error(f"{name}: the rows repeat or have no {key}")
            last = keys[-1]
            yield rows

    def count(self, name: str, where: str = "") -> int:
        """The number of rows that the service itself counts.

        Raises:
            SapB1Error: no number.
        """
        response = self._ask("GET", f"{name}/$count", {"$filter": where} if where else {}, headers={})
        text = response.text.strip().lstrip("\ufeff")
        if not text.isdecimal():
            raise SapB1Error(f"{name}: the count is no number")
        return int(text)

    def get(self, name: str, options: Mapping[str, str], *, page_size: int) -> Mapping[str, Any]:
        """One reading as JSON, amounts as Decimals.

        Raises:
            SapB1Error: refused, no JSON, or not reachable.
        """
        headers = {"Prefer": f"odata.maxpagesize={page_size}"}
        return _json(self._ask("GET", name, options, headers=headers), name)

    def call(self, name: str) -> Mapping[str, Any]:
        """The answer of a function without arguments.

        Raises:
            SapB1Error: as `get`.
        """
        return _json(self._ask("POST", name, {}, headers={}), name)

    def _value(self, content: Mapping[str, Any]) -> list[Row]:
        value = content.get("value")
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise SapB1Error("the answer holds no list of rows")
        return value

    def _login(self) -> None:
        access = self._access
        body = {"CompanyDB": access.company_db, "UserName": access.user, "Password": access.password}
        self._http.cookies.clear()
        response = self._try("POST", "Login", {}, headers={}, body=body)
        if response.status_code == 401 or _code(response) == -304:
            raise SapB1LoginError("the Service Layer refuses company, user or password")
        content = _json(response, "Login")
        if not content.get("SessionId") or not any(name == "B1SESSION" for name in self._http.cookies):
            raise SapB1Error("Login: no session was given")

    def _ask(self, method: str, name: str, options: Mapping[str, str], *, headers: Mapping[str, str]) -> httpx.Response:
        """Asks; after the end of the session once more with a new one."""
        response = self._try(method, name, options, headers=headers)
        if response.status_code == 401:
            self._login()
            response = self._try(method, name, options, headers=headers)
        if response.status_code != 200:
            raise SapB1Error(f"{name}: status {response.status_code}, code {_code(response)}")
        return response

    def _try(
        self,
        method: str,
        name: str,
        options: Mapping[str, str],
        *,
        headers: Mapping[str, str],
        body: object = None,
    ) -> httpx.Response:
        """One answer that is not a passing failure, after a few tries."""
        reason = ""
        for wait_s in (*_WAITS_S, None)[:_TRIES]:
            try:
                response = self._http.request(method, name, params=options, headers=headers, json=body)
            except httpx.HTTPError as error:
                reason = type(error).__name__
            else:
                if response.status_code not in _PASSING:
                    return response
                reason = f"status {response.status_code}"
            if wait_s is not None:
                self._sleep(wait_s)
        raise SapB1UnreachableError(f"{name}: no answer after {_TRIES} tries, last {reason}")


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except OSError:
        raise ConfigError("sap_b1.ca_file cannot be read or holds no certificate") from None


def quoted(text: str) -> str:
    """A text as a literal of a filter."""
    return "'" + text.replace("'", "''") + "'"


def _json(response: httpx.Response, name: str) -> Mapping[str, Any]:
    """The object of a successful answer; a proxy's page is none, whatever its status says."""
    if response.status_code != 200:
        raise SapB1Error(f"{name}: status {response.status_code}, code {_code(response)}")
    if "json" not in response.headers.get("content-type", "").lower():
        raise SapB1Error(f"{name}: the answer is not declared as JSON; a proxy may have answered")
    content = _parsed(response)
    if content is None:
        raise SapB1Error(f"{name}: the answer is no JSON object")
    return content


def _parsed(response: httpx.Response) -> Mapping[str, Any] | None:
    try:
        content = json.loads(response.content, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _code(response: httpx.Response) -> int | None:
    """The code of an error; its text follows the company's language and says nothing to a program."""
    error = (_parsed(response) or {}).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    try:
        return int(str(code))
    except ValueError:
        return None
