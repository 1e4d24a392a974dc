"""The floor: bins to walk past, pick tasks and waves, scans, lots and serial numbers, counts, and facts that orders have yet to hear.

Revision: 0005
After: 0004
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ADDED: tuple[tuple[str, str, Any, Any], ...] = (
    ("customers", "min_life_days", sa.BigInteger(), "0"),
    ("items", "by_lot", sa.Boolean(), sa.false()),
    ("items", "by_serial", sa.Boolean(), sa.false()),
    ("items", "value", sa.BigInteger(), "0"),
    ("stock", "by_lot", sa.Boolean(), sa.false()),
    ("stock_movements", "lot", sa.String(), ""),
    ("stock_movements", "reason", sa.String(), ""),
    ("reservations", "lot", sa.String(), ""),
)
"""Columns of tables that were there before: table, column, type and what their old rows say."""

TABLES = (
    "scan_parts",
    "pick_tasks",
    "lot_stock",
    "count_tasks",
    "waves",
    "picked_serials",
    "lots",
    "bins",
    "scans",
    "pick_releases",
    "outbox",
)


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_told_at", "outbox", ["told_at"])

    op.create_table(
        "pick_releases",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('open', 'confirmed', 'cancelled')", name="ck_pick_releases_status"),
        sa.PrimaryKeyConstraint("key", name="pk_pick_releases"),
        sa.UniqueConstraint("reference", name="uq_pick_releases_reference"),
    )
    op.create_index("ix_pick_releases_location_status", "pick_releases", ["location", "status"])
    op.create_index("ix_pick_releases_order_shipment", "pick_releases", ["order", "shipment"])

    op.create_table(
        "scans",
        sa.Column("scan", sa.String(), nullable=False),
        sa.Column("wave", sa.String(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("scan", name="pk_scans"),
    )
    op.create_index("ix_scans_wave", "scans", ["wave"])

    op.create_table(
        "bins",
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("bin", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("aisle", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_bins_location"),
        sa.PrimaryKeyConstraint("location", "bin", name="pk_bins"),
    )
    op.create_table(
        "lots",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("blocked", sa.String(), nullable=False),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_lots_item"),
        sa.PrimaryKeyConstraint("item", "lot", name="pk_lots"),
    )
    op.create_table(
        "picked_serials",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("release", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("scan", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_picked_serials_item"),
        sa.ForeignKeyConstraint(["release"], ["pick_releases.key"], name="fk_picked_serials_release"),
        sa.PrimaryKeyConstraint("item", "serial", "release", name="pk_picked_serials"),
    )
    op.create_index("ix_picked_serials_order_shipment", "picked_serials", ["order", "shipment"])

    op.create_table(
        "waves",
        sa.Column("wave", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("cut_off", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_waves_location"),
        sa.PrimaryKeyConstraint("wave", name="pk_waves"),
    )
    op.create_index("ix_waves_location", "waves", ["location"])

    op.create_table(
        "count_tasks",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("bin", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=True),
        sa.Column("counted", sa.BigInteger(), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counted_by", sa.String(), nullable=False),
        sa.Column("ledger_at", sa.BigInteger(), nullable=False),
        sa.Column("adjusted", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint("reason IN ('short_pick', 'plan', 'recount')", name="ck_count_tasks_reason"),
        sa.CheckConstraint("status IN ('open', 'counted', 'posted', 'recounted')", name="ck_count_tasks_status"),
        sa.CheckConstraint("counted IS NULL OR counted >= 0", name="ck_count_tasks_counted_not_negative"),
        sa.ForeignKeyConstraint(
            ["item", "location", "bin"], ["stock.item", "stock.location", "stock.bin"], name="fk_count_tasks_item_location_bin"
        ),
        sa.PrimaryKeyConstraint("task", name="pk_count_tasks"),
    )
    op.create_index("ix_count_tasks_item_location_bin", "count_tasks", ["item", "location", "bin"])
    op.create_index("ix_count_tasks_status_location", "count_tasks", ["status", "location"])

    op.create_table(
        "lot_stock",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("bin", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name="ck_lot_stock_on_hand_not_negative"),
        sa.ForeignKeyConstraint(
            ["item", "location", "bin"], ["stock.item", "stock.location", "stock.bin"], name="fk_lot_stock_item_location_bin"
        ),
        sa.ForeignKeyConstraint(["item", "lot"], ["lots.item", "lots.lot"], name="fk_lot_stock_item_lot"),
        sa.PrimaryKeyConstraint("item", "location", "bin", "lot", name="pk_lot_stock"),
    )
    op.create_index("ix_lot_stock_item_lot", "lot_stock", ["item", "lot"])

    op.create_table(
        "pick_tasks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("release", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("bin", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("picked", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("wave", sa.String(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("status IN ('released', 'waved', 'picked', 'short', 'told', 'cancelled')", name="ck_pick_tasks_status"),
        sa.CheckConstraint("picked >= 0 AND picked <= quantity", name="ck_pick_tasks_picked_within_quantity"),
        sa.ForeignKeyConstraint(["release"], ["pick_releases.key"], name="fk_pick_tasks_release"),
        sa.ForeignKeyConstraint(["wave"], ["waves.wave"], name="fk_pick_tasks_wave"),
        sa.PrimaryKeyConstraint("id", name="pk_pick_tasks"),
        sa.UniqueConstraint("release", "line", "item", "bin", "lot", name="uq_pick_tasks_release_line_item_bin_lot"),
    )
    op.create_index("ix_pick_tasks_item_location_bin", "pick_tasks", ["item", "location", "bin"])
    op.create_index("ix_pick_tasks_wave", "pick_tasks", ["wave"])

    op.create_table(
        "scan_parts",
        sa.Column("scan", sa.String(), nullable=False),
        sa.Column("task", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name="ck_scan_parts_takes_something"),
        sa.ForeignKeyConstraint(["scan"], ["scans.scan"], name="fk_scan_parts_scan"),
        sa.ForeignKeyConstraint(["task"], ["pick_tasks.id"], name="fk_scan_parts_task"),
        sa.PrimaryKeyConstraint("scan", "task", name="pk_scan_parts"),
    )
    op.create_index("ix_scan_parts_task", "scan_parts", ["task"])

    for table, column, kind, empty in ADDED:
        op.add_column(table, sa.Column(column, kind, nullable=False, server_default=empty))
    with op.batch_alter_table("reservations") as reservations:
        reservations.drop_constraint("uq_reservations_order_shipment_line_item_location_bin", type_="unique")
        reservations.create_unique_constraint(
            "uq_reservations_order_shipment_line_item_location_bin_lot",
            ["order", "shipment", "line", "item", "location", "bin", "lot"],
        )

    counters = sa.table("counters", sa.column("name", sa.String), sa.column("last", sa.BigInteger))
    op.bulk_insert(counters, [{"name": name, "last": 0} for name in ("F", "W", "CT")])


def downgrade() -> None:
    with op.batch_alter_table("reservations") as reservations:
        reservations.drop_constraint("uq_reservations_order_shipment_line_item_location_bin_lot", type_="unique")
        reservations.create_unique_constraint(
            "uq_reservations_order_shipment_line_item_location_bin",
            ["order", "shipment", "line", "item", "location", "bin"],
        )
    for table, column, _, _ in ADDED:
        op.drop_column(table, column)
    for table in TABLES:
        op.drop_table(table)
    op.execute("DELETE FROM counters WHERE name IN ('F', 'W', 'CT')")
