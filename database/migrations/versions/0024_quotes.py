"""Quotes, with every revision and what happened to them.

Revision: 0024
After: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "quotes",
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reserve", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("ended", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=True),
        sa.Column("entry", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("ended IN ('', 'accepted', 'declined')", name="ck_quotes_ended"),
        sa.CheckConstraint("(ended = 'accepted') = (\"order\" IS NOT NULL)", name="ck_quotes_accepted_has_an_order"),
        sa.ForeignKeyConstraint(["customer"], ["customers.customer"], name="fk_quotes_customer"),
        sa.PrimaryKeyConstraint("quote", name="pk_quotes"),
        sa.UniqueConstraint("source", name="uq_quotes_source"),
        sa.UniqueConstraint("order", name="uq_quotes_order"),
    )
    op.create_index("ix_quotes_customer", "quotes", ["customer"])
    op.create_table(
        "quote_revisions",
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("placed", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["quote"], ["quotes.quote"], name="fk_quote_revisions_quote"),
        sa.PrimaryKeyConstraint("quote", "revision", name="pk_quote_revisions"),
    )
    op.create_table(
        "quote_events",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["quote"], ["quotes.quote"], name="fk_quote_events_quote"),
        sa.PrimaryKeyConstraint("id", name="pk_quote_events"),
    )
    op.create_index("ix_quote_events_quote", "quote_events", ["quote"])
    op.execute("INSERT INTO counters (name, last) VALUES ('Q', 0)")


def downgrade() -> None:
    for table in ("quote_events", "quote_revisions", "quotes"):
        op.drop_table(table)
    op.execute("DELETE FROM counters WHERE name = 'Q'")
