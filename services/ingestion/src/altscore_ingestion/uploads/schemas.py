"""Bodies of the endpoints for uploads."""

from typing import Annotated, Any, Literal, get_args

from altscore_libs.types import StrictModel
from pydantic import BaseModel, ConfigDict, Field

from altscore_ingestion.connectors.schemas import SIGNED_HEADERS
from altscore_ingestion.uploads.domain import CsvFormat, DateFormat, DecimalMark, FindingKind, Payments, Rows

Header = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")]
Headers = Annotated[list[Header], Field(min_length=1, max_length=20)]
Column = Literal[
    "invoice_no",
    "invoice_date",
    "due_date",
    "party",
    "gstin",
    "phone",
    "amount",
    "paid",
    "paid_date",
    "status",
    "receipt_no",
    "receipt_date",
    "mode",
    "bounced_on",
    "voucher_type",
    "currency",
]
CSV_SCHEMA: dict[str, Any] = {
    "type": "string",
    "description": "Invoices and credit notes, or receipts, with a header; as a file of the connector's drop folder.",
}
UPLOAD_HEADERS: list[dict[str, Any]] = [
    *SIGNED_HEADERS,
    {
        "name": "X-Batch-ID",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
        "description": "Of the upload; the same id and file again are the same upload.",
    },
    {"name": "X-ERP-Type", "in": "header", "required": True, "schema": {"type": "string", "enum": ["csv"]}},
    {
        "name": "Content-Encoding",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "enum": ["gzip", "identity"]},
        "description": "The signature covers the body as sent.",
    },
]


class FormatBody(StrictModel):
    """How the distributor's files are to be read; what is left out has its usual value."""

    date_format: DateFormat = "dd-mm-yyyy"
    rows: Rows = "documents"
    payments: Payments = "paid_column"
    decimal_mark: DecimalMark = "."
    default_credit_days: Annotated[int, Field(ge=0, le=1_000)] | None = None
    columns: Annotated[dict[Column, Headers], Field(max_length=len(get_args(Column)))] = Field(default_factory=dict)
    ignored_columns: Annotated[list[Header], Field(max_length=50)] = Field(default_factory=list)

    def csv_format(self) -> CsvFormat:
        """As the service takes it."""
        return CsvFormat(**self.model_dump())


class UploadBatch(BaseModel):
    """A batch that the file became: accepted + quarantined + duplicate = submitted."""

    batch_id: str
    submitted: int
    accepted: int
    quarantined: int
    duplicate: int


class UploadFinding(BaseModel):
    """What is wrong in the file, by row; never a cell. `set_aside` and `held` rows are not in AltScore."""

    kind: FindingKind
    rule: str
    row: int | None
    field: str
    what_to_do: str
    what_to_do_hi: str


class UploadReport(BaseModel):
    """Answer to an upload: its batches are in Bronze when this is sent.

    `unchanged`: records that stood there before; `withdrawn`: records among the batches that the file no longer states.
    """

    model_config = ConfigDict(extra="forbid")

    upload_id: str
    batches: list[UploadBatch]
    unchanged: int
    withdrawn: int
    findings: list[UploadFinding]
