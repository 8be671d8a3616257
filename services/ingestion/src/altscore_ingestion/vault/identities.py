"""Storing what a batch says about retailers: tokens first, then one transaction for everything it changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from prometheus_client import Counter

from altscore_ingestion.identifiers import Gst, Phone, normal_phone, verified_gst
from altscore_ingestion.text import display_text
from altscore_ingestion.vault import domain, store
from altscore_ingestion.vault.crypto import DataKey, Plain, VaultKeys, seal, unseal

_conflicts = Counter(
    "altscore_vault_phone_conflicts_total", "New phones that wait because the retailer has another one."
)


@dataclass(frozen=True)
class Said:
    """One ledger as ingestion passes it on; texts are not checked yet."""

    retailer_ref: str
    gst: str | None
    phone: str | None
    shop_name: str | None

    def __repr__(self) -> str:
        return "Said(***)"


@dataclass(frozen=True)
class Answer:
    """What ingestion may know of a ledger."""

    retailer_ref: str
    subject_token: bytes
    sealed_identity: bytes
    gst_status: str

    def __repr__(self) -> str:
        return f"Answer({self.subject_token.hex()})"


class Identities:
    """Keeps the directory.

    Args:
        pool: of the vault's database.
        outbox: for the audit.
        keys: tokens and seals.
        clock: the time.
    """

    def __init__(self, pool: asyncpg.Pool, outbox: Outbox, keys: VaultKeys, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._keys = keys
        self._clock = clock

    async def put(self, distributor_id: str, said: Sequence[Said]) -> list[Answer]:
        """Stores ledgers and answers with tokens and seals; what did not change gives the same bytes again.

        Args:
            distributor_id: whose ledgers.
            said: one per ledger; fields left out keep what is stored.
        """
        claims = await self._claims(distributor_id, said)
        async with transaction(self._pool) as connection:
            await store.lock_writers(connection)
            held = await store.subjects(connection, [one.subject_token for one in claims])
            gst_tokens = [one.gst_token for one in claims if one.gst_token]
            known = await store.retailers(connection, [one.retailer_id for one in held.values()], gst_tokens)
            directory = domain.Directory(
                retailer_of={token: one.retailer_id for token, one in held.items()},
                gst_token_of={one.retailer_id: one.gst_token for one in known.values()},
                owner_of={one.gst_token: one.retailer_id for one in known.values() if one.gst_token},
            )
            plan = domain.plan(claims, directory, lambda: new_id("ret", bits=64))
            ring = _KeyRing(self._keys, known)
            fresh = [
                store.Retailer(retailer_id, token, await ring.create(retailer_id))
                for retailer_id, token in plan.created.items()
            ]
            now = self._clock.now()
            await store.insert_retailers(connection, fresh, now)
            await store.set_gst_tokens(connection, plan.gained)
            await store.set_aliases(connection, plan.aliases)
            writer = _Writer(self._keys, ring, held, plan.targets, directory)
            after = {one.subject_token: await writer.subject(distributor_id, one) for one in claims}
            after, conflicts = await _settle_phones(connection, held, after)
            changed = [one for token, one in after.items() if held.get(token) != one]
            await store.upsert_subjects(connection, changed, now)
            moved = sum(1 for token, one in held.items() if after[token].retailer_id != one.retailer_id)
            await self._audit(connection, distributor_id, counts=(len(claims), len(fresh), len(changed), moved))
            for retailer_id in conflicts:
                await self._outbox.audit(
                    connection,
                    "identity_phone_conflict",
                    actor="ingestion",
                    subject=retailer_id,
                    outcome="unconfirmed",
                    details={"distributor_id": distributor_id},
                )
        _conflicts.inc(len(conflicts))
        return [
            Answer(
                one.retailer_ref,
                one.subject_token,
                after[one.subject_token].sealed_identity,
                after[one.subject_token].gst_status,
            )
            for one in claims
        ]

    async def confirm_phone(self, retailer_id: str, distributor_id: str) -> str:
        """Confirms the phones of a distributor's ledgers for a retailer, for ops; safe to repeat.

        Returns:
            The contact_ref of the newest of them.

        Raises:
            NotFound: the distributor's ledgers show no phone of this retailer.
        """
        async with transaction(self._pool) as connection:
            await store.lock_writers(connection)
            phone_token = await store.confirm_distributors_phones(connection, retailer_id, distributor_id)
            await self._outbox.audit(
                connection,
                "identity_phone_confirmed",
                actor="admin",
                subject=retailer_id,
                outcome="success" if phone_token else "not_found",
                details={"distributor_id": distributor_id},
            )
        if phone_token is None:
            raise NotFound("this distributor's ledgers show no phone of this retailer")
        return self._keys.contact_ref(retailer_id, phone_token)

    async def _claims(self, distributor_id: str, said: Sequence[Said]) -> list[domain.Claim]:
        """Checks and tokens of every ledger; four visits to the key store, whatever their number."""
        gst = [verified_gst(one.gst) for one in said]
        phones = [normal_phone(one.phone) for one in said]
        tokens = await self._keys.subject_tokens(distributor_id, [one.retailer_ref for one in said])
        distinct_gst = list({one: None for one in gst if one})
        distinct_phones = list({one: None for one in phones if one})
        of_gst: dict[Gst, bytes] = dict(zip(distinct_gst, await self._keys.gst_tokens(distinct_gst), strict=True))
        of_phone: dict[Phone, bytes] = dict(
            zip(distinct_phones, await self._keys.phone_tokens(distinct_phones), strict=True)
        )
        return [
            domain.Claim(
                retailer_ref=one.retailer_ref,
                subject_token=token,
                gst_token=of_gst[number] if number else None,
                phone_token=of_phone[phone] if phone else None,
                gst=number,
                phone=phone,
                shop_name=display_text(one.shop_name or "") or None,
                is_gst_invalid=bool(one.gst) and number is None,
            )
            for one, token, number, phone in zip(said, tokens, gst, phones, strict=True)
        ]

    async def _audit(
        self, connection: asyncpg.Connection, distributor_id: str, *, counts: tuple[int, int, int, int]
    ) -> None:
        names = ("ledgers", "retailers_created", "ledgers_changed", "ledgers_moved")
        await self._outbox.audit(
            connection,
            "identity_stored",
            actor="ingestion",
            subject=distributor_id,
            outcome="success",
            details=dict(zip(names, map(str, counts), strict=True)),
        )


async def _settle_phones(
    connection: asyncpg.Connection, held: Mapping[bytes, store.Subject], after: Mapping[bytes, store.Subject]
) -> tuple[dict[bytes, store.Subject], list[str]]:
    """Decides about new phones: the ledgers as they will be stored, and the retailers whose new phone has to wait."""
    changed = []
    for token, subject in after.items():
        before = held.get(token)
        is_same_retailer = before is not None and before.retailer_id == subject.retailer_id
        if subject.phone_token is None or (
            is_same_retailer and before is not None and before.phone_token == subject.phone_token
        ):
            continue
        was_confirmed = is_same_retailer and before is not None and before.is_phone_confirmed
        changed.append(domain.LedgerPhone(token, subject.retailer_id, subject.phone_token, was_confirmed))
    if not changed:
        return dict(after), []
    new = {ledger.subject_token: ledger.retailer_id for ledger in changed}
    stored = await store.ledger_phones(connection, sorted(set(new.values())))
    decided = domain.confirm_phones(changed, [ledger for ledger in stored if ledger.subject_token not in new])
    await store.set_phones_confirmed(connection, [token for token in decided if token not in after])
    settled = {
        token: replace(subject, is_phone_confirmed=decided.get(token, subject.is_phone_confirmed))
        for token, subject in after.items()
    }
    return settled, [retailer_id for token, retailer_id in new.items() if not decided[token]]


def _same_identity(before: store.Subject, after: store.Subject) -> bool:
    return (before.retailer_id, before.gst_digest, before.phone_token, before.name_digest) == (
        after.retailer_id,
        after.gst_digest,
        after.phone_token,
        after.name_digest,
    )


class _KeyRing:
    """Data keys needed by one request, each unwrapped at most once."""

    def __init__(self, keys: VaultKeys, known: Mapping[str, store.Retailer]) -> None:
        self._keys = keys
        self._known = known
        self._opened: dict[str, DataKey] = {}

    async def create(self, retailer_id: str) -> bytes:
        """Makes a new retailer's key and returns it wrapped."""
        self._opened[retailer_id] = await self._keys.new_data_key()
        return self._opened[retailer_id].wrapped

    async def open(self, retailer_id: str) -> DataKey:
        """A retailer's key."""
        if retailer_id not in self._opened:
            wrapped = self._known[retailer_id].wrapped_data_key
            self._opened[retailer_id] = await self._keys.open_data_key(wrapped)
        return self._opened[retailer_id]


