"""Which phones and messages are a retailer's, so that an erasure finds them; and who is erased."""

from alembic import op
from altscore_libs.ddl import inbox_age_index, inbox_tables

revision = "0006"
down_revision = "0005"

LINKS = """
CREATE TABLE retailer_phones (
    retailer_id text NOT NULL CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    phone_hash  text NOT NULL CHECK (phone_hash ~ '^[0-9a-f]{64}$'),
    seen_at     timestamptz NOT NULL,
    PRIMARY KEY (retailer_id, phone_hash)
);
COMMENT ON TABLE retailer_phones IS 'phones that messages of a retailer came from, as keyed hashes';
CREATE INDEX retailer_phones_by_phone ON retailer_phones (phone_hash);
CREATE INDEX retailer_phones_by_time ON retailer_phones (seen_at);
CREATE TABLE retailer_messages (
    retailer_id  text NOT NULL CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    message_hash text NOT NULL REFERENCES messages ON DELETE CASCADE,
    PRIMARY KEY (retailer_id, message_hash)
);
CREATE INDEX retailer_messages_by_message ON retailer_messages (message_hash);
GRANT SELECT, INSERT, UPDATE, DELETE ON retailer_phones, retailer_messages TO webhook;
CREATE INDEX users_by_phone ON users (phone_hash);
ALTER TABLE former_identities ADD COLUMN former_phone_hash text CHECK (former_phone_hash ~ '^[0-9a-f]{64}$');
COMMENT ON COLUMN former_identities.former_phone_hash IS 'of the phone before; null where it was told before 0006';
CREATE INDEX former_identities_by_phone ON former_identities (former_phone_hash) WHERE former_phone_hash IS NOT NULL;
CREATE INDEX former_identities_by_user ON former_identities (former_user_hash) WHERE former_user_hash IS NOT NULL;
"""

ERASED = """
CREATE TABLE erased_retailers (
    retailer_id text PRIMARY KEY CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    request_id  text NOT NULL,
    erased_at   timestamptz NOT NULL,
    applied_at  timestamptz NOT NULL
);
COMMENT ON TABLE erased_retailers IS 'kept for ever: no phone or message is linked to these ids';
GRANT SELECT, INSERT ON erased_retailers TO webhook;
"""


def upgrade() -> None:
    """Adds the links, the erased, and what consuming events needs."""
    op.execute(inbox_tables("webhook"))
    op.execute(inbox_age_index())
    op.execute(LINKS)
    op.execute(ERASED)
