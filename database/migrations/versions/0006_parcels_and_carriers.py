"""How goods are packed, what parcels are called, and what passes between us and the carriers.

Revision: 0006
After: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "carrier_calls",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('asked', 'bought', 'voided')", name="ck_carrier_calls_state"),
        sa.PrimaryKeyConstraint("key", name="pk_carrier_calls"),
    )
    op.create_table(
        "cartons",
        sa.Column("carton", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("length_mm", sa.BigInteger(), nullable=False),
        sa.Column("width_mm", sa.BigInteger(), nullable=False),
        sa.Column("height_mm", sa.BigInteger(), nullable=False),
        sa.Column("tare_g", sa.BigInteger(), nullable=False),
        sa.Column("max_weight_g", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0", name="ck_cartons_sides_positive"),
        sa.CheckConstraint("tare_g >= 0 AND max_weight_g > tare_g AND cost >= 0", name="ck_cartons_weights_and_cost"),
        sa.PrimaryKeyConstraint("carton", name="pk_cartons"),
    )
    op.create_table(
        "sscc_series",
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("extension", sa.BigInteger(), nullable=False),
        sa.Column("company_prefix", sa.String(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("last >= 0", name="ck_sscc_series_last"),
        sa.PrimaryKeyConstraint("series", name="pk_sscc_series"),
    )
    op.create_table(
        "docks",
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_docks_location"),
        sa.PrimaryKeyConstraint("location", name="pk_docks"),
    )
    op.create_table(
        "item_measures",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("length_mm", sa.BigInteger(), nullable=False),
        sa.Column("width_mm", sa.BigInteger(), nullable=False),
        sa.Column("height_mm", sa.BigInteger(), nullable=False),
        sa.Column("goods_class", sa.String(), nullable=False),
        sa.Column("upright", sa.Boolean(), nullable=False),
        sa.Column("as_is", sa.Boolean(), nullable=False),
        sa.CheckConstraint("goods_class IN ('general', 'food', 'hazardous')", name="ck_item_measures_goods_class"),
        sa.CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0", name="ck_item_measures_sides_positive"),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_item_measures_item"),
        sa.PrimaryKeyConstraint("item", name="pk_item_measures"),
    )
    op.create_table(
        "manifests",
        sa.Column("manifest", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_manifests_location"),
        sa.PrimaryKeyConstraint("manifest", name="pk_manifests"),
        sa.UniqueConstraint("document", name="uq_manifests_document"),
    )
    op.create_index("ix_manifests_location_carrier", "manifests", ["location", "carrier"])
    op.create_table(
        "packing_rules",
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customers.customer"], name="fk_packing_rules_customer"),
        sa.PrimaryKeyConstraint("customer", name="pk_packing_rules"),
    )
    op.create_table(
        "label_documents",
        sa.Column("ship_key", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("format IN ('pdf', 'zpl')", name="ck_label_documents_format"),
        sa.ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"], name="fk_label_documents_order_shipment"),
        sa.PrimaryKeyConstraint("ship_key", "number", name="pk_label_documents"),
    )
    op.create_index("ix_label_documents_order_shipment", "label_documents", ["order", "shipment"])
    op.create_table(
        "logistic_units",
        sa.Column("serial", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sscc", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), nullable=False),
        sa.Column("parcel", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.String(), nullable=False),
        sa.CheckConstraint("ended IN ('', 'repacked')", name="ck_logistic_units_ended"),
        sa.ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"], name="fk_logistic_units_order_shipment"),
        sa.PrimaryKeyConstraint("serial", name="pk_logistic_units"),
        sa.UniqueConstraint("sscc", name="uq_logistic_units_sscc"),
    )
    op.create_table(
        "manifest_lines",
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("manifest", sa.BigInteger(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("parcels", sa.BigInteger(), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["manifest"], ["manifests.manifest"], name="fk_manifest_lines_manifest"),
        sa.ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"], name="fk_manifest_lines_order_shipment"),
        sa.PrimaryKeyConstraint("tracking", name="pk_manifest_lines"),
    )
    op.create_index("ix_manifest_lines_manifest", "manifest_lines", ["manifest"])
    op.create_table(
        "packing_proposals",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order", "shipment"], ["shipments.order", "shipments.shipment"], name="fk_packing_proposals_order_shipment"
        ),
        sa.PrimaryKeyConstraint("order", "shipment", name="pk_packing_proposals"),
    )
    op.create_table(
        "packing_sessions",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("round", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fact", sa.Text(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order", "shipment"], ["shipments.order", "shipments.shipment"], name="fk_packing_sessions_order_shipment"
        ),
        sa.PrimaryKeyConstraint("order", "shipment", "round", name="pk_packing_sessions"),
    )
    op.create_table(
        "packing_parcels",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("round", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parcel", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("carton", sa.String(), nullable=False),
        sa.Column("sscc", sa.String(), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order", "shipment", "round"],
            ["packing_sessions.order", "packing_sessions.shipment", "packing_sessions.round"],
            name="fk_packing_parcels_order_shipment_round",
        ),
        sa.PrimaryKeyConstraint("order", "shipment", "round", "parcel", name="pk_packing_parcels"),
    )
    op.create_table(
        "packing_scans",
        sa.Column("scan", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("parcel", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.CheckConstraint("quantity > 0", name="ck_packing_scans_quantity"),
        sa.ForeignKeyConstraint(
            ["order", "shipment", "round", "parcel"],
            ["packing_parcels.order", "packing_parcels.shipment", "packing_parcels.round", "packing_parcels.parcel"],
            name="fk_packing_scans_order_shipment_round_parcel",
        ),
        sa.PrimaryKeyConstraint("scan", name="pk_packing_scans"),
    )
    op.create_table(
        "pulled_events",
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("shipment", sa.BigInteger(), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"], name="fk_pulled_events_order_shipment"),
        sa.PrimaryKeyConstraint("event", name="pk_pulled_events"),
    )
    with op.batch_alter_table("parcels") as parcels:
        parcels.add_column(sa.Column("sscc", sa.String(), nullable=True))
        parcels.create_unique_constraint("uq_parcels_sscc", ["sscc"])
    op.execute("INSERT INTO counters (name, last) VALUES ('MF', 0)")


def downgrade() -> None:
    op.execute("DELETE FROM counters WHERE name = 'MF'")
    with op.batch_alter_table("parcels") as parcels:
        parcels.drop_constraint("uq_parcels_sscc", type_="unique")
        parcels.drop_column("sscc")
    for table in (
        "pulled_events",
        "packing_scans",
        "packing_parcels",
        "packing_sessions",
        "packing_proposals",
        "manifest_lines",
        "logistic_units",
        "label_documents",
        "packing_rules",
        "manifests",
        "item_measures",
        "docks",
        "sscc_series",
        "cartons",
        "carrier_calls",
    ):
        op.drop_table(table)
