"""Calls to identity providers: discovery, keys, the exchange of a code. Bounded in time and size, never redirected."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from altscore_libs.errors import InvalidRequest, PayloadTooLarge, Unavailable
from altscore_libs.strictjson import loads
from altscore_libs.tls import ClientTls, client_context
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from altscore_admin.portal.oidc.domain import ALGORITHMS, Metadata, NotProven, Provider, read_metadata

CALL_S = 5.0
KEPT_S = 600.0
REFETCH_S = 10.0
MAX_BYTES = 262_144


class ProviderClient:
    """Talks to identity providers.

    Args:
        ca_file: authority of their certificates; None for the system's.
        monotonic: seconds that only grow.
        transport: for tests that hold the provider in the same process.
    """

    def __init__(
        self,
        *,
        ca_file: Path | None = None,
        monotonic: Callable[[], float],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._monotonic = monotonic
        self._metadata: dict[str, tuple[float, Metadata]] = {}
        self._keys: dict[str, tuple[float, KeySet]] = {}
        self._client = httpx.AsyncClient(
            verify=client_context(ClientTls(ca_file)) if ca_file is not None else True,
            timeout=CALL_S,
            transport=transport,
            trust_env=False,
            follow_redirects=False,
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def metadata(self, issuer: str) -> Metadata:
        """The provider's endpoints, at most ten minutes old.

        Raises:
            Unavailable: it does not answer.
            NotProven: its document is not its own.
        """
        kept = self._metadata.get(issuer)
        if kept is not None and self._monotonic() - kept[0] < KEPT_S:
            return kept[1]
        address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        metadata = read_metadata(await self._json("GET", address), issuer)
        self._metadata[issuer] = (self._monotonic(), metadata)
        return metadata

    async def exchange(self, provider: Provider, *, code: str, verifier: str, redirect_uri: str) -> str:
        """The ID token that a code stands for; a code is presented once.

        Raises:
            Unavailable: the provider does not answer.
            NotProven: it refuses the code, or answers without an ID token.
        """
        metadata = await self.metadata(provider.issuer)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        login = httpx.BasicAuth(provider.client_id, provider.client_secret)
        answer = await self._json("POST", metadata.token_endpoint, data=form, auth=login)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise NotProven("no id token")
        return token

    async def claims(self, issuer: str, token: str) -> dict[str, Any]:
        """The claims of an ID token whose signature one of the provider's keys holds.

        Raises:
            Unavailable: the provider's keys cannot be read.
            NotProven: the signature does not hold.
        """
        claims = self._verified(token, await self._key_set(issuer))
        if claims is None and self._may_refetch(issuer):  # its keys may have been rotated
            del self._keys[issuer]
            claims = self._verified(token, await self._key_set(issuer))
        if claims is None:
            raise NotProven("id token: signature")
        return claims

    def _may_refetch(self, issuer: str) -> bool:
        return self._monotonic() - self._keys[issuer][0] >= REFETCH_S

    @staticmethod
    def _verified(token: str, keys: KeySet) -> dict[str, Any] | None:
        try:
            return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
        except (JoseError, ValueError, KeyError, TypeError):
            return None

    async def _key_set(self, issuer: str) -> KeySet:
        kept = self._keys.get(issuer)
        if kept is not None and self._monotonic() - kept[0] < KEPT_S:
            return kept[1]
        document = await self._json("GET", (await self.metadata(issuer)).jwks_uri)
        try:
            keys = KeySet.import_key_set({"keys": list(document.get("keys", []))})
        except (JoseError, ValueError, KeyError, TypeError):
            raise NotProven("unreadable keys") from None
        self._keys[issuer] = (self._monotonic(), keys)
        return keys

    async def _json(self, method: str, address: str, **options: Any) -> dict[str, Any]:
        """An answer as an object; nothing of it is ever logged."""
        try:
            async with asyncio.timeout(CALL_S), self._client.stream(method, address, **options) as response:
                body = b""
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > MAX_BYTES:
                        raise NotProven("answer too large")
        except (httpx.HTTPError, TimeoutError):
            raise Unavailable("the identity provider does not answer") from None
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Unavailable("the identity provider does not answer")
        if response.status_code != httpx.codes.OK:
            raise NotProven("refused by the provider")
        try:
            content = loads(body, max_bytes=MAX_BYTES)
        except (InvalidRequest, PayloadTooLarge):
            content = None
        if not isinstance(content, dict):
            raise NotProven("unreadable answer")
        return content
