"""The baseline: POST /v1/ingest/batch as one would write it on a good day with FastAPI, doing the same work as ours.

TLS with client certificates, API key and HMAC, the hour's quota, every record checked by pydantic and set aside alone
when it is bad, identities by the vault over mutual TLS with httpx, each record looked up and stored through
SQLAlchemy's ORM, Parquet by pyarrow from dictionaries, objects locked and with a checksum by boto3, the manifest last,
then one commit with the outbox. Not done here, unlike in ours: strict JSON (a key twice), the allow-list of
certificates, wrapped signing secrets, statement order, control totals, resuming a batch that was cut off, and the
quarantine's object. `python -m bench.ingest.naive settings.json`.
"""

import asyncio
import base64
import hashlib
import hmac
import io
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import boto3
import httpx
import pyarrow as pa
import pyarrow.parquet as pq
from altscore_libs.tls import ClientTls, client_context
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import DateTime, LargeBinary, Text, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench.score.limit import serve

BUCKET = "altscore-bronze"
BATCHES_PER_HOUR = 200
Money = Annotated[Decimal, Field(gt=0, le=Decimal("1000000000.00"), decimal_places=2)]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class Invoice(BaseModel):
    """One invoice."""

    model_config = ConfigDict(extra="forbid")
    invoice_id: Name
    retailer_ref: Name
    invoice_date: date
    due_date: date | None = None
    amount_inr: Money
    line_count: int | None = Field(default=None, ge=0)
    source_order: int = Field(default=0, ge=0)


class Payment(BaseModel):
    """One payment."""

    model_config = ConfigDict(extra="forbid")
    payment_id: Name
    retailer_ref: Name
    paid_date: date
    amount_paid_inr: Money
    invoice_id: Name | None = None
    payment_method: str | None = None
    source_order: int = Field(default=0, ge=0)


class Retailer(BaseModel):
    """One line of the customer master."""

    model_config = ConfigDict(extra="forbid")
    retailer_ref: Name
    gst: str | None = None
    phone: str | None = None
    shop_name: str | None = None
    district: str | None = None


class Batch(BaseModel):
    """The envelope; its records are read one by one."""

    distributor_id: str
    sync_from: datetime
    sync_to: datetime
    sequence: int | None = None
    invoices: list[dict[str, Any]] = []
    payments: list[dict[str, Any]] = []
    retailers: list[dict[str, Any]] = []


class Receipt(BaseModel):
    """The answer."""

    batch_id: str
    submitted: int
    accepted: int
    quarantined: int
    duplicate: int


KINDS: dict[str, tuple[type[BaseModel], str]] = {
    "invoices": (Invoice, "invoice_id"),
    "payments": (Payment, "payment_id"),
    "retailers": (Retailer, "retailer_ref"),
}


class Base(DeclarativeBase):
    """Of the baseline's own tables."""


class DistributorRow(Base):
    """A distributor with its credentials."""

    __tablename__ = "naive_distributor"
    distributor_id: Mapped[str] = mapped_column(Text, primary_key=True)
    api_key_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    signing_secret: Mapped[str] = mapped_column(Text)


class BatchRow(Base):
    """A batch."""

    __tablename__ = "naive_batch"
    batch_id: Mapped[str] = mapped_column(Text, primary_key=True)
    distributor_id: Mapped[str] = mapped_column(Text, index=True)
    client_batch_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    accepted: Mapped[int]
    duplicate: Mapped[int]
    quarantined: Mapped[int]


class RecordRow(Base):
    """The live content of a record."""

    __tablename__ = "naive_record"
    distributor_id: Mapped[str] = mapped_column(Text, primary_key=True)
    table_name: Mapped[str] = mapped_column(Text, primary_key=True)
    record_key: Mapped[str] = mapped_column(Text, primary_key=True)
    batch_id: Mapped[str] = mapped_column(Text)
    content_version: Mapped[int]
    content_sha256: Mapped[str] = mapped_column(Text)
    subject_token: Mapped[str] = mapped_column(Text)


class OutboxRow(Base):
    """An event that waits for the relay."""

    __tablename__ = "naive_outbox"
    event_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text)


