"""What becomes of the records of a batch: whose they are, and which are new, corrections, duplicates or history."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import asyncpg

from altscore_ingestion.batches import domain, store
from altscore_ingestion.batches.domain import SubjectIdentity
from altscore_ingestion.batches.order import Arrival
from altscore_ingestion.batches.payload import Table
from altscore_ingestion.batches.records import CheckedBatch, Rejected
from altscore_ingestion.clients import StoredSubjects, VaultClient


@dataclass(frozen=True)
class SortedBatch:
    """What goes to Bronze, what does not, and the vault's answers by token.

    Attributes:
        rejected_keys: names of the rejected records, in their order.
    """

    assigned: domain.AssignedVersions
    rejected: Sequence[Rejected]
    subjects: dict[str, SubjectIdentity]
    completeness: Decimal
    rejected_keys: Sequence[str | None] = ()


async def sort_batch(
    connection: asyncpg.Connection,
    distributor_id: str,
    checked: CheckedBatch,
    stored: StoredSubjects,
    *,
    arrival: Arrival,
    vault: VaultClient,
) -> SortedBatch:
    """Compares the accepted records of a batch with what stands; the caller holds the distributor's lock.

    Args:
        connection: of the ingestion database.
        distributor_id: whose.
        checked: the batch after the checks of its single records.
        stored: the vault's answers.
        arrival: of the batch.
        vault: knows which owners of stored invoices were erased since.

    Raises:
        Unavailable: the vault cannot be reached.
    """
    by_ref = stored.by_ref
    named = sorted({r.invoice_id for r in checked.records if r.retailer_ref is None and r.invoice_id})
    invoices = await store.record_states(connection, distributor_id, [("invoices", key) for key in named])
    withdrawn: list[tuple[Table, str]] = [(r.table, r.key) for r in checked.records if r.withdraws]
    standing = await store.record_states(connection, distributor_id, withdrawn)
    known = {subject.subject_token for subject in by_ref.values()}
    owners = sorted({state.subject_token for state in (*invoices.values(), *standing.values())} - known)
    resolved, unresolved = domain.resolve(
        checked.records,
        {reference: subject.subject_token for reference, subject in by_ref.items()},
        {key: state for (_, key), state in invoices.items()},
        arrival=arrival,
        standing=standing,
        erased=await vault.erased_tokens(owners),
        not_intact=stored.not_intact,
    )
    subjects = {subject.subject_token: subject for subject in by_ref.values()}
    missing = sorted({token for _, token in resolved} - subjects.keys())
    subjects |= await store.subjects(connection, distributor_id, missing)
    candidates = [domain.candidate(record, subjects[token]) for record, token in resolved]
    keys: list[tuple[Table, str]] = [(candidate.record.table, candidate.key) for candidate in candidates]
    assigned = domain.assign_versions(
        candidates,
        await store.record_states(connection, distributor_id, keys),
        superseded=await store.superseded_contents(connection, distributor_id, keys),
        arrival=arrival,
    )
    verified = frozenset(ref for ref, subject in by_ref.items() if subject.gst_status == "verified")
    return SortedBatch(
        assigned=assigned,
        rejected=[*checked.rejected, *unresolved],
        subjects=subjects,
        completeness=domain.completeness([record for record, _ in resolved], verified_refs=verified),
    )
