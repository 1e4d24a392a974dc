"""What refunds in another currency realise.

Revision: 0022
After: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_refunds",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("refund", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("invoice", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("carried", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.Column("carried_rate", sa.String(), nullable=False),
        sa.Column("rate", sa.String(), nullable=False),
        sa.Column("rate_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("difference = carried - paid", name="ck_exchange_refunds_difference_adds_up"),
        sa.ForeignKeyConstraint(["order", "refund"], ["refunds.order", "refunds.refund"], name="fk_exchange_refunds_order_refund"),
        sa.PrimaryKeyConstraint("order", "refund", name="pk_exchange_refunds"),
    )


def downgrade() -> None:
    op.drop_table("exchange_refunds")
