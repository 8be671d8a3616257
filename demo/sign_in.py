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
from typing import Any, Protocol

import httpx
from altscore_local.env_files import environment_of
from simulators_security_key.authenticator import Maker, SecurityKey

from demo.context import ROOT, Demo, DemoFailedError

INVITED_BY = ("chitra", "esha")  # who agree to the first invitations
IN_CONTAINER = (
    *("deploy/compose/compose.sh", "exec", "-T", "admin-api"),
    *("/opt/altscore/bin/python", "/srv/altscore/bin/run.py"),
)
_FIELD = re.compile(r'name="(SAMLResponse|RelayState)" value="([^"]*)"')


class ActingOperator(Protocol):
    """Whoever can send an order to admin: an operator who signed in, or a client with a development token."""

    def post(self, url: str, *, json: Any = None) -> httpx.Response:
        """Sends an order."""
        ...


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
    """Operators who are signed in and have touched their keys; keys of an earlier run are taken up again."""
    maker = Maker.from_pem(demo.pki("sign-in/maker.key").read_bytes())
    kept = _kept_keys(demo)
    origin = f"https://localhost:{demo.port('admin')}"
    operators = []
    for name in names:
        key = maker.kept_key(origin, kept[name]) if name in kept else maker.new_key(origin)
        client, provider = demo.http("admin"), httpx.Client(verify=demo.tls(), timeout=30, trust_env=False)
        operators.append(SignedInOperator(name, client, provider=provider, key=key))
    codes = {name: _first_invitation(demo, name) for name in names if name not in kept}
    for operator in operators:
        operator.sign_in()
        if operator.name in codes:
            operator.register(codes[operator.name])
        operator.touch()
    keep_keys(demo, operators)
    return operators


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
        command, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT
    )
    if done.returncode != 0:
        raise DemoFailedError(f"nobody could be invited: {done.stderr[-300:]}")
    return done.stdout.strip()


def _bytes(value: Any) -> bytes:
    return json.dumps(value).encode()
