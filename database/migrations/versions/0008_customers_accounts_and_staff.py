"""Customers' accounts, how customers are written to, and who works here in which role.

Revision: 0008
After: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "account_entries",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customers.customer"], name="fk_account_entries_customer"),
        sa.PrimaryKeyConstraint("id", name="pk_account_entries"),
        sa.UniqueConstraint("key", name="uq_account_entries_key"),
    )
    op.create_index("ix_account_entries_customer_currency", "account_entries", ["customer", "currency"])
    op.create_table(
        "staff_roles",
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "role", name="pk_staff_roles"),
    )
    with op.batch_alter_table("customers") as customers:
        customers.add_column(sa.Column("email", sa.String(), nullable=False, server_default=""))
        customers.add_column(sa.Column("language", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("customers") as customers:
        customers.drop_column("language")
        customers.drop_column("email")
    op.drop_table("staff_roles")
    op.drop_table("account_entries")
