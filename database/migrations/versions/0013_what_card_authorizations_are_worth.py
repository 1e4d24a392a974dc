"""Until when an authorization may be captured, what a capture was taken from, and what payment services tell us by themselves.

Revision: 0013
After: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("authorizations") as authorizations:
        authorizations.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        authorizations.add_column(sa.Column("single", sa.Boolean(), nullable=False, server_default=sa.false()))
        authorizations.create_index("ix_authorizations_authorization", ["authorization"])
    with op.batch_alter_table("payments") as payments:
        payments.add_column(sa.Column("authorization", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "gateway_events",
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("gateway", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("authorization", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("event", name="pk_gateway_events"),
    )
    op.create_index("ix_gateway_events_authorization", "gateway_events", ["authorization"])
    op.create_index("ix_gateway_events_order", "gateway_events", ["order"])


def downgrade() -> None:
    op.drop_table("gateway_events")
    with op.batch_alter_table("payments") as payments:
        payments.drop_column("authorization")
    with op.batch_alter_table("authorizations") as authorizations:
        authorizations.drop_index("ix_authorizations_authorization")
        authorizations.drop_column("single")
        authorizations.drop_column("expires_at")
