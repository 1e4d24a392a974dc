"""Where a lead time comes from, how many shipments a location takes on a day, and one place that says what is hazardous.

Revision: 0028
After: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

HAZARDOUS = "SELECT item FROM item_measures WHERE goods_class = 'hazardous'"


def upgrade() -> None:
    with op.batch_alter_table("item_planning") as planning:
        planning.add_column(sa.Column("lead_from", sa.String(), nullable=False, server_default="receipts"))
        planning.create_check_constraint(op.f("ck_item_planning_ck_item_planning_lead_from"), "lead_from IN ('receipts', 'terms')")
    with op.batch_alter_table("shipments") as shipments:
        shipments.add_column(sa.Column("day_limit", sa.BigInteger(), nullable=True))
    op.execute(f"UPDATE items SET hazardous = true WHERE item IN ({HAZARDOUS})")
    op.execute("UPDATE item_measures SET goods_class = 'general' WHERE goods_class = 'hazardous'")
    _classes("'general', 'food'")


def downgrade() -> None:
    _classes("'general', 'food', 'hazardous'")
    hazardous = "item IN (SELECT item FROM items WHERE hazardous)"
    op.execute(f"UPDATE item_measures SET goods_class = 'hazardous' WHERE goods_class = 'general' AND {hazardous}")
    with op.batch_alter_table("shipments") as shipments:
        shipments.drop_column("day_limit")
    with op.batch_alter_table("item_planning") as planning:
        planning.drop_constraint(op.f("ck_item_planning_ck_item_planning_lead_from"), type_="check")
        planning.drop_column("lead_from")


def _classes(known: str) -> None:
    named = op.f("ck_item_measures_ck_item_measures_goods_class")
    with op.batch_alter_table("item_measures") as measures:
        measures.drop_constraint(named, type_="check")
        measures.create_check_constraint(named, f"goods_class IN ({known})")
