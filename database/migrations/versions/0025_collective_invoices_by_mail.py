"""Whether a collective invoice was sent by e-mail; those from before were sent by hand.

Revision: 0025
After: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("collective_invoices") as invoices:
        invoices.add_column(sa.Column("mailing", sa.String(), nullable=False, server_default="by hand"))
    with op.batch_alter_table("collective_invoices") as invoices:
        invoices.alter_column("mailing", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("collective_invoices") as invoices:
        invoices.drop_column("mailing")
