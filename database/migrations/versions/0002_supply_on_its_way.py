"""Supply on its way, and what is promised from it: purchase orders, transfers, calendars of locations, the ledger of promises.

Revision: 0002
After: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BEFORE = ("receipt", "short_pick", "shipment", "shipment_undone", "restock", "adjustment")
MOVEMENTS = (*BEFORE, "transfer_out")

PREFIX = "ck_stock_movements_ck_stock_movements"
"""The convention for names was applied to the name of revision 0001 once more."""

KIND = f"{PREFIX}_kind"


def upgrade() -> None:
    _movement_kinds(MOVEMENTS)
    op.create_table(
        "suppliers",
        sa.Column("supplier", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("lead_time_days", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("lead_time_days >= 0", name="ck_suppliers_lead_time"),
        sa.PrimaryKeyConstraint("supplier", name="pk_suppliers"),
    )
    # The same statement on both engines: SQLite adds a column that refers to another table without making the table anew.
    op.execute("ALTER TABLE items ADD COLUMN supplier VARCHAR CONSTRAINT fk_items_supplier REFERENCES suppliers (supplier)")
    op.add_column("items", sa.Column("lead_time_days", sa.BigInteger(), nullable=True))

    op.create_table(
        "purchase_orders",
        sa.Column("purchase_order", sa.String(), nullable=False),
        sa.Column("supplier", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.CheckConstraint("status IN ('open', 'closed', 'cancelled')", name="ck_purchase_orders_status"),
        sa.ForeignKeyConstraint(["supplier"], ["suppliers.supplier"], name="fk_purchase_orders_supplier"),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_purchase_orders_location"),
        sa.PrimaryKeyConstraint("purchase_order", name="pk_purchase_orders"),
    )
    op.create_index("ix_purchase_orders_status", "purchase_orders", ["status"])

    op.create_table(
        "purchase_order_lines",
        sa.Column("purchase_order", sa.String(), nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("ordered", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ordered > 0 AND received >= 0 AND received <= ordered", name="ck_purchase_order_lines_within_ordered"),
        sa.ForeignKeyConstraint(["purchase_order"], ["purchase_orders.purchase_order"], name="fk_purchase_order_lines_purchase_order"),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_purchase_order_lines_item"),
        sa.PrimaryKeyConstraint("purchase_order", "line", name="pk_purchase_order_lines"),
    )
    op.create_index("ix_purchase_order_lines_item_expected_at", "purchase_order_lines", ["item", "expected_at"])

    op.create_table(
        "transfers",
        sa.Column("transfer", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("from_location", sa.String(), nullable=False),
        sa.Column("to_location", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("shipped", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.CheckConstraint("status IN ('planned', 'shipped', 'received', 'cancelled')", name="ck_transfers_status"),
        sa.CheckConstraint(
            "quantity > 0 AND received >= 0 AND received <= shipped AND shipped <= quantity", name="ck_transfers_received_shipped_quantity"
        ),
        sa.CheckConstraint("from_location <> to_location", name="ck_transfers_moves_somewhere"),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_transfers_item"),
        sa.ForeignKeyConstraint(["from_location"], ["locations.location"], name="fk_transfers_from_location"),
        sa.ForeignKeyConstraint(["to_location"], ["locations.location"], name="fk_transfers_to_location"),
        sa.PrimaryKeyConstraint("transfer", name="pk_transfers"),
    )
    op.create_index("ix_transfers_item_expected_at", "transfers", ["item", "expected_at"])

    op.create_table(
        "supply_receipts",
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("purchase_order", sa.String(), nullable=True),
        sa.Column("line", sa.BigInteger(), nullable=True),
        sa.Column("transfer", sa.String(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(purchase_order IS NULL) = (line IS NULL) AND (purchase_order IS NULL) <> (transfer IS NULL)",
            name="ck_supply_receipts_against_one_thing",
        ),
        sa.CheckConstraint("quantity > 0", name="ck_supply_receipts_receives_something"),
        sa.ForeignKeyConstraint(
            ["purchase_order", "line"],
            ["purchase_order_lines.purchase_order", "purchase_order_lines.line"],
            name="fk_supply_receipts_purchase_order_line",
        ),
        sa.ForeignKeyConstraint(["transfer"], ["transfers.transfer"], name="fk_supply_receipts_transfer"),
        sa.PrimaryKeyConstraint("receipt", name="pk_supply_receipts"),
    )
    op.create_index("ix_supply_receipts_purchase_order_line", "supply_receipts", ["purchase_order", "line"])
    op.create_index("ix_supply_receipts_transfer", "supply_receipts", ["transfer"])

    op.create_table(
        "supply_slips",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("slip", sa.String(), nullable=False),
        sa.Column("supply", sa.String(), nullable=False),
        sa.Column("was", sa.DateTime(timezone=True), nullable=False),
        sa.Column("becomes", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_supply_slips"),
    )
    op.create_index("ix_supply_slips_slip", "supply_slips", ["slip"])
    op.create_index("ix_supply_slips_supply", "supply_slips", ["supply"])

    _calendars_and_ways()
    _promises()


def _calendars_and_ways() -> None:
    neutral = {"country": "", "subdivision": "", "time_zone": "UTC", "cut_off": "23:59", "working_days": "1234567"}
    for name, value in neutral.items():
        _add("locations", sa.Column(name, sa.String(), nullable=False, server_default=value))
    # One statement on both engines, as above: a check that SQLite takes without making the table anew.
    rule = f"CONSTRAINT {op.f('ck_locations_ck_locations_handling')} CHECK (handling_days >= 0)"
    op.execute(f"ALTER TABLE locations ADD COLUMN handling_days BIGINT DEFAULT 1 NOT NULL {rule}")
    op.create_table(
        "transit_times",
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("days >= 0", name="ck_transit_times_days"),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_transit_times_location"),
        sa.PrimaryKeyConstraint("location", "country", "postcode", name="pk_transit_times"),
    )


def _promises() -> None:
    for name in ("ship_country", "ship_postcode"):
        _add("orders", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.create_table(
        "promises",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("supply", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('made', 'moved', 'kept', 'broken')", name="ck_promises_status"),
        sa.ForeignKeyConstraint(["order", "line"], ["order_lines.order", "order_lines.line"], name="fk_promises_order_line"),
        sa.PrimaryKeyConstraint("order", "line", "number", name="pk_promises"),
    )
    op.create_index("ix_promises_supply", "promises", ["supply"])


def _add(table: str, column: sa.Column[str]) -> None:
    """Add a column to rows that are there; the default is theirs alone."""
    op.add_column(table, column)
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column(table, column.name, server_default=None)


def downgrade() -> None:
    op.drop_table("promises")
    for name in ("ship_country", "ship_postcode"):
        op.drop_column("orders", name)
    op.drop_table("transit_times")
    for name in ("handling_days", "working_days", "cut_off", "time_zone", "subdivision", "country"):
        op.drop_column("locations", name)
    for table in ("supply_slips", "supply_receipts", "transfers", "purchase_order_lines", "purchase_orders"):
        op.drop_table(table)
    op.drop_column("items", "lead_time_days")
    op.drop_column("items", "supplier")
    op.drop_table("suppliers")
    _movement_kinds(BEFORE)


def _movement_kinds(kinds: tuple[str, ...]) -> None:
    """Which kinds of movement the stock ledger takes. SQLite makes the table anew for it; nothing refers to its rows."""
    rule = f"kind IN ({', '.join(repr(kind) for kind in kinds)})"
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f(KIND), "stock_movements")
        op.create_check_constraint(op.f(KIND), "stock_movements", rule)
        return
    place = ("item", "location", "bin")
    anew = sa.Table(
        "stock_movements",
        sa.MetaData(),
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in place),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("order", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(rule, name=KIND),
        sa.CheckConstraint("quantity <> 0", name=f"{PREFIX}_moves_something"),
        sa.ForeignKeyConstraint(place, [f"stock.{name}" for name in place], name="fk_stock_movements_item_location_bin"),
        sa.PrimaryKeyConstraint("id", name="pk_stock_movements"),
        sa.UniqueConstraint("key", name="uq_stock_movements_key"),
        sa.Index("ix_stock_movements_item_location_bin", *place),
    )
    with op.batch_alter_table("stock_movements", recreate="always", copy_from=anew):
        pass
