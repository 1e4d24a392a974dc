"""Rules of items that come back, stock that is held, claims, what of a credit we keep, and what becomes of each returned unit.

Revision: 0015
After: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
UNITS = ("quarantine", "send_back", "customer_keeps", "damaged")


def upgrade() -> None:
    with op.batch_alter_table("items") as items:
        items.add_column(sa.Column("returns", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("customers") as customers:
        customers.add_column(sa.Column("refund_on", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("exceptions") as exceptions:
        exceptions.add_column(sa.Column("offered", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("credit_notes") as notes:
        notes.add_column(sa.Column("rma", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("refunds") as refunds:
        refunds.add_column(sa.Column("to_account", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("return_lines") as lines:
        lines.add_column(sa.Column("reason", sa.String(), nullable=False, server_default=""))
        for name in UNITS:
            lines.add_column(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "held_stock",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name="ck_held_stock_on_hand_not_negative"),
        sa.CheckConstraint("why IN ('quarantine', 'refurbish')", name="ck_held_stock_why"),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_held_stock_location"),
        sa.PrimaryKeyConstraint("item", "location", "why", "lot", name="pk_held_stock"),
    )
    op.create_table(
        "held_movements",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("kind IN ('returned', 'untaken', 'freed', 'scrapped')", name="ck_held_movements_kind"),
        sa.CheckConstraint("quantity <> 0", name="ck_held_movements_moves_something"),
        sa.ForeignKeyConstraint(
            ["item", "location", "why", "lot"],
            ["held_stock.item", "held_stock.location", "held_stock.why", "held_stock.lot"],
            name="fk_held_movements_item_location_why_lot",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_held_movements"),
        sa.UniqueConstraint("key", name="uq_held_movements_key"),
    )
    op.create_table(
        "sent_back",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("rma", sa.BigInteger(), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["order", "rma"], ["returns.order", "returns.rma"], name="fk_sent_back_order_rma"),
        sa.PrimaryKeyConstraint("key", name="pk_sent_back"),
    )
    op.create_table(
        "claims",
        sa.Column("claim", SERIAL, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("against", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), nullable=False),
        sa.Column("rma", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("filed_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint("against IN ('carrier', 'supplier', 'customer')", name="ck_claims_against"),
        sa.CheckConstraint("status IN ('open', 'filed', 'accepted', 'refused', 'paid')", name="ck_claims_status"),
        sa.CheckConstraint("amount >= 0 AND paid >= 0 AND paid <= amount", name="ck_claims_paid_within_amount"),
        sa.ForeignKeyConstraint(["order"], ["orders.order"], name="fk_claims_order"),
        sa.PrimaryKeyConstraint("claim", name="pk_claims"),
        sa.UniqueConstraint("key", name="uq_claims_key"),
    )
    op.create_index("ix_claims_status_due_at", "claims", ["status", "due_at"])
    op.create_table(
        "credit_fees",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("credit", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("net >= 0", name="ck_credit_fees_not_negative"),
        sa.ForeignKeyConstraint(["order", "credit"], ["credit_notes.order", "credit_notes.credit"], name="fk_credit_fees_order_credit"),
        sa.PrimaryKeyConstraint("order", "credit", "line", "what", name="pk_credit_fees"),
    )


def downgrade() -> None:
    for table in ("credit_fees", "claims", "sent_back", "held_movements", "held_stock"):
        op.drop_table(table)
    with op.batch_alter_table("return_lines") as lines:
        for name in ("reason", *UNITS):
            lines.drop_column(name)
    for table, column in (
        ("refunds", "to_account"),
        ("credit_notes", "rma"),
        ("exceptions", "offered"),
        ("customers", "refund_on"),
        ("items", "returns"),
    ):
        with op.batch_alter_table(table) as changed:
            changed.drop_column(column)
