"""A retailer's tap on YES as the provider delivers it: signed, with the token of the message that was tapped."""

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import datetime
from typing import Any

import asyncpg
from altscore_consent.grants.row_mac import FACTS_CONTEXT, FactMac
from altscore_consent.invites.store import read_invite
from altscore_local.services import TABLE, service_environment

from bench.score.consent_population import mac_key
from bench.score.servers import Servers

_LAST_NO = "SELECT last_no_at FROM retailer_ledger WHERE retailer_id = $1"


class Taps:
    """Makes deliveries for the consent service of these servers.

    Args:
        servers: started.
    """

    def __init__(self, servers: Servers) -> None:
        service = next(entry for entry in TABLE if entry.name == "consent-api")
        self._app_secret = service_environment(servers.stores, service)["CONSENT_APP_SECRET"]
        self._facts = FactMac([mac_key(servers, FACTS_CONTEXT)])
        self._dsn = servers.stores.postgres.dsn("consent", "consent")

    def connect(self) -> "asyncpg.pool.Pool":
        """Connections to consent's database, for `delivery`."""
        return asyncpg.create_pool(self._dsn, min_size=1, max_size=4)

    async def delivery(self, pool: asyncpg.Pool, invite_id: str, sent_at: datetime) -> dict[str, Any]:
        """The delivery of a tap on the YES button of an open invite."""
        async with pool.acquire() as connection:
            invite = await read_invite(connection, invite_id)
            if invite is None:
                raise RuntimeError(f"no invite {invite_id}")
            token = self._facts.reply_token(invite, await connection.fetchval(_LAST_NO, invite.retailer_id))
        message = {
            "id": f"wamid.{invite_id}",
            "timestamp": str(int(sent_at.timestamp())),
            "type": "button",
            "button": {"payload": f"CONSENT_YES:{invite_id}:{token}", "text": "HAAN"},
        }
        change = {"field": "messages", "value": {"messages": [message]}}
        raw = json.dumps({"entry": [{"changes": [change]}]}).encode()
        mac = hmac.new(self._app_secret.encode(), raw, hashlib.sha256).hexdigest()
        return {"body": b64encode(raw).decode(), "signature": f"sha256={mac}", "place": [0, 0, 0]}
