"""Bank statements, what their entries were matched to, and the use of money on customers' accounts.

Revision: 0012
After: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bank_statements",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("sequence", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("opening", sa.BigInteger(), nullable=True),
        sa.Column("closing", sa.BigInteger(), nullable=True),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bank_statements"),
        sa.UniqueConstraint("digest", name="uq_bank_statements_digest"),
    )
    op.create_table(
        "bank_entries",
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("credit", sa.Boolean(), nullable=False),
        sa.Column("reversal", sa.Boolean(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=True),
        sa.Column("end_to_end", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("payer", sa.String(), nullable=False),
        sa.Column("iban", sa.String(), nullable=False),
        sa.Column("bank_reference", sa.String(), nullable=False),
        sa.Column("return_reason", sa.String(), nullable=False),
        sa.Column("charges", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("candidates", sa.Text(), nullable=False),
        sa.Column("takes_back", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount >= 0", name="ck_bank_entries_amount"),
        sa.CheckConstraint("status IN ('matched', 'on_account', 'queued', 'ignored', 'reversed')", name="ck_bank_entries_status"),
        sa.PrimaryKeyConstraint("entry", name="pk_bank_entries"),
    )
    op.create_index("ix_bank_entries_account_booked_on_amount", "bank_entries", ["account", "booked_on", "amount"])
    op.create_index("ix_bank_entries_status", "bank_entries", ["status"])
    op.create_index("ix_bank_entries_end_to_end", "bank_entries", ["end_to_end"])
    op.create_table(
        "bank_sightings",
        sa.Column("statement", SERIAL, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["bank_entries.entry"], name="fk_bank_sightings_entry"),
        sa.ForeignKeyConstraint(["statement"], ["bank_statements.id"], name="fk_bank_sightings_statement"),
        sa.PrimaryKeyConstraint("statement", "position", name="pk_bank_sightings"),
        sa.UniqueConstraint("statement", "entry", name="uq_bank_sightings_statement_entry"),
    )
    op.create_index("ix_bank_sightings_entry", "bank_sightings", ["entry"])
    op.create_table(
        "bank_matches",
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("invoice", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("written_off", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_bank_matches_amount"),
        sa.CheckConstraint("state IN ('standing', 'came_back', 'reversed')", name="ck_bank_matches_state"),
        sa.ForeignKeyConstraint(["entry"], ["bank_entries.entry"], name="fk_bank_matches_entry"),
        sa.PrimaryKeyConstraint("entry", "part", name="pk_bank_matches"),
    )
    op.create_index("ix_bank_matches_order_invoice", "bank_matches", ["order", "invoice"])
    op.create_index("ix_bank_matches_payment", "bank_matches", ["payment"])
    op.create_table(
        "bank_payers",
        sa.Column("iban", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customers.customer"], name="fk_bank_payers_customer"),
        sa.PrimaryKeyConstraint("iban", "customer", name="pk_bank_payers"),
    )
    op.create_table(
        "account_applications",
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("invoice", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_account_applications_amount"),
        sa.CheckConstraint("state IN ('standing', 'came_back')", name="ck_account_applications_state"),
        sa.ForeignKeyConstraint(["customer"], ["customers.customer"], name="fk_account_applications_customer"),
        sa.PrimaryKeyConstraint("payment", name="pk_account_applications"),
    )
    op.create_index("ix_account_applications_order", "account_applications", ["order"])
    op.execute("INSERT INTO counters (name, last) VALUES ('BE', 0)")
    op.execute("INSERT INTO counters (name, last) VALUES ('AA', 0)")


def downgrade() -> None:
    op.execute("DELETE FROM counters WHERE name IN ('BE', 'AA')")
    for table in ("account_applications", "bank_payers", "bank_matches", "bank_sightings", "bank_entries", "bank_statements"):
        op.drop_table(table)
