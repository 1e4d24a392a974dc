"""Everything that Holdfast remembers.

Revision: 0001
After: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_trail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("message_name", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_trail"),
    )
    op.create_index("ix_audit_trail_message_id", "audit_trail", ["message_id"])
    op.create_index("ix_audit_trail_order", "audit_trail", ["order"])

    op.create_table(
        "counters",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.create_table(
        "exceptions",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("escalations", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("order", "number", name="pk_exceptions"),
    )
    op.create_index("ix_exceptions_kind", "exceptions", ["kind"])

    op.create_table(
        "items",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("item", name="pk_items"),
    )
    op.create_table(
        "journal",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("repeats", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_journal"),
    )
    op.create_table(
        "locations",
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("location", name="pk_locations"),
    )
    op.create_table(
        "order_intake",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("order", name="pk_order_intake"),
        sa.UniqueConstraint("channel", "external_id", name="uq_order_intake_channel_external_id"),
    )
    op.create_table(
        "price_lists",
        sa.Column("price_list", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("price_list", name="pk_price_lists"),
    )
    op.create_table(
        "refusals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refusals"),
    )
    op.create_table(
        "customers",
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("price_list", sa.String(), nullable=True),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("credit_limit", sa.BigInteger(), nullable=True),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("credit_hold", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["price_list"], ["price_lists.price_list"], name="fk_customers_price_list"),
        sa.PrimaryKeyConstraint("customer", name="pk_customers"),
    )
    op.create_table(
        "prices",
        sa.Column("price_list", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("unit_price", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_prices_item"),
        sa.ForeignKeyConstraint(["price_list"], ["price_lists.price_list"], name="fk_prices_price_list"),
        sa.PrimaryKeyConstraint("price_list", "item", name="pk_prices"),
    )
    op.create_table(
        "stock",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("bin", sa.String(), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="ck_stock_reserved_within_on_hand"),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_stock_item"),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_stock_location"),
        sa.PrimaryKeyConstraint("item", "location", "bin", name="pk_stock"),
    )
    op.create_table(
        "customer_aliases",
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customers.customer"], name="fk_customer_aliases_customer"),
        sa.PrimaryKeyConstraint("alias", name="pk_customer_aliases"),
    )
    op.create_index("ix_customer_aliases_customer", "customer_aliases", ["customer"])

    op.create_table(
        "orders",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=True),
        sa.Column("stated_customer", sa.String(), nullable=False),
        sa.Column("po_number", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held", sa.String(), nullable=False),
        sa.Column("review_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returnable_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("outcome IN ('', 'closed', 'cancelled', 'rejected')", name="ck_orders_outcome"),
        sa.ForeignKeyConstraint(["customer"], ["customers.customer"], name="fk_orders_customer"),
        sa.PrimaryKeyConstraint("order", name="pk_orders"),
        sa.UniqueConstraint("channel", "external_id", name="uq_orders_channel_external_id"),
    )
    op.create_index("ix_orders_customer", "orders", ["customer"])
    op.create_index("ix_orders_placed_at", "orders", ["placed_at"])

    op.create_table(
        "stock_movements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("bin", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("order", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('receipt', 'short_pick', 'shipment', 'shipment_undone', 'restock', 'adjustment')", name="ck_stock_movements_kind"
        ),
        sa.CheckConstraint("quantity <> 0", name="ck_stock_movements_moves_something"),
        sa.ForeignKeyConstraint(
            ["item", "location", "bin"], ["stock.item", "stock.location", "stock.bin"], name="fk_stock_movements_item_location_bin"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stock_movements"),
        sa.UniqueConstraint("key", name="uq_stock_movements_key"),
    )
    op.create_index("ix_stock_movements_item_location_bin", "stock_movements", ["item", "location", "bin"])

    op.create_table(
        "authorizations",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("authorization", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("declined", sa.String(), nullable=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order"], ["orders.order"], name="fk_authorizations_order"),
        sa.PrimaryKeyConstraint("key", name="pk_authorizations"),
    )
    op.create_index("ix_authorizations_order", "authorizations", ["order"])

    op.create_table(
        "invoices",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("invoice", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("freight", sa.BigInteger(), nullable=False),
        sa.Column("freight_tax", sa.BigInteger(), nullable=False),
        sa.Column("taxes_included", sa.Boolean(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.Column("credited", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("written_off", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminders", sa.BigInteger(), nullable=False),
        sa.Column("reminded_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispute_review_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("collections_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("collections_review_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("balance = total + fees - credited - paid - written_off", name="ck_invoices_balance_adds_up"),
        sa.CheckConstraint("balance >= 0", name="ck_invoices_never_overpaid"),
        sa.ForeignKeyConstraint(["order"], ["orders.order"], name="fk_invoices_order"),
        sa.PrimaryKeyConstraint("order", "invoice", name="pk_invoices"),
        sa.UniqueConstraint("document", name="uq_invoices_document"),
        sa.UniqueConstraint("sequence", name="uq_invoices_sequence"),
    )
    op.create_index("ix_invoices_due_at", "invoices", ["due_at"])

    op.create_table(
        "order_findings",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["order"], ["orders.order"], name="fk_order_findings_order"),
        sa.PrimaryKeyConstraint("order", "number", name="pk_order_findings"),
    )
    op.create_table(
        "order_lines",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("bills_to", sa.BigInteger(), nullable=False),
        sa.Column("unit_price", sa.String(), nullable=False),
        sa.Column("ordered", sa.BigInteger(), nullable=False),
        sa.Column("cancelled", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.Column("allocated", sa.BigInteger(), nullable=False),
        sa.Column("picked", sa.BigInteger(), nullable=False),
        sa.Column("packed", sa.BigInteger(), nullable=False),
        sa.Column("shipped", sa.BigInteger(), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("backorder_due", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "cancelled >= 0 AND open >= 0 AND allocated >= 0 AND picked >= 0 AND packed >= 0 AND shipped >= 0",
            name="ck_order_lines_no_unit_negative",
        ),
        sa.CheckConstraint("ordered = cancelled + open + allocated + picked + packed + shipped", name="ck_order_lines_units_add_up"),
        sa.CheckConstraint(
            "returned >= 0 AND returned <= delivered AND delivered <= shipped", name="ck_order_lines_returned_delivered_shipped"
        ),
        sa.ForeignKeyConstraint(["order"], ["orders.order"], name="fk_order_lines_order"),
        sa.PrimaryKeyConstraint("order", "line", name="pk_order_lines"),
    )
    op.create_index("ix_order_lines_item_backorder_due", "order_lines", ["item", "backorder_due"])

    op.create_table(
        "payments",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("reversed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("refunded >= 0 AND refunded <= amount", name="ck_payments_refunded_within_amount"),
        sa.ForeignKeyConstraint(["order"], ["orders.order"], name="fk_payments_order"),
        sa.PrimaryKeyConstraint("order", "payment", name="pk_payments"),
        sa.UniqueConstraint("key", name="uq_payments_key"),
    )
    op.create_table(
        "returns",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("rma", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authorized_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_returns_location"),
        sa.ForeignKeyConstraint(["order"], ["orders.order"], name="fk_returns_order"),
        sa.PrimaryKeyConstraint("order", "rma", name="pk_returns"),
        sa.UniqueConstraint("document", name="uq_returns_document"),
        sa.UniqueConstraint("sequence", name="uq_returns_sequence"),
    )
    op.create_table(
        "shipments",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("attempt", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pick_reference", sa.String(), nullable=False),
        sa.Column("ship_key", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("cost_currency", sa.String(), nullable=False),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("carrier_status", sa.String(), nullable=False),
        sa.Column("carrier_status_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("carrier_detail", sa.String(), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "status IN ('planned', 'released', 'picked', 'packed', 'shipped', 'delivered', 'lost', 'returned', 'cancelled')",
            name="ck_shipments_status",
        ),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_shipments_location"),
        sa.ForeignKeyConstraint(["order"], ["orders.order"], name="fk_shipments_order"),
        sa.PrimaryKeyConstraint("order", "shipment", name="pk_shipments"),
        sa.UniqueConstraint("tracking", name="uq_shipments_tracking"),
    )
    op.create_index("ix_shipments_attempt", "shipments", ["attempt"])

    op.create_table(
        "credit_notes",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("credit", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("invoice", sa.BigInteger(), nullable=False),
        sa.Column("freight", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("applied", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("applied >= 0 AND applied <= total", name="ck_credit_notes_applied_within_total"),
        sa.ForeignKeyConstraint(["order", "invoice"], ["invoices.order", "invoices.invoice"], name="fk_credit_notes_order_invoice"),
        sa.PrimaryKeyConstraint("order", "credit", name="pk_credit_notes"),
        sa.UniqueConstraint("document", name="uq_credit_notes_document"),
        sa.UniqueConstraint("sequence", name="uq_credit_notes_sequence"),
    )
    op.create_table(
        "invoice_lines",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("invoice", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order", "invoice"], ["invoices.order", "invoices.invoice"], name="fk_invoice_lines_order_invoice"),
        sa.PrimaryKeyConstraint("order", "invoice", "line", name="pk_invoice_lines"),
    )
    op.create_table(
        "parcels",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parcel", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"], name="fk_parcels_order_shipment"),
        sa.PrimaryKeyConstraint("order", "shipment", "parcel", name="pk_parcels"),
    )
    op.create_table(
        "payment_parts",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("invoice", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0", name="ck_payment_parts_not_negative"),
        sa.ForeignKeyConstraint(["order", "invoice"], ["invoices.order", "invoices.invoice"], name="fk_payment_parts_order_invoice"),
        sa.ForeignKeyConstraint(["order", "payment"], ["payments.order", "payments.payment"], name="fk_payment_parts_order_payment"),
        sa.PrimaryKeyConstraint("order", "payment", "invoice", name="pk_payment_parts"),
    )
    op.create_table(
        "receivable_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("invoice", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('invoice', 'fee', 'payment', 'reversal', 'credit', 'refund', 'write_off')", name="ck_receivable_entries_kind"
        ),
        sa.ForeignKeyConstraint(["order", "invoice"], ["invoices.order", "invoices.invoice"], name="fk_receivable_entries_order_invoice"),
        sa.PrimaryKeyConstraint("id", name="pk_receivable_entries"),
        sa.UniqueConstraint("key", name="uq_receivable_entries_key"),
    )
    op.create_index("ix_receivable_entries_order_invoice", "receivable_entries", ["order", "invoice"])

    op.create_table(
        "refunds",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("refund", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("invoice", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_refunds_positive"),
        sa.ForeignKeyConstraint(["order", "payment"], ["payments.order", "payments.payment"], name="fk_refunds_order_payment"),
        sa.PrimaryKeyConstraint("order", "refund", name="pk_refunds"),
    )
    op.create_table(
        "reminders",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("invoice", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("level", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holds_customer", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order", "invoice"], ["invoices.order", "invoices.invoice"], name="fk_reminders_order_invoice"),
        sa.PrimaryKeyConstraint("order", "invoice", "level", name="pk_reminders"),
    )
    op.create_table(
        "reservations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("attempt", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("bin", sa.String(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.String(), nullable=False),
        sa.CheckConstraint("ended IN ('', 'shipped', 'short', 'unpacked', 'released', 'abandoned')", name="ck_reservations_ended"),
        sa.CheckConstraint("quantity >= 0 AND quantity <= asked", name="ck_reservations_quantity_within_asked"),
        sa.ForeignKeyConstraint(
            ["item", "location", "bin"], ["stock.item", "stock.location", "stock.bin"], name="fk_reservations_item_location_bin"
        ),
        sa.ForeignKeyConstraint(["order", "line"], ["order_lines.order", "order_lines.line"], name="fk_reservations_order_line"),
        sa.ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"], name="fk_reservations_order_shipment"),
        sa.PrimaryKeyConstraint("id", name="pk_reservations"),
        sa.UniqueConstraint(
            "order", "shipment", "line", "item", "location", "bin", name="uq_reservations_order_shipment_line_item_location_bin"
        ),
    )
    op.create_index("ix_reservations_attempt", "reservations", ["attempt"])
    op.create_index("ix_reservations_item_location_bin", "reservations", ["item", "location", "bin"])

    op.create_table(
        "return_lines",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("rma", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("authorized", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("restock", sa.BigInteger(), nullable=False),
        sa.Column("scrap", sa.BigInteger(), nullable=False),
        sa.Column("refurbish", sa.BigInteger(), nullable=False),
        sa.Column("vendor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("restock >= 0 AND scrap >= 0 AND refurbish >= 0 AND vendor >= 0", name="ck_return_lines_no_unit_negative"),
        sa.ForeignKeyConstraint(["order", "rma"], ["returns.order", "returns.rma"], name="fk_return_lines_order_rma"),
        sa.PrimaryKeyConstraint("order", "rma", "line", name="pk_return_lines"),
    )
    op.create_table(
        "credit_lines",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("credit", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order", "credit"], ["credit_notes.order", "credit_notes.credit"], name="fk_credit_lines_order_credit"),
        sa.PrimaryKeyConstraint("order", "credit", "line", name="pk_credit_lines"),
    )
    counters = sa.table("counters", sa.column("name", sa.String), sa.column("last", sa.BigInteger))
    op.bulk_insert(counters, [{"name": name, "last": 0} for name in ("INV", "CN", "RMA")])


def downgrade() -> None:
    for table in (
        "credit_lines",
        "return_lines",
        "reservations",
        "reminders",
        "refunds",
        "receivable_entries",
        "payment_parts",
        "parcels",
        "invoice_lines",
        "credit_notes",
        "shipments",
        "returns",
        "payments",
        "order_lines",
        "order_findings",
        "invoices",
        "authorizations",
        "stock_movements",
        "orders",
        "customer_aliases",
        "stock",
        "prices",
        "customers",
        "refusals",
        "price_lists",
        "order_intake",
        "locations",
        "journal",
        "items",
        "exceptions",
        "counters",
        "audit_trail",
    ):
        op.drop_table(table)
