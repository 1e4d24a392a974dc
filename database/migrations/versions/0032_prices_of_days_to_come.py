"""What a list will cost from a day on.

Revision: 0032
After: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "prices_ahead",
        sa.Column("price_list", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("unit_price", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["price_list"], ["price_lists.price_list"], name="fk_prices_ahead_price_list"),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_prices_ahead_item"),
        sa.PrimaryKeyConstraint("price_list", "item", "valid_from", name="pk_prices_ahead"),
    )


def downgrade() -> None:
    op.drop_table("prices_ahead")
