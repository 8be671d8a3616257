"""Operators of the demo sign in as people do: at the identity provider, and with a security key in software."""

import base64
import hashlib
import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from altscore_local.env_files import environment_of
from simulators_security_key.authenticator import Maker, SecurityKey

from demo.context import ROOT, Demo, DemoFailedError

FIRST = ("asha", "banu")  # super admins, who invite everybody else
INVITED_BY = ("chitra", "esha")  # who agree to the first invitations
IN_CONTAINER = (
    *("deploy/compose/compose.sh", "exec", "-T", "admin-api"),
    *("/opt/altscore/bin/python", "/srv/altscore/bin/run.py"),
)
PATIENCE_S = 30.0
_FIELD = re.compile(r'name="(SAMLResponse|RelayState)" value="([^"]*)"')


class SignedInOperator:
    """An operator with a browser and a security key.

    Args:
        name: at the identity provider.
        client: of admin's API; keeps the cookies.
        provider: a client that reaches the identity provider.
        key: theirs.
    """

    def __init__(self, name: str, client: httpx.Client, *, provider: httpx.Client, key: SecurityKey) -> None:
        self.name = name
        self.client = client
        self.key = key
        self.csrf: dict[str, str] = {}
        self._provider = provider

    def sign_in(self, next_path: str = "/") -> str:
        """Opens a session; returns where the browser goes then."""
        asked = self.client.get("/v1/admin/saml/login", params={"next": next_path})
        page = self._provider.get(f"{asked.headers['location']}&login_as={self.name}").text
        form = {name: html.unescape(value) for name, value in _FIELD.findall(page)}
        answer = self.client.post("/v1/admin/saml/acs", data=form)
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise DemoFailedError(f"{self.name} is not signed in: {answer.status_code} {answer.text[:200]}")
        self.csrf = {"X-CSRF-Token": self.client.get("/v1/admin/session").json()["csrf_token"]}
        return str(answer.headers["location"])

    def register(self, code: str) -> None:
        """Registers the key with the code of an invitation."""
        challenge = self._sent("/v1/admin/security-keys/challenge", {"code": code})
        credential = self.key.create(challenge["options"])
        self._sent("/v1/admin/security-keys", {"challenge_id": challenge["challenge_id"], "credential": credential})

    def touch(self) -> None:
        """Gets an admin token for fifteen minutes."""
        challenge = self._sent("/v1/admin/session/challenge", None)
        credential = self.key.get(challenge["options"])
        self._sent("/v1/admin/session/token", {"challenge_id": challenge["challenge_id"], "credential": credential})

    def post(self, url: str, *, json: Any = None) -> httpx.Response:
        """A sensitive action: confirmed by the key over exactly these bytes, then sent."""
        content = b"" if json is None else _bytes(json)
        headers = {**self.csrf, "X-Action-Assertion": self._confirmation(url, content)}
        if content:
            headers["Content-Type"] = "application/json"
        return self.client.post(url, content=content, headers=headers)

    def get(self, url: str) -> httpx.Response:
        """A reading."""
        return self.client.get(url)

    def send(self, method: str, url: str, *, json: Any = None, timeout_s: float = PATIENCE_S) -> httpx.Response:
        """An action that needs no touch of the key."""
        return self.client.request(method, url, json=json, headers=self.csrf, timeout=timeout_s)

    def close(self) -> None:
        """Closes the browser."""
        self.client.close()
        self._provider.close()

    def _confirmation(self, path: str, content: bytes) -> str:
        action = {"method": "POST", "path": path, "body_sha256": hashlib.sha256(content).hexdigest()}
        challenge = self._sent("/v1/admin/action-challenges", action)
        assertion = {"challenge_id": challenge["challenge_id"], "credential": self.key.get(challenge["options"])}
        return base64.urlsafe_b64encode(_bytes(assertion)).rstrip(b"=").decode()

    def _sent(self, path: str, body: Any) -> dict[str, Any]:
        answer = self.client.post(path, json=body, headers=self.csrf)
        if answer.status_code != httpx.codes.CREATED:
            raise DemoFailedError(f"{path}: {answer.status_code} {answer.text[:200]}")
        content: dict[str, Any] = answer.json()
        return content


