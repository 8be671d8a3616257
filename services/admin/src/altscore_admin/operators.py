"""Who signs in. In a development profile: tokens from a file, kept as keyed hashes; elsewhere nobody yet.

The specification demands SAML and a FIDO2 touch (decisions 24, 25). Until an identity provider is wired, production
has no operators and main() refuses to start.
"""

import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from altscore_admin.roles import Role

MIN_KEY_BYTES = 32
TOKEN_BYTES = 32


class Operator(NamedTuple):
    """A person who signed in."""

    operator_id: str
    roles: frozenset[Role]


class BadOperatorsFile(Exception):
    """The file is not what it should be; the message holds none of its contents."""


def keyed_hash(key: bytes, token: str) -> str:
    """HMAC-SHA256 of a token, hex. Tokens are random, so no slow hash is needed to protect them."""
    return hmac.new(key, token.encode(), "sha256").hexdigest()


class DevelopmentOperators:
    """Operators of a file: {"key": hex, "operators": {name: {"token_hmac": hex, "roles": [..]}}}."""

    def __init__(self, key: bytes, operators: Mapping[str, Operator]) -> None:
        self._key = key
        self._by_hash = dict(operators)

    @classmethod
    def load(cls, path: Path) -> "DevelopmentOperators":
        """Reads the file.

        Raises:
            BadOperatorsFile: unreadable, a short key, an unknown role, a plain token.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            key = bytes.fromhex(content["key"])
            operators = {
                _is_hash(entry["token_hmac"]): Operator(name, frozenset(Role(role) for role in entry["roles"]))
                for name, entry in content["operators"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadOperatorsFile(f"{path.name}: {type(error).__name__}") from None
        if len(key) < MIN_KEY_BYTES or not operators:
            raise BadOperatorsFile(f"{path.name}: a key of 32 bytes and at least one operator are needed")
        return cls(key, operators)

    def of_token(self, token: str) -> Operator | None:
        """Whose token it is."""
        presented, found = keyed_hash(self._key, token), None
        for stored, operator in self._by_hash.items():  # all of them, whoever it is
            if hmac.compare_digest(presented, stored):
                found = operator
        return found


def _is_hash(value: Any) -> str:
    if len(bytes.fromhex(value)) != 32:
        raise ValueError("not a hash")
    return str(value).lower()


def new_file(names_and_roles: Iterable[tuple[str, Iterable[str]]]) -> tuple[dict[str, Any], dict[str, str]]:
    """A new operators file, and the tokens that it keeps no copy of."""
    key, operators, tokens = secrets.token_bytes(MIN_KEY_BYTES), {}, {}
    for name, roles in names_and_roles:
        tokens[name] = secrets.token_urlsafe(TOKEN_BYTES)
        operators[name] = {"token_hmac": keyed_hash(key, tokens[name]), "roles": sorted(Role(one) for one in roles)}
    return {"key": key.hex(), "operators": operators}, tokens
