"""The backorder queue, and stock that changes hands between orders.

Revision: 0004
After: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("priority", sa.BigInteger(), nullable=True))
    op.add_column("customers", sa.Column("ships", sa.String(), nullable=True))
    op.add_column("orders", sa.Column("ships_apart_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("orders", sa.Column("priority", sa.BigInteger(), nullable=True))
    op.add_column("order_lines", sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("order_lines", sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
    # Who waits already has waited since their order was placed.
    op.execute(
        'UPDATE order_lines SET waiting_since = (SELECT placed_at FROM orders WHERE orders."order" = order_lines."order") '
        "WHERE backorder_due IS NOT NULL"
    )

    op.create_table(
        "backorder_wins",
        sa.Column("win", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("units", sa.Text(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("won_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("win", name="pk_backorder_wins"),
    )
    op.create_index("ix_backorder_wins_order", "backorder_wins", ["order"])
    op.create_index("ix_backorder_wins_cause", "backorder_wins", ["cause"])
    op.create_index("ix_backorder_wins_told_at", "backorder_wins", ["told_at"])

    op.create_table(
        "reallocations",
        sa.Column("reallocation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("free_before", sa.BigInteger(), nullable=False),
        sa.Column("free_after", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undoes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_reallocations_item"),
        sa.ForeignKeyConstraint(["undoes"], ["reallocations.reallocation"], name="fk_reallocations_undoes"),
        sa.PrimaryKeyConstraint("reallocation", name="pk_reallocations"),
        sa.UniqueConstraint("request", name="uq_reallocations_request"),
    )
    op.create_table(
        "reallocation_shares",
        sa.Column("reallocation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("wants", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("moved", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.CheckConstraint("before >= 0 AND after >= 0", name="ck_reallocation_shares_no_unit_negative"),
        sa.ForeignKeyConstraint(["reallocation"], ["reallocations.reallocation"], name="fk_reallocation_shares_reallocation"),
        sa.PrimaryKeyConstraint("reallocation", "order", name="pk_reallocation_shares"),
    )
    op.create_table(
        "reallocation_takes",
        sa.Column("reallocation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units > 0", name="ck_reallocation_takes_takes_something"),
        sa.ForeignKeyConstraint(["reallocation"], ["reallocations.reallocation"], name="fk_reallocation_takes_reallocation"),
        sa.ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"], name="fk_reallocation_takes_order"),
        sa.PrimaryKeyConstraint("reallocation", "order", "shipment", name="pk_reallocation_takes"),
    )
