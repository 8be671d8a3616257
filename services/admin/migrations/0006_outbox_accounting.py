"""Events carry MACs, every insert leaves a trace, and the service's role can take no event back (ADR 0048)."""

from alembic import op
from altscore_libs.ddl import outbox_accounting

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds the columns, the tables, the trigger and the rights; the role `admin_relay` must exist."""
    op.execute(outbox_accounting("admin"))
