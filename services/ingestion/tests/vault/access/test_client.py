"""What ingestion does when the vault refuses it: it waits, and tells nobody what the vault said."""

import httpx
import pytest
from altscore_ingestion.clients import VaultClient
from altscore_libs.errors import Unavailable
from altscore_libs.http_client import ServiceClient
from altscore_libs.testing import as_caller

from ...world import VaultSide


async def test_a_vault_that_refuses_ingestion_is_not_available(vault: VaultSide) -> None:
    transport = httpx.ASGITransport(app=as_caller(vault.app, "score"))
    client = VaultClient(ServiceClient("https://vault.test", tls=None, timeout_s=10, attempts=1, transport=transport))
    assert await client.erased_tokens([]) == set()
    with pytest.raises(Unavailable, match="the vault is not available"):
        await client.erased_tokens(["0" * 64])