class Parts:
    """What the application holds while it runs."""

    def __init__(self, settings: dict[str, Any]) -> None:
        address, s3 = urlsplit(settings["dsn"]), settings["s3"]
        services = ClientTls(Path(settings["services_ca"]), Path(settings["cert"]), Path(settings["key"]))
        self.engine = create_async_engine(
            f"postgresql+asyncpg://{address.netloc}{address.path}",
            connect_args={"ssl": client_context(ClientTls(services.ca_file))},
            pool_size=12,
        )
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self.vault = httpx.AsyncClient(base_url=settings["vault"], verify=client_context(services), trust_env=False)
        self.s3 = boto3.client(
            "s3",
            endpoint_url=s3["S3_ENDPOINT"],
            region_name=s3["S3_REGION"],
            aws_access_key_id=s3["S3_ACCESS_KEY"],
            aws_secret_access_key=s3["S3_SECRET_KEY"],
            verify=s3["S3_CA_FILE"],
        )

    async def put(self, key: str, body: bytes) -> None:
        """Stores an object under Object Lock."""
        await asyncio.to_thread(
            self.s3.put_object,
            Bucket=BUCKET,
            Key=key,
            Body=body,
            ChecksumSHA256=base64.b64encode(hashlib.sha256(body).digest()).decode(),
            ServerSideEncryption="AES256",
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=datetime.now(UTC) + timedelta(days=1),
        )


def parts_of(request: Request) -> Parts:
    """The application's parts."""
    parts: Parts = request.app.state.parts
    return parts


TheParts = Annotated[Parts, Depends(parts_of)]


async def session_of(parts: TheParts) -> AsyncIterator[AsyncSession]:
    """A transaction for one request."""
    async with parts.sessions() as session, session.begin():
        yield session


TheSession = Annotated[AsyncSession, Depends(session_of)]


async def distributor_of(
    request: Request,
    session: TheSession,
    x_api_key: Annotated[str, Header()],
    x_payload_signature: Annotated[str, Header()],
) -> DistributorRow:
    """The distributor behind key and signature."""
    digest = hashlib.sha256(x_api_key.encode()).digest()
    row = await session.scalar(select(DistributorRow).where(DistributorRow.api_key_sha256 == digest))
    if row is None:
        raise HTTPException(401)
    expected = hmac.new(row.signing_secret.encode(), await request.body(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, x_payload_signature):
        raise HTTPException(401)
    return row


TheDistributor = Annotated[DistributorRow, Depends(distributor_of)]


async def within_quota(session: TheSession, distributor: TheDistributor) -> None:
    """Refuses a batch over the hour's quota."""
    since = datetime.now(UTC) - timedelta(hours=1)
    used = await session.scalar(
        select(func.count())
        .select_from(BatchRow)
        .where(BatchRow.distributor_id == distributor.distributor_id, BatchRow.received_at > since)
    )
    if (used or 0) >= BATCHES_PER_HOUR:
        raise HTTPException(429)


def checked(batch: Batch) -> tuple[list[tuple[str, BaseModel]], int]:
    """The records that pass, and how many do not."""
    good: list[tuple[str, BaseModel]] = []
    bad = 0
    for table, (kind, _) in KINDS.items():
        for raw in getattr(batch, table):
            try:
                good.append((table, kind.model_validate(raw)))
            except ValidationError:
                bad += 1
    return good, bad


async def subjects_of(parts: Parts, distributor_id: str, records: list[tuple[str, BaseModel]]) -> dict[str, Any]:
    """The vault's answers by retailer_ref."""
    identities: dict[str, dict[str, str]] = {}
    for _, record in records:
        fields = record.model_dump(include={"retailer_ref", "gst", "phone", "shop_name"}, exclude_none=True)
        identities.setdefault(fields["retailer_ref"], {}).update(fields)
    answer = await parts.vault.post(
        "/internal/identities",
        json={"distributor_id": distributor_id, "identities": list(identities.values())},
        timeout=10,
    )
    answer.raise_for_status()
    return {item["retailer_ref"]: item for item in answer.json()["identities"]}


async def store_record(
    session: AsyncSession, batch_id: str, distributor_id: str, *, table: str, record: BaseModel, subject: dict[str, Any]
) -> dict[str, Any] | None:
    """The row for Bronze, None for a duplicate."""
    values = record.model_dump(mode="json")
    key = str(values[KINDS[table][1]])
    sha256 = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
    stored = await session.get(RecordRow, (distributor_id, table, key))
    if stored is not None and stored.content_sha256 == sha256:
        return None
    if stored is None:
        stored = RecordRow(distributor_id=distributor_id, table_name=table, record_key=key, content_version=0)
        session.add(stored)
    stored.content_version += 1
    stored.batch_id, stored.content_sha256, stored.subject_token = batch_id, sha256, subject["subject_token"]
    row = {
        "distributor_id": distributor_id,
        "batch_id": batch_id,
        "record_id": "rec_" + hashlib.sha256(f"{distributor_id}|{table}|{key}".encode()).hexdigest()[:32],
        "subject_token": subject["subject_token"],
        "sealed_identity": base64.b64decode(subject["sealed_identity"]),
        "content_version": stored.content_version,
        "ingested_at": datetime.now(UTC),
        **record.model_dump(exclude={"retailer_ref", "gst", "phone", "shop_name"}),
    }
    row["row_sha256"] = hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()
    return row


def parquet(rows: list[dict[str, Any]]) -> bytes:
    """A Parquet file of the rows."""
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer, compression="zstd")
    return buffer.getvalue()


