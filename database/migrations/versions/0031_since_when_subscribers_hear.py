"""From which row of the audit trail on a subscription hears of it; one from before hears of what is read from now on.

Revision: 0031
After: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("subscriptions") as subscriptions:
        subscriptions.add_column(sa.Column("since", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE subscriptions SET since = coalesce((SELECT max(read_to) FROM webhook_feed), 0)")
    with op.batch_alter_table("subscriptions") as subscriptions:
        subscriptions.alter_column("since", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("subscriptions") as subscriptions:
        subscriptions.drop_column("since")
