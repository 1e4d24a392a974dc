"""Reminder terms and joint reminders, e-mails, finance charges, and what a person says of an invoice's reminders.

Revision: 0014
After: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "finance_charge_terms",
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("grace_days", sa.BigInteger(), nullable=False),
        sa.Column("minimum", sa.String(), nullable=False),
        sa.CheckConstraint("method IN ('average_daily_balance', 'balance_due')", name="ck_finance_charge_terms_method"),
        sa.PrimaryKeyConstraint("terms", name="pk_finance_charge_terms"),
    )
    op.create_table(
        "reminder_terms",
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("most_reminders", sa.BigInteger(), nullable=False),
        sa.Column("minimum", sa.String(), nullable=False),
        sa.Column("post_fee", sa.Boolean(), nullable=False),
        sa.Column("post_line_fee", sa.Boolean(), nullable=False),
        sa.Column("post_interest", sa.Boolean(), nullable=False),
        sa.Column("interest_percent", sa.String(), nullable=False),
        sa.Column("interest_period", sa.BigInteger(), nullable=False),
        sa.Column("interest_on_fees", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("terms", name="pk_reminder_terms"),
    )
    op.create_table(
        "sent_mails",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('sending', 'sent')", name="ck_sent_mails_state"),
        sa.PrimaryKeyConstraint("key", name="pk_sent_mails"),
    )
    op.create_table(
        "finance_charge_rates",
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("percent", sa.String(), nullable=False),
        sa.Column("period", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["terms"], ["finance_charge_terms.terms"], name="fk_finance_charge_rates_terms"),
        sa.PrimaryKeyConstraint("terms", "from_date", name="pk_finance_charge_rates"),
    )
    op.create_table(
        "reminder_levels",
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("level", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("grace_days", sa.BigInteger(), nullable=False),
        sa.Column("due_in", sa.String(), nullable=False),
        sa.Column("fee_kind", sa.String(), nullable=False),
        sa.Column("line_fee_kind", sa.String(), nullable=False),
        sa.Column("interest", sa.Boolean(), nullable=False),
        sa.Column("holds_customer", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["terms"], ["reminder_terms.terms"], name="fk_reminder_levels_terms"),
        sa.PrimaryKeyConstraint("terms", "level", name="pk_reminder_levels"),
    )
    op.create_table(
        "finance_charges",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customers.customer"], name="fk_finance_charges_customer"),
        sa.PrimaryKeyConstraint("document", name="pk_finance_charges"),
        sa.UniqueConstraint("sequence", name="uq_finance_charges_sequence"),
    )
    op.create_index("ix_finance_charges_customer_currency", "finance_charges", ["customer", "currency"])

    op.create_table(
        "reminder_documents",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("customer", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('drawn', 'sent', 'void')", name="ck_reminder_documents_state"),
        sa.ForeignKeyConstraint(["customer"], ["customers.customer"], name="fk_reminder_documents_customer"),
        sa.PrimaryKeyConstraint("document", name="pk_reminder_documents"),
        sa.UniqueConstraint("sequence", name="uq_reminder_documents_sequence"),
    )
    op.create_index("ix_reminder_documents_customer_currency", "reminder_documents", ["customer", "currency"])

    op.create_table(
        "reminder_fees",
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("level", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("above", sa.String(), nullable=False),
        sa.Column("fixed", sa.String(), nullable=False),
        sa.Column("percent", sa.String(), nullable=False),
        sa.Column("least", sa.String(), nullable=False),
        sa.Column("most", sa.String(), nullable=False),
        sa.CheckConstraint("scope IN ('document', 'line')", name="ck_reminder_fees_scope"),
        sa.ForeignKeyConstraint(
            ["terms", "level"], ["reminder_levels.terms", "reminder_levels.level"], name="fk_reminder_fees_terms_level"
        ),
        sa.PrimaryKeyConstraint("terms", "level", "scope", "currency", "above", name="pk_reminder_fees"),
    )
    op.create_table(
        "reminder_texts",
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("level", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("opening", sa.String(), nullable=False),
        sa.Column("closing", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["terms", "level"], ["reminder_levels.terms", "reminder_levels.level"], name="fk_reminder_texts_terms_level"
        ),
        sa.PrimaryKeyConstraint("terms", "level", "language", name="pk_reminder_texts"),
    )
    op.create_table(
        "finance_charge_lines",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("invoice", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("percent", sa.String(), nullable=False),
        sa.Column("period", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["finance_charges.document"], name="fk_finance_charge_lines_document"),
        sa.ForeignKeyConstraint(["order", "invoice"], ["invoices.order", "invoices.invoice"], name="fk_finance_charge_lines_order_invoice"),
        sa.PrimaryKeyConstraint("document", "order", "invoice", "since", name="pk_finance_charge_lines"),
    )
    op.create_index("ix_finance_charge_lines_order_invoice", "finance_charge_lines", ["order", "invoice"])

    op.create_table(
        "reminder_lines",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("invoice", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("remaining", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("line_fee", sa.BigInteger(), nullable=False),
        sa.Column("interest", sa.BigInteger(), nullable=False),
        sa.Column("interest_days", sa.BigInteger(), nullable=False),
        sa.Column("charged", sa.BigInteger(), nullable=False),
        sa.Column("holds_customer", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('drawn', 'booked', 'waived', 'dropped', 'cancelled')", name="ck_reminder_lines_state"),
        sa.ForeignKeyConstraint(["document"], ["reminder_documents.document"], name="fk_reminder_lines_document"),
        sa.ForeignKeyConstraint(["order", "invoice"], ["invoices.order", "invoices.invoice"], name="fk_reminder_lines_order_invoice"),
        sa.PrimaryKeyConstraint("document", "order", "invoice", name="pk_reminder_lines"),
    )
    op.create_index("ix_reminder_lines_order_invoice", "reminder_lines", ["order", "invoice"])
    op.execute("INSERT INTO counters (name, last) VALUES ('REM', 0)")
    op.execute("INSERT INTO counters (name, last) VALUES ('FC', 0)")
    with op.batch_alter_table("customers") as customers:
        customers.add_column(sa.Column("reminder_terms", sa.String(), nullable=True))
        customers.add_column(sa.Column("finance_charge_terms", sa.String(), nullable=True))
        customers.create_foreign_key("fk_customers_reminder_terms", "reminder_terms", ["reminder_terms"], ["terms"])
        customers.create_foreign_key("fk_customers_finance_charge_terms", "finance_charge_terms", ["finance_charge_terms"], ["terms"])
    with op.batch_alter_table("invoices") as invoices:
        invoices.add_column(sa.Column("by_terms", sa.Boolean(), nullable=False, server_default=sa.false()))
        invoices.add_column(sa.Column("reminder_not_before", sa.DateTime(timezone=True), nullable=True))
        invoices.add_column(sa.Column("dunning_held_until", sa.DateTime(timezone=True), nullable=True))
        invoices.add_column(sa.Column("promise_broken_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("reminders") as reminders:
        reminders.add_column(sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"))
        reminders.add_column(sa.Column("document", sa.String(), nullable=False, server_default=""))
        reminders.add_column(sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE reminders SET number = level")  # a ladder's levels counted an invoice's reminders
    with op.batch_alter_table("reminders") as reminders:
        reminders.drop_constraint("pk_reminders", type_="primary")
        reminders.create_primary_key("pk_reminders", ["order", "invoice", "number"])


def downgrade() -> None:
    with op.batch_alter_table("reminders") as reminders:
        reminders.drop_constraint("pk_reminders", type_="primary")
        reminders.create_primary_key("pk_reminders", ["order", "invoice", "level"])
    with op.batch_alter_table("reminders") as reminders:
        reminders.drop_column("cancelled_at")
        reminders.drop_column("document")
        reminders.drop_column("number")
    with op.batch_alter_table("invoices") as invoices:
        for column in ("promise_broken_at", "dunning_held_until", "reminder_not_before", "by_terms"):
            invoices.drop_column(column)
    with op.batch_alter_table("customers") as customers:
        customers.drop_constraint("fk_customers_finance_charge_terms", type_="foreignkey")
        customers.drop_constraint("fk_customers_reminder_terms", type_="foreignkey")
        customers.drop_column("finance_charge_terms")
        customers.drop_column("reminder_terms")
    op.execute("DELETE FROM counters WHERE name IN ('REM', 'FC')")
    op.drop_table("reminder_lines")
    op.drop_table("finance_charge_lines")
    op.drop_table("reminder_texts")
    op.drop_table("reminder_fees")
    op.drop_table("reminder_documents")
    op.drop_table("finance_charges")
    op.drop_table("reminder_levels")
    op.drop_table("finance_charge_rates")
    op.drop_table("sent_mails")
    op.drop_table("reminder_terms")
    op.drop_table("finance_charge_terms")
