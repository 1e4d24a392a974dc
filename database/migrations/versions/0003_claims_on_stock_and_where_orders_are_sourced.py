"""Claims on stock, and where orders are sourced.

Revision: 0003
After: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "soft_reservations",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('cart', 'quote', 'grant')", name="ck_soft_reservations_kind"),
        sa.CheckConstraint("ended IN ('', 'used', 'expired', 'released')", name="ck_soft_reservations_ended"),
        sa.CheckConstraint("(ended = '') = (ended_at IS NULL)", name="ck_soft_reservations_ended_has_its_time"),
        sa.CheckConstraint("quantity >= 0 AND quantity <= asked", name="ck_soft_reservations_quantity_within_asked"),
        sa.CheckConstraint("expires_at IS NOT NULL OR kind = 'grant'", name="ck_soft_reservations_only_grants_endless"),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_soft_reservations_item"),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_soft_reservations_location"),
        sa.PrimaryKeyConstraint("key", "number", name="pk_soft_reservations"),
    )
    op.create_index("ix_soft_reservations_item_ended", "soft_reservations", ["item", "ended"])
    op.create_index("ix_soft_reservations_owner", "soft_reservations", ["owner"])
    op.create_index("ix_soft_reservations_ended_expires_at", "soft_reservations", ["ended", "expires_at"])

    op.create_table(
        "channel_quotas",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kept_back", sa.BigInteger(), nullable=False),
        sa.Column("quota", sa.BigInteger(), nullable=False),
        sa.Column("counts_after", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kept_back >= 0 AND quota >= 0", name="ck_channel_quotas_no_unit_negative"),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_channel_quotas_item"),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_channel_quotas_location"),
        sa.PrimaryKeyConstraint("item", "location", "channel", name="pk_channel_quotas"),
    )

    op.add_column("items", sa.Column("hazardous", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("items", sa.Column("cold", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in ("service", "basket"):
        op.add_column("orders", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("shipments", sa.Column("ships_on", sa.Date(), nullable=True))
    op.create_index("ix_shipments_location_ships_on", "shipments", ["location", "ships_on"])

    op.create_table(
        "location_abilities",
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("ships_to", sa.String(), nullable=False),
        sa.Column("services", sa.String(), nullable=False),
        sa.Column("hazardous", sa.Boolean(), nullable=False),
        sa.Column("cold", sa.Boolean(), nullable=False),
        sa.Column("shipments_per_day", sa.BigInteger(), nullable=True),
        sa.Column("handling", sa.BigInteger(), nullable=False),
        sa.Column("handling_per_unit", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("shipments_per_day IS NULL OR shipments_per_day > 0", name="ck_location_abilities_ships_something"),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_location_abilities_location"),
        sa.PrimaryKeyConstraint("location", name="pk_location_abilities"),
    )
    op.create_table(
        "freight_rates",
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("per_kg", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("base >= 0 AND per_kg >= 0", name="ck_freight_rates_no_rate_negative"),
        sa.ForeignKeyConstraint(["location"], ["locations.location"], name="fk_freight_rates_location"),
        sa.PrimaryKeyConstraint("location", "zone", name="pk_freight_rates"),
    )
    op.create_table(
        "sourcing_policies",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name="pk_sourcing_policies"),
    )
    op.create_table(
        "sourcing_decisions",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order"], ["orders.order"], name="fk_sourcing_decisions_order"),
        sa.PrimaryKeyConstraint("key", name="pk_sourcing_decisions"),
    )
    op.create_index("ix_sourcing_decisions_order", "sourcing_decisions", ["order"])
