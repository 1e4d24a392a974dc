"""Replenishment: how items are planned, what was wanted of them before, runs, plans and proposals.

Revision: 0007
After: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PLANNED = (["item", "location"], ["item_planning.item", "item_planning.location"])


def upgrade() -> None:
    op.create_table(
        "item_planning",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("supplier", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("lead_days", sa.Double(), nullable=False),
        sa.Column("lead_deviation", sa.Double(), nullable=False),
        sa.Column("review_days", sa.Double(), nullable=False),
        sa.Column("minimum", sa.BigInteger(), nullable=False),
        sa.Column("multiple", sa.BigInteger(), nullable=False),
        sa.Column("order_cost", sa.BigInteger(), nullable=False),
        sa.Column("unit_cost", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("holding_rate", sa.Double(), nullable=False),
        sa.Column("goal", sa.String(), nullable=False),
        sa.Column("service", sa.Double(), nullable=False),
        sa.CheckConstraint("scope IN ('network', 'location')", name="ck_item_planning_scope"),
        sa.CheckConstraint("goal IN ('cycle', 'fill')", name="ck_item_planning_goal"),
        sa.CheckConstraint("minimum >= 1 AND multiple >= 1", name="ck_item_planning_packs"),
        sa.CheckConstraint("service > 0 AND service < 1", name="ck_item_planning_service_within_one"),
        sa.CheckConstraint("unit_cost > 0 AND holding_rate > 0 AND order_cost >= 0", name="ck_item_planning_costs"),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_item_planning_item"),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_item_planning_location"),
        sa.ForeignKeyConstraint(["supplier"], ["suppliers.supplier"], name="fk_item_planning_supplier"),
        sa.PrimaryKeyConstraint("item", "location", name="pk_item_planning"),
    )
    op.create_table(
        "past_demand",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("out_of_stock", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity >= 0", name="ck_past_demand_not_negative"),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_past_demand_item"),
        sa.PrimaryKeyConstraint("item", "location", "day", name="pk_past_demand"),
    )
    op.create_table(
        "replenishment_runs",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("run", name="pk_replenishment_runs"),
    )
    op.create_table(
        "replenishment_plans",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("surplus", sa.BigInteger(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(*PLANNED, name="fk_replenishment_plans_item_location"),
        sa.ForeignKeyConstraint(["run"], ["replenishment_runs.run"], name="fk_replenishment_plans_run"),
        sa.PrimaryKeyConstraint("item", "location", name="pk_replenishment_plans"),
    )
    op.create_index("ix_replenishment_plans_run", "replenishment_plans", ["run"])
    op.create_index("ix_replenishment_plans_verdict", "replenishment_plans", ["verdict"])
    op.create_table(
        "replenishment_proposals",
        sa.Column("number", SERIAL, autoincrement=True, nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("supplier", sa.String(), nullable=False),
        sa.Column("proposed", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purchase_order", sa.String(), nullable=True),
        sa.Column("purchase_line", sa.BigInteger(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('open', 'approved', 'rejected', 'superseded')", name="ck_replenishment_proposals_status"),
        sa.CheckConstraint("proposed > 0 AND (quantity IS NULL OR quantity > 0)", name="ck_replenishment_proposals_units"),
        sa.CheckConstraint("(status = 'approved') = (purchase_order IS NOT NULL)", name="ck_replenishment_proposals_approved"),
        sa.CheckConstraint("(purchase_order IS NULL) = (quantity IS NULL)", name="ck_replenishment_proposals_quantity"),
        sa.ForeignKeyConstraint(*PLANNED, name="fk_replenishment_proposals_item_location"),
        sa.ForeignKeyConstraint(
            ["purchase_order", "purchase_line"],
            ["purchase_order_lines.purchase_order", "purchase_order_lines.line"],
            name="fk_replenishment_proposals_purchase_order_purchase_line",
        ),
        sa.ForeignKeyConstraint(["run"], ["replenishment_runs.run"], name="fk_replenishment_proposals_run"),
        sa.ForeignKeyConstraint(["supplier"], ["suppliers.supplier"], name="fk_replenishment_proposals_supplier"),
        sa.PrimaryKeyConstraint("number", name="pk_replenishment_proposals"),
        sa.UniqueConstraint("run", "item", "location", name="uq_replenishment_proposals_run_item_location"),
        sa.UniqueConstraint("purchase_order", "purchase_line", name="uq_replenishment_proposals_purchase_order_purchase_line"),
    )
    open_ones = sa.text("status = 'open'")
    op.create_index(
        "ix_replenishment_proposals_one_open",
        "replenishment_proposals",
        ["item", "location"],
        unique=True,
        sqlite_where=open_ones,
        postgresql_where=open_ones,
    )
    op.create_index("ix_replenishment_proposals_status", "replenishment_proposals", ["status"])


def downgrade() -> None:
    for table in ("replenishment_proposals", "replenishment_plans", "replenishment_runs", "past_demand", "item_planning"):
        op.drop_table(table)
