"""Subscriptions, the events that they are told, and how far the audit trail was read for them.

Revision: 0027
After: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "subscriptions",
        *_text("subscription", "url", "events", "name", "contact", "owner", "customer", "channel", "location"),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        *_text("digest", "old_digest"),
        sa.Column("old_until", TIME, nullable=True),
        *_text("status", "reason"),
        sa.Column("failing_since", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        *_text("created_by"),
        sa.CheckConstraint("status IN ('active', 'paused', 'disabled')", name="ck_subscriptions_status"),
        sa.PrimaryKeyConstraint("subscription", name="pk_subscriptions"),
    )
    op.create_table(
        "webhook_events",
        *_text("event", "type", "order", "subject"),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event", name="pk_webhook_events"),
    )
    op.create_index("ix_webhook_events_order_subject", "webhook_events", ["order", "subject"])
    op.create_table(
        "webhook_deliveries",
        *_text("delivery", "subscription", "event", "order"),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        *_text("status"),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        *_text("answer"),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint("status IN ('pending', 'sent', 'dead')", name="ck_webhook_deliveries_status"),
        sa.ForeignKeyConstraint(["subscription"], ["subscriptions.subscription"], name="fk_webhook_deliveries_subscription"),
        sa.ForeignKeyConstraint(["event"], ["webhook_events.event"], name="fk_webhook_deliveries_event"),
        sa.PrimaryKeyConstraint("delivery", name="pk_webhook_deliveries"),
    )
    op.create_index("ix_webhook_deliveries_subscription_status_next_at", "webhook_deliveries", ["subscription", "status", "next_at"])
    op.create_index("ix_webhook_deliveries_status_ended_at", "webhook_deliveries", ["status", "ended_at"])
    op.create_table(
        "webhook_feed",
        *_text("feed"),
        sa.Column("read_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed", name="pk_webhook_feed"),
    )


def downgrade() -> None:
    for table in ("webhook_feed", "webhook_deliveries", "webhook_events", "subscriptions"):
        op.drop_table(table)
