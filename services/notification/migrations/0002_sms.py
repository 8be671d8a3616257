"""The channel of a message: WhatsApp, or SMS for the two kinds that may leave by it."""

from alembic import op

revision = "0002"
down_revision = "0001"

CHANNEL = """
ALTER TABLE messages
    ADD COLUMN channel text NOT NULL DEFAULT 'whatsapp' CHECK (channel IN ('whatsapp', 'sms')),
    ADD CONSTRAINT messages_sms_kinds
        CHECK (channel = 'whatsapp' OR kind IN ('consent_confirmation', 'consent_withdrawn'));
COMMENT ON COLUMN messages.channel IS 'sms is written before an SMS leaves; while it stands, WhatsApp is not asked';
CREATE INDEX messages_due_by_sms ON messages (next_attempt_at)
    WHERE status = 'pending' AND kind IN ('consent_confirmation', 'consent_withdrawn');
"""


def upgrade() -> None:
    """Adds the column; every message so far went by WhatsApp."""
    op.execute(CHANNEL)
