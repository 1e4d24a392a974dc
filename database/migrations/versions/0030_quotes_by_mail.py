"""Whether a quote was sent by e-mail, to whom, and how often somebody asked for it.

Revision: 0030
After: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

ADDED = (("mailing", sa.String(), ""), ("mailings", sa.BigInteger(), "0"), ("mail_to", sa.String(), ""))


def upgrade() -> None:
    with op.batch_alter_table("quote_revisions") as revisions:
        for name, kind, before in ADDED:
            revisions.add_column(sa.Column(name, kind, nullable=False, server_default=before))
    with op.batch_alter_table("quote_revisions") as revisions:
        for name, _, _ in ADDED:
            revisions.alter_column(name, server_default=None)
    wanted = sa.text("mailing = 'wanted'")
    op.create_index("ix_quote_revisions_mailing", "quote_revisions", ["mailing"], sqlite_where=wanted, postgresql_where=wanted)


def downgrade() -> None:
    op.drop_index("ix_quote_revisions_mailing", "quote_revisions")
    with op.batch_alter_table("quote_revisions") as revisions:
        for name, _, _ in ADDED:
            revisions.drop_column(name)
