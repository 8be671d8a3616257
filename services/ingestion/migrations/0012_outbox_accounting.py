"""Events carry MACs, every insert leaves a trace, and the service's role can take no event back (ADR 0048)."""

from alembic import op
from altscore_libs.ddl import outbox_accounting

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Adds the columns, the tables, the trigger and the rights; the role `ingestion_relay` must exist."""
    op.execute(outbox_accounting("ingestion"))
