"""Merging two ids of one shop, and parting them again; consents never move with a merger."""

from collections.abc import Mapping
from dataclasses import replace

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Conflict, NotFound
from altscore_libs.outbox import Outbox

from altscore_ingestion.vault.crypto import DataKey, VaultKeys, decrypt_identity, encrypt_identity
from altscore_ingestion.vault.identities import store as identity_store
from altscore_ingestion.vault.identities.domain import Ledger, Retailer
from altscore_ingestion.vault.integrity.domain import RowVerifier
from altscore_ingestion.vault.integrity.service import report_refused
from altscore_ingestion.vault.mergers import store
from altscore_ingestion.vault.mergers.domain import Merger, MergerResult, MovedLedger, refusal_of
from altscore_ingestion.vault.phones.service import decide_phones
from altscore_ingestion.vault.phones.store import lock_writers

NOT_INTACT = "a row of these retailers is not as the vault wrote it"


class MergerService:
    """Merges and parts retailers by decision of operations.

    Args:
        pool: of the vault's database.
        outbox: for the audit.
        keys: ledgers are encrypted anew for the retailer that they move to.
        clock: the time.
    """

    def __init__(self, pool: asyncpg.Pool, *, outbox: Outbox, keys: VaultKeys, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._keys = keys
        self._clock = clock

    async def merge(self, losing_id: str, winning_id: str, *, ticket: str, caller: str) -> MergerResult:
        """Makes an id an alias of another one, to which its ledgers move; safe to repeat.

        Raises:
            NotFound: one of them is unknown.
            Conflict: they may not be merged, or a row is not as the vault wrote it; the message says why.
        """
        async with transaction(self._pool) as connection:
            await lock_writers(connection)
            verifier = RowVerifier(self._keys.row_macs)
            result = await self._merge(connection, losing_id, winning_id, ticket=ticket, verifier=verifier)
            await self._outbox.audit(
                connection,
                "identity_merged",
                actor=caller,
                subject=losing_id,
                outcome="success" if isinstance(result, MergerResult) else "refused",
                reason="ops_decision",
                details={"winning_id": winning_id, "ledgers": _count(result), "ticket": ticket},
            )
            await report_refused(connection, self._outbox, verifier, caller=caller)
        if not isinstance(result, MergerResult):
            raise result
        return result

    async def _merge(
        self, connection: asyncpg.Connection, losing_id: str, winning_id: str, *, ticket: str, verifier: RowVerifier
    ) -> MergerResult | NotFound | Conflict:
        standing = await store.merger_of(connection, losing_id, verifier)
        if standing is not None and standing.winning_id == winning_id:
            return MergerResult(losing_id, winning_id, len(standing.ledgers))
        losing, winning = [await store.party(connection, identifier) for identifier in (losing_id, winning_id)]
        if losing is None or winning is None:
            return NotFound("no such retailer")
        if (refusal := refusal_of(losing, winning)) is not None:
            return Conflict(refusal)
        known = await self._retailers(connection, losing_id, winning_id, verifier=verifier)
        before = await identity_store.ledgers(connection, await store.tokens_of(connection, losing_id), verifier)
        if verifier.refused:
            return Conflict(NOT_INTACT)
        merger = Merger(losing_id, winning_id, tuple(_as_it_was(ledger) for ledger in before.values()))
        macs, now = verifier.macs, self._clock.now()
        await store.insert_merger(connection, merger, ticket=ticket, now=now, macs=macs)
        status = "verified" if winning.has_gst else None
        moved = await self._moved(before, known, winning_id, gst_status=status)
        after, _ = await decide_phones(connection, before, moved, verifier=verifier)
        await identity_store.upsert_ledgers(connection, list(after.values()), now, macs=macs)
        phones = [ledger.phone_token for ledger in before.values() if ledger.is_phone_confirmed]
        alias = replace(known[losing_id], alias_of=winning_id, alias_phone_token=phones[0] if phones else None)
        await identity_store.update_retailers(connection, [alias], macs)
        return MergerResult(losing_id, winning_id, len(after))

    async def unmerge(self, losing_id: str, *, ticket: str, caller: str) -> MergerResult:
        """Parts an id from the one it was merged into; its ledgers come back as they were, with what they learned.

        A ledger that has meanwhile shown the GSTIN of the other retailer stays there: a GSTIN is one shop.

        Raises:
            Conflict: the id is no alias by decision of operations, or a row is not as the vault wrote it.
        """
        async with transaction(self._pool) as connection:
            await lock_writers(connection)
            verifier = RowVerifier(self._keys.row_macs)
            merger = await store.merger_of(connection, losing_id, verifier)
            result = None if merger is None else await self._unmerge(connection, merger, verifier)
            await self._outbox.audit(
                connection,
                "identity_unmerged",
                actor=caller,
                subject=losing_id,
                outcome="refused" if result is None else "success",
                reason="ops_decision",
                details={"ledgers": _count(result), "ticket": ticket}
                | ({} if merger is None else {"winning_id": merger.winning_id}),
            )
            await report_refused(connection, self._outbox, verifier, caller=caller)
        if merger is not None and result is None:
            raise Conflict(NOT_INTACT)
        if result is None:
            raise Conflict("this id was not merged by decision of operations")
        return result

    async def _unmerge(
        self, connection: asyncpg.Connection, merger: Merger, verifier: RowVerifier
    ) -> MergerResult | None:
        """None where a row is not as the vault wrote it: nothing is changed."""
        tokens = [ledger.subject_token for ledger in merger.ledgers]
        ledgers = await identity_store.ledgers(connection, tokens, verifier)
        known = await self._retailers(connection, merger.losing_id, merger.winning_id, verifier=verifier)
        if verifier.refused:
            return None
        before = {token: ledger for token, ledger in ledgers.items() if ledger.retailer_id == merger.winning_id}
        await store.delete_merger(connection, merger.losing_id)
        alone = replace(known[merger.losing_id], alias_of=None, alias_phone_token=None)
        await identity_store.update_retailers(connection, [alone], verifier.macs)
        back = await self._without_gst_of(before, known[merger.winning_id])
        moved = await self._moved(back, known, merger.losing_id, gst_status=None)
        after = await self._restored(connection, merger, back, moved=moved, verifier=verifier)
        await identity_store.upsert_ledgers(connection, list(after.values()), self._clock.now(), macs=verifier.macs)
        return MergerResult(merger.losing_id, None, len(after))

    async def _retailers(
        self, connection: asyncpg.Connection, *retailer_ids: str, verifier: RowVerifier
    ) -> dict[str, Retailer]:
        return await identity_store.retailers(connection, list(retailer_ids), [], verifier=verifier)

    async def _moved(
        self,
        ledgers: Mapping[bytes, Ledger],
        known: Mapping[str, Retailer],
        target_id: str,
        *,
        gst_status: str | None,
    ) -> dict[bytes, Ledger]:
        """The ledgers as the target's, encrypted under its key."""
        opened: dict[str, DataKey] = {
            identifier: await self._keys.open_data_key(retailer.wrapped_data_key)
            for identifier, retailer in known.items()
        }
        moved = {}
        for token, ledger in ledgers.items():
            identity = decrypt_identity(opened[ledger.retailer_id], token, ledger.encrypted_identity)
            encrypted = encrypt_identity(opened[target_id], token, identity)
            moved[token] = replace(
                ledger,
                retailer_id=target_id,
                encrypted_identity=encrypted,
                gst_status=gst_status or ledger.gst_status,
            )
        return moved

    async def _without_gst_of(self, ledgers: Mapping[bytes, Ledger], retailer: Retailer) -> dict[bytes, Ledger]:
        """The ledgers that do not show the verified GSTIN of this retailer."""
        if retailer.gst_token is None:
            return dict(ledgers)
        key = await self._keys.open_data_key(retailer.wrapped_data_key)
        kept = {}
        for token, ledger in ledgers.items():
            gst = decrypt_identity(key, token, ledger.encrypted_identity).gst
            if gst is None or (await self._keys.gst_tokens([gst]))[0] != retailer.gst_token:
                kept[token] = ledger
        return kept

    async def _restored(
        self,
        connection: asyncpg.Connection,
        merger: Merger,
        before: Mapping[bytes, Ledger],
        *,
        moved: Mapping[bytes, Ledger],
        verifier: RowVerifier,
    ) -> dict[bytes, Ledger]:
        """Phones that did not change count as they did before the merger; a new one is decided about."""
        was = {ledger.subject_token: ledger for ledger in merger.ledgers}
        same = {token for token, ledger in moved.items() if ledger.phone_token == was[token].phone_token}
        settled = {
            token: replace(
                moved[token], is_phone_confirmed=was[token].is_phone_confirmed, gst_status=was[token].gst_status
            )
            for token in same
        }
        await identity_store.upsert_ledgers(connection, list(settled.values()), self._clock.now(), macs=verifier.macs)
        open_ones = {
            token: replace(ledger, gst_status=was[token].gst_status)
            for token, ledger in moved.items()
            if token not in same
        }
        stored = {token: before[token] for token in open_ones}
        decided, _ = await decide_phones(connection, stored, open_ones, verifier=verifier)
        return settled | decided


def _count(result: object) -> str:
    return str(result.ledgers if isinstance(result, MergerResult) else 0)


def _as_it_was(ledger: Ledger) -> MovedLedger:
    return MovedLedger(
        subject_token=ledger.subject_token,
        phone_token=ledger.phone_token,
        is_phone_confirmed=ledger.is_phone_confirmed,
        gst_status=ledger.gst_status,
    )
