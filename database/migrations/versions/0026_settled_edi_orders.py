"""Orders by EDI that are over and whose partners have everything are looked at no more.

Revision: 0026
After: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("edi_orders") as orders:
        orders.add_column(sa.Column("settled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_edi_orders_settled", "edi_orders", ["settled"])


def downgrade() -> None:
    op.drop_index("ix_edi_orders_settled", "edi_orders")
    with op.batch_alter_table("edi_orders") as orders:
        orders.drop_column("settled")
