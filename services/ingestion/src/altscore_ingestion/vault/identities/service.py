"""Storing what a batch says about retailers, mapping their tokens, looking up a GSTIN; every use is audited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.identifiers import Gstin, Phone, parse_gstin, parse_phone
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.text import comparison_text, display_text
from prometheus_client import Counter

from altscore_ingestion.vault.crypto import DataKey, PlainIdentity, VaultKeys, decrypt_identity, encrypt_identity
from altscore_ingestion.vault.erasures import store as erasure_store
from altscore_ingestion.vault.identities import domain, store
from altscore_ingestion.vault.identities.domain import (
    CheckedClaim,
    Ledger,
    LedgerClaim,
    Retailer,
    StoredIdentities,
    StoredIdentity,
    TokenMapping,
)
from altscore_ingestion.vault.integrity.domain import RowVerifier
from altscore_ingestion.vault.integrity.service import report_refused
from altscore_ingestion.vault.phones import store as phone_store
from altscore_ingestion.vault.phones.service import decide_phones

_conflicts = Counter(
    "altscore_vault_phone_conflicts_total", "New phones that wait because the retailer has another one."
)


class IdentityService:
    """Keeps the directory of retailers and ledgers.

    Args:
        pool: of the vault's database.
        outbox: for the audit.
        keys: tokens and encryption.
        clock: the time.
    """

    def __init__(self, pool: asyncpg.Pool, *, outbox: Outbox, keys: VaultKeys, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._keys = keys
        self._clock = clock

    async def store(
        self, distributor_id: str, claims: Sequence[LedgerClaim], *, caller: str, keeps_known: bool = False
    ) -> StoredIdentities:
        """Stores ledgers and answers with tokens and ciphertext; what did not change gives the same bytes again.

        What belongs to an erased retailer is not stored (decision 35): a ledger or GSTIN of theirs refuses the claim, a
        phone of theirs is left out of it. A claim about a row that the vault did not write is refused too (ADR 0047).

        Args:
            distributor_id: whose ledgers.
            claims: one per ledger; fields left out keep what is stored.
            caller: the service that calls, by its certificate.
            keeps_known: the claims are older than what may be stored: a known ledger stays as it is.
        """
        everything = await self._check(distributor_id, claims)
        verifier = RowVerifier(self._keys.row_macs)
        async with transaction(self._pool) as connection:
            await phone_store.lock_writers(connection)
            checked, erased_refs = await self._without_erased(connection, everything)
            known, checked, not_intact_refs = await _read_known(connection, checked, verifier)
            if keeps_known:
                checked = [
                    claim.without_facts() if claim.subject_token in known.ledgers else claim for claim in checked
                ]
            directory = known.directory()
            plan = domain.plan(checked, directory, lambda: new_id("ret", bits=64))
            data_keys = _DataKeyCache(self._keys, known.retailers)
            now = self._clock.now()
            await self._store_retailers(connection, checked, known, plan=plan, data_keys=data_keys, now=now)
            merger = _LedgerMerger(
                keys=self._keys, data_keys=data_keys, before=known.ledgers, targets=plan.targets, directory=directory
            )
            merged = {claim.subject_token: await merger.merge(distributor_id, claim) for claim in checked}
            after, conflicts = await decide_phones(connection, known.ledgers, merged, verifier=verifier)
            changed = [ledger for token, ledger in after.items() if known.ledgers.get(token) != ledger]
            await store.upsert_ledgers(connection, changed, now, macs=self._keys.row_macs)
            moved = [token for token, old in known.ledgers.items() if after[token].retailer_id != old.retailer_id]
            details = {
                "ledgers": len(everything),
                "ledgers_refused": len(erased_refs) + len(not_intact_refs),
                "retailers_created": len(plan.created),
                "ledgers_changed": len(changed),
                "ledgers_moved": len(moved),
            }
            await self._audit(connection, distributor_id, caller=caller, details=details, conflicts=conflicts)
            await report_refused(connection, self._outbox, verifier, caller=caller)
        _conflicts.inc(len(conflicts))
        stored = [_stored(claim, after[claim.subject_token]) for claim in checked]
        return StoredIdentities(stored, erased_refs, not_intact_refs)

    async def _store_retailers(
        self,
        connection: asyncpg.Connection,
        claims: Sequence[CheckedClaim],
        known: "_Known",
        *,
        plan: domain.Plan,
        data_keys: "_DataKeyCache",
        now: datetime,
    ) -> None:
        """The new retailers, and of known ones what changed: a GSTIN, its state, an alias."""
        states = {claim.gst_token: claim.gst_state for claim in claims if claim.gst_token and claim.gst_state}
        created = [
            Retailer(
                retailer_id=retailer_id,
                gst_token=token,
                wrapped_data_key=await data_keys.create(retailer_id),
                gst_state=states.get(token) if token else None,
            )
            for retailer_id, token in plan.created.items()
        ]
        macs = self._keys.row_macs
        await store.insert_retailers(connection, created, now, wrapped_by=self._keys.key_label, macs=macs)
        after = dict(known.retailers)
        for retailer_id, token in plan.gained.items():
            after[retailer_id] = replace(after[retailer_id], gst_token=token)
        for retailer_id, retailer in after.items():
            if retailer.gst_token is not None and retailer.gst_state is None:
                after[retailer_id] = replace(retailer, gst_state=states.get(retailer.gst_token))
        # An id that others are aliases of stays a retailer of its own: operations merged them into it.
        standing = await store.with_aliases(connection, list(plan.aliases))
        for alias in domain.aliases(plan, known.ledgers):
            if alias.retailer_id not in standing:
                after[alias.retailer_id] = replace(
                    after[alias.retailer_id], alias_of=alias.alias_of, alias_phone_token=alias.phone_token
                )
        changed = [retailer for retailer_id, retailer in after.items() if retailer != known.retailers[retailer_id]]
        await store.update_retailers(connection, changed, macs)

    async def _without_erased(
        self, connection: asyncpg.Connection, claims: Sequence[CheckedClaim]
    ) -> tuple[list[CheckedClaim], list[str]]:
        """The claims that may be stored, without erased phones, and the references of the others."""
        digests = [_Tombstones.of(self._keys, claim) for claim in claims]
        erased = await erasure_store.standing(connection, [digest for three in digests for digest in three if digest])
        kept: list[CheckedClaim] = []
        erased_refs: list[str] = []
        for claim, (ledger, gst, phone) in zip(claims, digests, strict=True):
            if ledger in erased or gst in erased:
                erased_refs.append(claim.retailer_ref)
            else:
                kept.append(replace(claim, phone=None, phone_token=None) if phone in erased else claim)
        return kept, erased_refs

    async def erased_tokens(self, tokens: Sequence[bytes], *, caller: str) -> list[bytes]:
        """Those of these subject tokens whose ledger was erased, in their order."""
        digests = {token: self._keys.tombstone("ledger", token) for token in tokens}
        async with transaction(self._pool) as connection:
            standing = await erasure_store.standing(connection, list(digests.values()))
            erased = [token for token, digest in digests.items() if digest in standing]
            await self._outbox.audit(
                connection,
                "identity_lookup",
                actor=caller,
                outcome="success",
                reason="erased_owners",
                details={"asked": str(len(digests)), "erased": str(len(erased))},
            )
        return erased

    async def map_tokens(self, retailer_ids: Sequence[str], *, caller: str) -> list[TokenMapping]:
        """All tokens of the given retailers, sorted; an alias has none, since its ledgers moved."""
        verifier = RowVerifier(self._keys.row_macs)
        async with transaction(self._pool) as connection:
            mappings = await store.token_mappings(connection, retailer_ids, verifier)
            await self._outbox.audit(
                connection,
                "identity_mapped",
                actor=caller,
                outcome="success",
                reason="pipeline_run",
                details={"asked": str(len(retailer_ids)), "tokens": str(len(mappings))},
            )
            await report_refused(connection, self._outbox, verifier, caller=caller)
        return mappings

    async def look_up(self, gst: str, *, caller: str) -> str | None:
        """The retailer of a GSTIN; None when no retailer of ours has it."""
        number = parse_gstin(gst)
        tokens = await self._keys.gst_tokens([number] if number else [])
        verifier = RowVerifier(self._keys.row_macs)
        async with transaction(self._pool) as connection:
            retailer_id = await store.retailer_of_gst(connection, tokens[0], verifier) if tokens else None
            await self._outbox.audit(
                connection,
                "identity_lookup",
                actor=caller,
                outcome="found" if retailer_id else "not_found",
                subject=retailer_id,
                reason="lookup_by_gstin",
                details={"retailers": str(int(retailer_id is not None))},
            )
            await report_refused(connection, self._outbox, verifier, caller=caller)
        return retailer_id

    async def _check(self, distributor_id: str, claims: Sequence[LedgerClaim]) -> list[CheckedClaim]:
        """Checks and tokens of every ledger; four calls of the key store, whatever their number."""
        gst = [parse_gstin(claim.gst) for claim in claims]
        phones = [parse_phone(claim.phone) for claim in claims]
        tokens = await self._keys.subject_tokens(distributor_id, [claim.retailer_ref for claim in claims])
        distinct_gst: list[Gstin] = list({number: None for number in gst if number})
        distinct_phones: list[Phone] = list({phone: None for phone in phones if phone})
        gst_tokens = dict(zip(distinct_gst, await self._keys.gst_tokens(distinct_gst), strict=True))
        phone_tokens = dict(zip(distinct_phones, await self._keys.phone_tokens(distinct_phones), strict=True))
        return [
            CheckedClaim(
                retailer_ref=claim.retailer_ref,
                subject_token=token,
                gst_token=gst_tokens[number] if number else None,
                phone_token=phone_tokens[phone] if phone else None,
                gst=number,
                phone=phone,
                shop_name=_shop_name(claim.shop_name),
                is_gst_invalid=bool(claim.gst) and number is None,
            )
            for claim, token, number, phone in zip(claims, tokens, gst, phones, strict=True)
        ]

    async def _audit(
        self,
        connection: asyncpg.Connection,
        distributor_id: str,
        *,
        caller: str,
        details: Mapping[str, int],
        conflicts: Sequence[str],
    ) -> None:
        await self._outbox.audit(
            connection,
            "identity_stored",
            actor=caller,
            subject=distributor_id,
            outcome="success",
            reason="batch",
            details={name: str(count) for name, count in details.items()},
        )
        for retailer_id in conflicts:
            await self._outbox.audit(
                connection,
                "identity_phone_conflict",
                actor=caller,
                subject=retailer_id,
                outcome="unconfirmed",
                reason="batch",
                details={"distributor_id": distributor_id},
            )


@dataclass(frozen=True)
class _Known:
    """What the vault itself wrote about the ledgers of a request, and about the retailers that they may belong to."""

    ledgers: Mapping[bytes, Ledger]
    retailers: Mapping[str, Retailer]

    def directory(self) -> domain.Directory:
        """For the plan, which changes it."""
        retailers = self.retailers.values()
        return domain.Directory(
            retailer_of={token: ledger.retailer_id for token, ledger in self.ledgers.items()},
            gst_token_of={retailer.retailer_id: retailer.gst_token for retailer in retailers},
            owner_of={retailer.gst_token: retailer.retailer_id for retailer in retailers if retailer.gst_token},
        )


async def _read_known(
    connection: asyncpg.Connection,
    claims: Sequence[CheckedClaim],
    verifier: RowVerifier,
) -> tuple[_Known, list[CheckedClaim], list[str]]:
    """What is known, the claims that can be stored, and who rests on a row that the vault did not write."""
    ledgers = await store.ledgers(connection, [claim.subject_token for claim in claims], verifier)
    gst_tokens = [claim.gst_token for claim in claims if claim.gst_token]
    owners = [ledger.retailer_id for ledger in ledgers.values()]
    retailers = await store.retailers(connection, owners, gst_tokens, verifier=verifier)
    refused, kept = verifier.refused_keys, []
    refused_refs: list[str] = []
    for claim in claims:
        before = ledgers.get(claim.subject_token)
        if {claim.subject_token, claim.gst_token, before and before.retailer_id} & refused:
            refused_refs.append(claim.retailer_ref)
        else:
            kept.append(claim)
    tokens = {claim.subject_token for claim in kept}
    known = {token: ledger for token, ledger in ledgers.items() if token in tokens}
    return _Known(known, retailers), kept, refused_refs


class _Tombstones(NamedTuple):
    """What an erasure would have left behind of a claim's tokens."""

    ledger: bytes
    gst: bytes | None
    phone: bytes | None

    @classmethod
    def of(cls, keys: VaultKeys, claim: CheckedClaim) -> "_Tombstones":
        return cls(
            ledger=keys.tombstone("ledger", claim.subject_token),
            gst=keys.tombstone("gst", claim.gst_token) if claim.gst_token else None,
            phone=keys.tombstone("phone", claim.phone_token) if claim.phone_token else None,
        )


