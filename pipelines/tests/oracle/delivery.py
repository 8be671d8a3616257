"""The batches in which a ledger arrives, as ingestion writes them to Bronze."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from ledgers import Batch

from oracle.records import Distributor, Document, Invoice, Ledger, Payment, Return

FIRST_AT = time(19, tzinfo=UTC)  # the day is over in India
BETWEEN_DISTRIBUTORS = timedelta(minutes=30)
BETWEEN_BATCHES = timedelta(seconds=20)
FIRST_REACHES_LESS = timedelta(days=10)  # a ledger reaches as far as its farthest batch
RESENT_SHARE = 0.2
_Key = tuple[str, str, int]


def deliver(ledger: Ledger, *, batches: int, first_number: int = 1) -> list[Batch]:
    """Every distributor's statements in their order, in so many batches."""
    delivered: list[Batch] = []
    for distributor in ledger.distributors.values():
        own = [document for document in ledger.documents if document.distributor == distributor.name]
        cuts = [len(own) * place // batches for place in range(batches + 1)]
        parts = [own[start:end] for start, end in pairwise(cuts)]
        number = first_number + len(delivered)
        delivered += _batches(ledger, distributor, parts, resent=[], first_number=number)
    return delivered


def deliver_otherwise(ledger: Ledger, *, batches: int, seed: int) -> list[Batch]:
    """The same statements in another order and in other batches; a part of them arrives twice."""
    random = Random(seed)
    delivered: list[Batch] = []
    for distributor in ledger.distributors.values():
        own = _permuted([document for document in ledger.documents if document.distributor == distributor.name], random)
        cuts = [0, *sorted(random.randint(0, len(own)) for _ in range(batches - 1)), len(own)]
        parts = [own[start:end] for start, end in pairwise(cuts)]
        resent = [document for document in _newest(own) if random.random() < RESENT_SHARE]
        delivered += _batches(ledger, distributor, parts, resent=resent, first_number=len(delivered) + 1)
    return delivered


def _key(document: Document) -> _Key:
    return type(document).__name__, document.key, document.line if isinstance(document, Payment) else 0


def _permuted(documents: Sequence[Document], random: Random) -> list[Document]:
    """In any order, but where nothing else tells which statement is newer, their arrival does."""
    groups: dict[tuple[_Key, int, int], list[Document]] = defaultdict(list)
    for document in documents:
        groups[_key(document), document.order, document.sequence].append(document)
    placed = []
    for group in groups.values():
        placed += list(zip(sorted(random.random() for _ in group), group, strict=True))
    return [document for _, document in sorted(placed, key=lambda entry: entry[0])]


def _newest(documents: Sequence[Document]) -> list[Document]:
    newest: dict[_Key, Document] = {}
    for document in documents:
        known = newest.get(_key(document))
        if known is None or (document.order, document.sequence) >= (known.order, known.sequence):
            newest[_key(document)] = document
    return list(newest.values())


def _batches(
    ledger: Ledger,
    distributor: Distributor,
    parts: Sequence[Sequence[Document]],
    *,
    resent: Sequence[Document],
    first_number: int,
) -> list[Batch]:
    versions: dict[_Key, list[Document]] = defaultdict(list)
    filled: list[Batch] = []
    masters = [master for master in ledger.masters if master.distributor == distributor.name]
    numbered = list(enumerate(masters, 1))
    first = {ledger.owners[master.ledger]: version for version, master in reversed(numbered)}
    for place, part in enumerate([*parts, resent]):
        batch = _empty(distributor, place, number=first_number + place)
        for version, master in numbered:  # the first record of a retailer, and in the next batch what replaces it
            if place == (0 if first[ledger.owners[master.ledger]] == version else 1):
                batch.master(master.ledger, district=master.district, is_active=master.is_active, version=version)
        for document in part:
            stated = versions[_key(document)]
            if place < len(parts):
                stated.append(document)
            is_outdated = any((document.order, document.sequence) < (old.order, old.sequence) for old in stated)
            _add(batch, document, version=len(stated) - stated[::-1].index(document), is_outdated=is_outdated)
        filled.append(batch)
    return filled


def _empty(distributor: Distributor, place: int, *, number: int) -> Batch:
    first_at = datetime.combine(distributor.covered_on, FIRST_AT) + distributor.place * BETWEEN_DISTRIBUTORS
    return Batch(
        distributor.name,
        number,
        sync_to=distributor.covered_on - (FIRST_REACHES_LESS if place == 0 else timedelta(0)),
        ingested_at=first_at + place * BETWEEN_BATCHES,
        schema_version=2 if distributor.has_order else 1,
    )


def _add(batch: Batch, document: Document, *, version: int, is_outdated: bool) -> None:
    values: dict[str, object] = {"amount": str(Decimal(document.paise).scaleb(-2)), "version": version}
    if batch.schema_version > 1:
        values |= {"source_order": document.order, "sequence": document.sequence, "is_outdated": is_outdated}
        values |= {"is_cancelled": document.is_cancelled}
    on = document.on.isoformat()
    if isinstance(document, Invoice):
        due = None if document.due_on is None else document.due_on.isoformat()
        values |= {
            "due": f"~{due}" if document.due_source == "default" else due,
            "bill_ref": document.bill_ref,
            "sku_category": document.sku_category,
            "line_count": document.line_count,
            "is_cancelled": document.is_cancelled,
        }
        batch.invoice(document.ledger, document.key, on, **values)  # type: ignore[arg-type]
    elif isinstance(document, Payment):
        values |= {
            "line_no": document.line,
            "invoice_id": document.invoice_id,
            "bill_ref": document.bill_ref,
            "payment_method": document.method,
            "is_bounced": document.is_bounced,
        }
        if batch.schema_version > 1:
            values |= {"bounced_on": document.bounced_on}
        batch.payment(document.ledger, document.key, on, **values)  # type: ignore[arg-type]
    elif isinstance(document, Return):
        batch.returned(document.ledger, document.key, on, invoice_id=document.invoice_id, **values)  # type: ignore[arg-type]
