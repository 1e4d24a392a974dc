"""How the prices of an exchange were derived, with its return.

Revision: 0019
After: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("returns") as returns:
        returns.add_column(sa.Column("prices", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("returns") as returns:
        returns.drop_column("prices")
