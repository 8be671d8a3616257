"""Development operators of admin: tokens for the person at the terminal, keyed hashes of them for the service."""

import hmac
import json
from pathlib import Path

from altscore_local.files import PRIVATE, hex_secret, secret, write_file
from altscore_local.layout import Layout

ROLES = {
    "ops-1": ("engineering_ops", "ml_engineer"),
    "ops-2": ("engineering_ops", "ml_engineer"),
    "legal-1": ("legal_compliance",),
    "legal-2": ("legal_compliance",),
}


def operators_file(layout: Layout) -> Path:
    """The file of hashes that admin reads; the tokens lie in var/secrets/operators.json, by operator."""
    key = hex_secret(layout, "operators-key")
    tokens = {name: secret(layout, f"operator-{name}", length=32) for name in ROLES}
    write_file(layout.secrets / "operators.json", json.dumps(tokens, indent=1), mode=PRIVATE)
    hashed = {
        name: {
            "token_hmac": hmac.new(bytes.fromhex(key), token.encode(), "sha256").hexdigest(),
            "roles": list(ROLES[name]),
        }
        for name, token in tokens.items()
    }
    path = layout.run / "admin" / "operators.json"
    write_file(path, json.dumps({"key": key, "operators": hashed}, indent=1), mode=PRIVATE)
    return path