def _stored(claim: CheckedClaim, ledger: Ledger) -> StoredIdentity:
    return StoredIdentity(
        retailer_ref=claim.retailer_ref,
        subject_token=claim.subject_token,
        encrypted_identity=ledger.encrypted_identity,
        gst_status=ledger.gst_status,
    )


def _shop_name(text: str | None) -> str | None:
    """A shop's name as it is shown; None when nothing in it can be seen."""
    return display_text(text).strip() if text and comparison_text(text) else None


class _DataKeyCache:
    """Data keys needed by one request, each unwrapped at most once."""

    def __init__(self, keys: VaultKeys, known: Mapping[str, Retailer]) -> None:
        self._keys = keys
        self._known = known
        self._opened: dict[str, DataKey] = {}

    async def create(self, retailer_id: str) -> bytes:
        """Creates a new retailer's key and returns it wrapped."""
        self._opened[retailer_id] = await self._keys.new_data_key()
        return self._opened[retailer_id].wrapped

    async def open(self, retailer_id: str) -> DataKey:
        """A retailer's key."""
        if retailer_id not in self._opened:
            self._opened[retailer_id] = await self._keys.open_data_key(self._known[retailer_id].wrapped_data_key)
        return self._opened[retailer_id]


@dataclass(frozen=True, kw_only=True)
class _LedgerMerger:
    """Merges the claims of one request with what is stored."""

    keys: VaultKeys
    data_keys: _DataKeyCache
    before: Mapping[bytes, Ledger]
    targets: Mapping[bytes, str]
    directory: domain.Directory

    async def merge(self, distributor_id: str, claim: CheckedClaim) -> Ledger:
        """The ledger as it will be stored; encrypted anew only when something in it changed."""
        before = self.before.get(claim.subject_token)
        retailer_id = self.targets[claim.subject_token]
        gst_digest = self.keys.field_digest("gst", claim.gst.get_secret_value() if claim.gst else None)
        name_digest = self.keys.field_digest("name", claim.shop_name)
        status = domain.gst_status(claim, self.directory.gst_token_of, retailer_id)
        if before is not None:
            gst_digest = gst_digest or before.gst_digest
            name_digest = name_digest or before.name_digest
            if status == "absent" and before.gst_status == "invalid":
                status = "invalid"  # silence about a wrong number does not mend it
        after = Ledger(
            subject_token=claim.subject_token,
            distributor_id=distributor_id,
            retailer_id=retailer_id,
            encrypted_identity=before.encrypted_identity if before else b"",
            gst_status=status,
            gst_digest=gst_digest,
            phone_token=claim.phone_token or (before.phone_token if before else None),
            name_digest=name_digest,
            is_phone_confirmed=before.is_phone_confirmed if before else False,
        )
        if before is not None and before.says_the_same_as(after):
            return after
        return replace(after, encrypted_identity=await self._encrypt(retailer_id, claim, before))

    async def _encrypt(self, retailer_id: str, claim: CheckedClaim, before: Ledger | None) -> bytes:
        identity = PlainIdentity(claim.gst, claim.phone, claim.shop_name)
        if before is not None:
            old_key = await self.data_keys.open(before.retailer_id)
            old = decrypt_identity(old_key, claim.subject_token, before.encrypted_identity)
            identity = PlainIdentity(
                gst=identity.gst or old.gst,
                phone=identity.phone or old.phone,
                shop_name=identity.shop_name or old.shop_name,
            )
        return encrypt_identity(await self.data_keys.open(retailer_id), claim.subject_token, identity)
