"""Which statement of a record is the newest (decision 79), and what the live one says of month and amount."""

from alembic import op

revision = "0004"
down_revision = "0003"

ORDER = """
ALTER TABLE record
    ADD COLUMN source_order bigint NOT NULL DEFAULT 0 CHECK (source_order >= 0),
    ADD COLUMN sequence     bigint NOT NULL DEFAULT 0 CHECK (sequence >= 0),
    ADD COLUMN dated_on     date,
    ADD COLUMN amount_inr   numeric(13, 2),
    ADD COLUMN is_cancelled boolean;
COMMENT ON TABLE record IS 'the live content of every record that stands in Bronze, and how many versions Bronze has';
COMMENT ON COLUMN record.source_order IS 'with sequence: newest statement of the live content; 0 where not given';
COMMENT ON COLUMN record.dated_on IS 'unknown for records stored before the column, and for the customer master';

CREATE TABLE superseded_content (
    distributor_id text NOT NULL,
    table_name     text NOT NULL,
    record_key     text NOT NULL,
    content_sha256 bytea NOT NULL,
    PRIMARY KEY (distributor_id, table_name, record_key, content_sha256)
);
COMMENT ON TABLE superseded_content IS 'contents in Bronze that are not live; stated again late, they are duplicates';
GRANT SELECT, INSERT ON superseded_content TO ingestion;
"""


def upgrade() -> None:
    """Adds the columns and the table; a release that does not know them goes on, its records in order of arrival."""
    op.execute(ORDER)
