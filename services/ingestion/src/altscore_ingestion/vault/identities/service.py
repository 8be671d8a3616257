"""Storing what a batch says about retailers, mapping their tokens, looking up a GSTIN; every use is audited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from altscore_ingestion.vault.phones import store as phone_store
from altscore_ingestion.vault.phones.domain import LedgerPhone, changed_phones, confirm_phones

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
        phone of theirs is left out of it.

        Args:
            distributor_id: whose ledgers.
            claims: one per ledger; fields left out keep what is stored.
            caller: the service that calls, by its certificate.
            keeps_known: the claims are older than what may be stored: a known ledger stays as it is.
        """
        everything = await self._check(distributor_id, claims)
        async with transaction(self._pool) as connection:
            await phone_store.lock_writers(connection)
            checked, erased_refs = await self._without_erased(connection, everything)
            before = await store.ledgers(connection, [claim.subject_token for claim in checked])
            if keeps_known:
                checked = [claim.without_facts() if claim.subject_token in before else claim for claim in checked]
            gst_tokens = [claim.gst_token for claim in checked if claim.gst_token]
            known = await store.retailers(connection, [ledger.retailer_id for ledger in before.values()], gst_tokens)
            directory = domain.Directory(
                retailer_of={token: ledger.retailer_id for token, ledger in before.items()},
                gst_token_of={retailer.retailer_id: retailer.gst_token for retailer in known.values()},
                owner_of={
                    retailer.gst_token: retailer.retailer_id for retailer in known.values() if retailer.gst_token
                },
            )
            plan = domain.plan(checked, directory, lambda: new_id("ret", bits=64))
            data_keys = _DataKeyCache(self._keys, known)
            created = [
                Retailer(retailer_id, token, await data_keys.create(retailer_id))
                for retailer_id, token in plan.created.items()
            ]
            now = self._clock.now()
            await store.insert_retailers(connection, created, now, wrapped_by=self._keys.key_label)
            await store.set_gst_tokens(connection, plan.gained)
            states = {claim.gst_token: claim.gst_state for claim in checked if claim.gst_token and claim.gst_state}
            await store.set_gst_states(connection, states)
            merger = _LedgerMerger(
                keys=self._keys, data_keys=data_keys, before=before, targets=plan.targets, directory=directory
            )
            merged = {claim.subject_token: await merger.merge(distributor_id, claim) for claim in checked}
            after, conflicts = await decide_phones(connection, before, merged)
            changed = [ledger for token, ledger in after.items() if before.get(token) != ledger]
            await store.upsert_ledgers(connection, changed, now)
            await store.set_aliases(connection, domain.aliases(plan, before))
            details = {
                "ledgers": len(everything),
                "ledgers_refused": len(erased_refs),
                "retailers_created": len(created),
                "ledgers_changed": len(changed),
                "ledgers_moved": sum(after[token].retailer_id != old.retailer_id for token, old in before.items()),
            }
            await self._audit(connection, distributor_id, caller=caller, details=details, conflicts=conflicts)
        _conflicts.inc(len(conflicts))
        return StoredIdentities([_stored(claim, after[claim.subject_token]) for claim in checked], erased_refs)

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
        async with transaction(self._pool) as connection:
            mappings = await store.token_mappings(connection, retailer_ids)
            await self._outbox.audit(
                connection,
                "identity_mapped",
                actor=caller,
                outcome="success",
                reason="pipeline_run",
                details={"asked": str(len(retailer_ids)), "tokens": str(len(mappings))},
            )
        return mappings

    async def look_up(self, gst: str, *, caller: str) -> str | None:
        """The retailer of a GSTIN; None when no retailer of ours has it."""
        number = parse_gstin(gst)
        tokens = await self._keys.gst_tokens([number] if number else [])
        async with transaction(self._pool) as connection:
            retailer_id = await store.retailer_of_gst(connection, tokens[0]) if tokens else None
            await self._outbox.audit(
                connection,
                "identity_lookup",
                actor=caller,
                outcome="found" if retailer_id else "not_found",
                subject=retailer_id,
                reason="lookup_by_gstin",
                details={"retailers": str(int(retailer_id is not None))},
            )
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


def _phones(ledgers: Mapping[bytes, Ledger]) -> dict[bytes, LedgerPhone]:
    return {
        token: LedgerPhone(
            subject_token=token,
            retailer_id=ledger.retailer_id,
            phone_token=ledger.phone_token,
            is_confirmed=ledger.is_phone_confirmed,
        )
        for token, ledger in ledgers.items()
        if ledger.phone_token is not None
    }


async def decide_phones(
    connection: asyncpg.Connection, before: Mapping[bytes, Ledger], merged: Mapping[bytes, Ledger]
) -> tuple[dict[bytes, Ledger], list[str]]:
    """Decides about new phones: the ledgers as they will be stored, and the retailers whose new phone has to wait."""
    changed = changed_phones(_phones(before), _phones(merged).values())
    if not changed:
        return dict(merged), []
    retailer_of = {ledger.subject_token: ledger.retailer_id for ledger in changed}
    stored = await phone_store.ledger_phones(connection, sorted(set(retailer_of.values())))
    decided = confirm_phones(changed, [phone for phone in stored if phone.subject_token not in retailer_of])
    await phone_store.set_phones_confirmed(connection, [token for token in decided if token not in merged])
    after = {
        token: replace(ledger, is_phone_confirmed=decided.get(token, ledger.is_phone_confirmed))
        for token, ledger in merged.items()
    }
    return after, [retailer_id for token, retailer_id in retailer_of.items() if not decided[token]]


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
            wrapped = self._known[retailer_id].wrapped_data_key
            self._opened[retailer_id] = await self._keys.open_data_key(wrapped)
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