async def write_bronze(parts: Parts, prefix: str, rows: dict[str, list[dict[str, Any]]]) -> None:
    """The files, then the manifest."""
    files = []
    for table, some in rows.items():
        if some:
            body = await asyncio.to_thread(parquet, some)
            await parts.put(f"{prefix}/{table}.parquet", body)
            files.append({"name": table, "rows": len(some), "sha256": hashlib.sha256(body).hexdigest()})
    await parts.put(f"{prefix}/manifest.json", json.dumps({"files": files}).encode())


async def post_batch(
    parts: TheParts,
    session: TheSession,
    distributor: TheDistributor,
    batch: Batch,
    x_batch_id: Annotated[UUID, Header()],
) -> Receipt:
    """Takes a batch."""
    if batch.distributor_id != distributor.distributor_id:
        raise HTTPException(401)
    records, bad = checked(batch)
    subjects = await subjects_of(parts, batch.distributor_id, records)
    batch_id = f"bat_{uuid4().hex}"
    rows: dict[str, list[dict[str, Any]]] = {table: [] for table in KINDS}
    for table, record in records:
        subject = subjects[record.model_dump(include={"retailer_ref"})["retailer_ref"]]
        row = await store_record(session, batch_id, batch.distributor_id, table=table, record=record, subject=subject)
        if row is not None:
            rows[table].append(row)
    accepted = sum(map(len, rows.values()))
    counts = {"accepted": accepted, "quarantined": bad, "duplicate": len(records) - accepted}
    now = datetime.now(UTC)
    prefix = f"bronze/dist={batch.distributor_id}/day={now:%Y-%m-%d}/batch={batch_id}"
    await write_bronze(parts, prefix, rows)
    session.add(
        BatchRow(
            batch_id=batch_id,
            distributor_id=batch.distributor_id,
            client_batch_id=x_batch_id,
            received_at=now,
            **counts,
        )
    )
    for name in ("ingestion.batch.complete", "audit.recorded"):
        payload = json.dumps({"batch_id": batch_id, "distributor_id": batch.distributor_id, **counts})
        session.add(OutboxRow(event_id=uuid4(), name=name, payload=payload))
    return Receipt(batch_id=batch_id, submitted=len(records) + bad, **counts)


def create_app(settings: dict[str, Any]) -> FastAPI:
    """The application."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.parts = Parts(settings)
        async with app.state.parts.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield

    app = FastAPI(lifespan=lifespan)
    app.post("/v1/ingest/batch", status_code=202, dependencies=[Depends(within_quota)])(post_batch)
    return app


if __name__ == "__main__":
    plain = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    serve(create_app(plain), plain, require_client_certificate=True)