@dataclass(frozen=True)
class _Writer:
    """Makes the ledgers of one request as they will be stored."""

    _keys: VaultKeys
    _ring: _KeyRing
    _held: Mapping[bytes, store.Subject]
    _targets: Mapping[bytes, str]
    _directory: domain.Directory

    async def subject(self, distributor_id: str, claim: domain.Claim) -> store.Subject:
        """The ledger as it will be stored; sealed anew only when something in it changed."""
        before = self._held.get(claim.subject_token)
        target = self._targets[claim.subject_token]
        gst_digest = self._keys.field_digest("gst", claim.gst.reveal() if claim.gst else None)
        name_digest = self._keys.field_digest("name", claim.shop_name)
        status = domain.gst_status(claim, self._directory.gst_token_of, target)
        if before is not None:
            gst_digest = gst_digest or before.gst_digest
            name_digest = name_digest or before.name_digest
            if status == "absent" and before.gst_status == "invalid":
                status = "invalid"  # silence about a wrong number does not mend it
        after = store.Subject(
            subject_token=claim.subject_token,
            distributor_id=distributor_id,
            retailer_id=target,
            sealed_identity=before.sealed_identity if before else b"",
            gst_status=status,
            gst_digest=gst_digest,
            phone_token=claim.phone_token or (before.phone_token if before else None),
            name_digest=name_digest,
            is_phone_confirmed=before.is_phone_confirmed if before else False,
        )
        if before is not None and _same_identity(before, after):
            return after
        plain = Plain(claim.gst, claim.phone, claim.shop_name)
        if before is not None:
            old = unseal(await self._ring.open(before.retailer_id), claim.subject_token, before.sealed_identity)
            plain = Plain(plain.gst or old.gst, plain.phone or old.phone, plain.shop_name or old.shop_name)
        sealed = seal(await self._ring.open(target), claim.subject_token, plain)
        return replace(after, sealed_identity=sealed)
