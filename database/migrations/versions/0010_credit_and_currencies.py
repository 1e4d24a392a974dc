"""Credit limits, stops and releases; exchange rates and what is booked in the ledger's currency.

Revision: 0010
After: 0009
"""

from decimal import Decimal

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "exchange_entries",
    "foreign_payments",
    "exchange_rates",
    "credit_events",
    "credit_releases",
    "credit_waits",
    "credit_limits",
    "house_settings",
)


def upgrade() -> None:
    settings = op.create_table(
        "house_settings",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_house_settings"),
    )
    op.bulk_insert(settings, [{"name": "ledger_currency", "value": "EUR"}])
    op.create_table(
        "credit_limits",
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount IS NULL OR amount >= 0", name="ck_credit_limits_not_negative"),
        sa.ForeignKeyConstraint(["customer"], ["customers.customer"], name="fk_credit_limits_customer"),
        sa.PrimaryKeyConstraint("customer", "currency", name="pk_credit_limits"),
    )
    op.create_table(
        "credit_waits",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("order", "subject", name="pk_credit_waits"),
    )
    op.create_index("ix_credit_waits_account", "credit_waits", ["account"])
    op.create_table(
        "credit_releases",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cap", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("order", name="pk_credit_releases"),
        sa.UniqueConstraint("key", name="uq_credit_releases_key"),
    )
    op.create_table(
        "credit_events",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('stopped', 'lifted', 'released', 'limit', 'blocked', 'unblocked', 'ageing')", name="ck_credit_events_kind"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_credit_events"),
        sa.UniqueConstraint("key", name="uq_credit_events_key"),
    )
    op.create_index("ix_credit_events_customer", "credit_events", ["customer"])
    op.create_table(
        "exchange_rates",
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("currency", "day", name="pk_exchange_rates"),
    )
    op.create_table(
        "foreign_payments",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("ledger_currency", sa.String(), nullable=False),
        sa.Column("ledger", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.String(), nullable=False),
        sa.Column("rate_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("order", "payment", name="pk_foreign_payments"),
    )
    op.create_table(
        "exchange_entries",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("invoice", sa.BigInteger(), nullable=False),
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("ledger", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.String(), nullable=False),
        sa.Column("rate_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("difference = 0 OR difference = paid + ledger", name="ck_exchange_entries_difference_adds_up"),
        sa.PrimaryKeyConstraint("id", name="pk_exchange_entries"),
        sa.UniqueConstraint("key", name="uq_exchange_entries_key"),
    )
    op.create_index("ix_exchange_entries_order_invoice", "exchange_entries", ["order", "invoice"])
    with op.batch_alter_table("customers") as customers:
        customers.add_column(sa.Column("block", sa.String(), nullable=False, server_default=""))
        customers.add_column(sa.Column("block_reason", sa.String(), nullable=False, server_default=""))
        customers.add_column(sa.Column("parent", sa.String(), nullable=True))
        customers.add_column(sa.Column("overdue_days", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("orders") as orders:
        orders.add_column(sa.Column("ledger_currency", sa.String(), nullable=False, server_default="EUR"))
    with op.batch_alter_table("order_lines") as lines:
        lines.add_column(sa.Column("amount", sa.BigInteger(), nullable=False, server_default="0"))
        lines.add_column(sa.Column("priced", sa.BigInteger(), nullable=False, server_default="0"))
    _share_the_totals()


def _share_the_totals() -> None:
    """What orders that are not closed come to, spread over their placed lines in proportion to quantity times price."""
    connection = op.get_bind()
    orders = sa.table("orders", sa.column("order"), sa.column("total"), sa.column("outcome"))
    names = ("order", "line", "bills_to", "unit_price", "ordered", "amount", "priced")
    lines = sa.table("order_lines", *(sa.column(name) for name in names))
    for order, total in connection.execute(sa.select(orders.c.order, orders.c.total).where(orders.c.outcome == "")).all():
        mine = sa.select(lines.c.line, lines.c.unit_price, lines.c.ordered).where(lines.c.order == order, lines.c.bills_to == lines.c.line)
        placed = connection.execute(mine.order_by(lines.c.line)).all()
        weights = [Decimal(price) * ordered for _, price, ordered in placed]
        left, weight = total, sum(weights)
        for (line, _, ordered), of_it in zip(placed, weights, strict=True):
            share = left if of_it >= weight else int(left * of_it / weight) if weight else 0
            left, weight = left - share, weight - of_it
            changed = sa.update(lines).where(lines.c.order == order, lines.c.line == line)
            connection.execute(changed.values(amount=share, priced=ordered))


def downgrade() -> None:
    with op.batch_alter_table("order_lines") as lines:
        lines.drop_column("priced")
        lines.drop_column("amount")
    with op.batch_alter_table("orders") as orders:
        orders.drop_column("ledger_currency")
    with op.batch_alter_table("customers") as customers:
        for name in ("overdue_days", "parent", "block_reason", "block"):
            customers.drop_column(name)
    for name in TABLES:
        op.drop_table(name)
