"""What the ERP says of its ledger by month, and the event of a batch, by which its arrival at the broker is known."""

from alembic import op

revision = "0005"
down_revision = "0004"

TOTALS = """
CREATE TABLE erp_total (
    distributor_id text NOT NULL REFERENCES distributor,
    table_name     text NOT NULL CHECK (table_name IN ('invoices', 'payments', 'returns')),
    month_on       date NOT NULL CHECK (extract(day FROM month_on) = 1),
    documents      bigint NOT NULL CHECK (documents >= 0),
    amount_inr     numeric(18, 2) NOT NULL CHECK (amount_inr >= 0),
    sequence       bigint NOT NULL,
    stated_at      timestamptz NOT NULL,
    batch_id       text NOT NULL REFERENCES batch,
    PRIMARY KEY (distributor_id, table_name, month_on)
);
COMMENT ON TABLE erp_total IS 'newest statement of the ERP per month: documents that are not cancelled, and rupees';
GRANT SELECT, INSERT, UPDATE ON erp_total TO ingestion;

CREATE INDEX record_by_day ON record (distributor_id, table_name, dated_on);

ALTER TABLE batch ADD COLUMN event_id uuid;
COMMENT ON COLUMN batch.event_id IS 'of ingestion.batch.complete in the outbox; unknown for batches before the column';
"""


def upgrade() -> None:
    """Adds table, index and column; a release that does not know them goes on."""
    op.execute(TOTALS)