def has_identity_provider(client: httpx.Client) -> bool:
    """Whether admin has one."""
    return client.get("/v1/admin/saml/login").status_code == httpx.codes.FOUND


def signed_in(demo: Demo, names: Sequence[str]) -> list[SignedInOperator]:
    """Operators who are signed in and have touched their keys; keys of an earlier run are taken up again.

    The first two get their invitations by the deployment's own command, everybody else by those two.
    """
    if not set(FIRST) <= set(_kept_keys(demo)):
        _close(_open_sessions(demo, {name: _first_invitation(demo, name) for name in FIRST}))
    codes: dict[str, str | None] = dict.fromkeys(names)
    newcomers = set(names) - set(_kept_keys(demo))
    if newcomers:
        managers = _open_sessions(demo, dict.fromkeys(FIRST))
        codes |= {name: _invitation(managers, name) for name in sorted(newcomers)}
        _close(managers)
    return _open_sessions(demo, codes)


def _close(operators: Sequence[SignedInOperator]) -> None:
    for operator in operators:
        operator.close()


def _open_sessions(demo: Demo, codes: Mapping[str, str | None]) -> list[SignedInOperator]:
    """Signs in whoever is named, and registers a new key where there is the code of an invitation."""
    maker = Maker.from_pem(demo.pki("sign-in/maker.key").read_bytes())
    kept, origin = _kept_keys(demo), f"https://localhost:{demo.port('admin')}"
    operators = []
    for name, code in codes.items():
        key = maker.new_key(origin) if code is not None else maker.kept_key(origin, kept[name])
        provider = httpx.Client(verify=demo.tls(), timeout=PATIENCE_S, trust_env=False)
        operator = SignedInOperator(name, demo.http("admin"), provider=provider, key=key)
        operator.sign_in()
        if code is not None:
            operator.register(code)
        operator.touch()
        operators.append(operator)
    keep_keys(demo, operators)
    return operators


def _invitation(managers: Sequence[SignedInOperator], name: str) -> str:
    """The code of an invitation that one manager requests and another approves."""
    requested = managers[0].post(f"/v1/admin/operators/{name}/key-invitations")
    if requested.status_code != httpx.codes.ACCEPTED:
        raise DemoFailedError(f"nobody could be invited: {requested.status_code} {requested.text[:200]}")
    content: dict[str, Any] = requested.json()
    seen = {"content_sha256": content["content_sha256"]}
    approved = managers[1].post(f"/v1/admin/approvals/{content['approval_id']}/approve", json=seen)
    if approved.status_code != httpx.codes.OK:
        raise DemoFailedError(f"the invitation is not approved: {approved.status_code} {approved.text[:200]}")
    return str(content["code"])


def keep_keys(demo: Demo, operators: Sequence[SignedInOperator]) -> None:
    """Keeps the keys for a later run on the same stack; their counts go on with a reserve for what is still signed."""
    kept = _kept_keys(demo)
    for operator in operators:
        content = operator.key.kept()
        kept[operator.name] = content | {"sign_count": content["sign_count"] + 10_000}
    path = _file(demo)
    path.touch(mode=0o600)
    path.write_text(json.dumps(kept), encoding="utf-8")


def _kept_keys(demo: Demo) -> dict[str, Mapping[str, Any]]:
    path = _file(demo)
    content: dict[str, Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return content


def _file(demo: Demo) -> Path:
    return demo.out / "security-keys.json"


def _first_invitation(demo: Demo, name: str) -> str:
    """The code of an invitation, by the command that works while nobody has a key."""
    environment = environment_of(demo.var / "run" / "env" / "admin-api.env")
    program = [sys.executable, "-m", "altscore_admin"]
    if environment is None:  # it stays in the containers
        environment, program = {"ALTSCORE_VAR": demo.var.name}, [*IN_CONTAINER]
    command = [*program, "invite-first", name, "--by", *INVITED_BY]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=180, cwd=ROOT
    )
    if done.returncode != 0:
        raise DemoFailedError(f"nobody could be invited: {done.stderr[-300:]}")
    return done.stdout.strip()


def _bytes(value: Any) -> bytes:
    return json.dumps(value).encode()
