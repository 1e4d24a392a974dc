"""What was agreed about prices, taxes by address, and what the tax of each document is made of.

Revision: 0009
After: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

DOCUMENT_LINES = ("invoice_lines", "credit_lines")
DOCUMENTS = ("invoices", "credit_notes")


def upgrade() -> None:
    op.create_table(
        "customer_groups",
        sa.Column("customer_group", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("price_list", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["price_list"], ["price_lists.price_list"], name="fk_customer_groups_price_list"),
        sa.PrimaryKeyConstraint("customer_group", name="pk_customer_groups"),
    )
    op.create_table(
        "tax_rates",
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("rate", sa.String(), nullable=False),
        sa.Column("compound", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("country", "code", "region", "city", "title", "valid_from", name="pk_tax_rates"),
    )
    op.create_table(
        "tax_settings",
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("freight", sa.String(), nullable=False),
        sa.Column("cash_step", sa.BigInteger(), nullable=False),
        sa.Column("cash_currency", sa.String(), nullable=False),
        sa.CheckConstraint("level IN ('unit', 'line', 'document') AND mode IN ('half_up', 'half_even')", name="ck_tax_settings_rounding"),
        sa.CheckConstraint("freight IN ('weighted', 'own')", name="ck_tax_settings_freight"),
        sa.PrimaryKeyConstraint("country", name="pk_tax_settings"),
    )
    with op.batch_alter_table("customers") as customers:
        customers.add_column(sa.Column("price_group", sa.String(), nullable=True))
        customers.add_column(sa.Column("tax_exempt", sa.String(), nullable=False, server_default=""))
        customers.add_column(sa.Column("tax_exempt_in", sa.String(), nullable=False, server_default=""))
        customers.create_foreign_key("fk_customers_price_group", "customer_groups", ["price_group"], ["customer_group"])
    with op.batch_alter_table("items") as items:
        items.add_column(sa.Column("item_group", sa.String(), nullable=False, server_default=""))
        items.add_column(sa.Column("tax_code", sa.String(), nullable=False, server_default="standard"))
    with op.batch_alter_table("price_lists") as lists:
        lists.add_column(sa.Column("taxes_included", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("order_lines") as lines:
        lines.add_column(sa.Column("derivation", sa.Text(), nullable=True))
    for table in DOCUMENTS:
        with op.batch_alter_table(table) as documents:
            documents.add_column(sa.Column("rounding", sa.BigInteger(), nullable=False, server_default="0"))
    for table in DOCUMENT_LINES:
        with op.batch_alter_table(table) as lines:
            lines.add_column(sa.Column("surcharge", sa.BigInteger(), nullable=False, server_default="0"))
            lines.add_column(sa.Column("surcharged_for", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "price_conditions",
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=True),
        sa.Column("customer_group", sa.String(), nullable=True),
        sa.Column("item", sa.String(), nullable=True),
        sa.Column("item_group", sa.String(), nullable=False),
        sa.Column("price_list", sa.String(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('contract', 'break', 'promotion', 'surcharge', 'margin')", name="ck_price_conditions_kind"),
        sa.ForeignKeyConstraint(["customer"], ["customers.customer"], name="fk_price_conditions_customer"),
        sa.ForeignKeyConstraint(["customer_group"], ["customer_groups.customer_group"], name="fk_price_conditions_customer_group"),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_price_conditions_item"),
        sa.ForeignKeyConstraint(["price_list"], ["price_lists.price_list"], name="fk_price_conditions_price_list"),
        sa.PrimaryKeyConstraint("condition", name="pk_price_conditions"),
    )
    op.create_index("ix_price_conditions_customer", "price_conditions", ["customer"])
    op.create_index("ix_price_conditions_item", "price_conditions", ["item"])
    _taxes("invoice_taxes", "invoices", "invoice")
    _taxes("credit_taxes", "credit_notes", "credit")


def downgrade() -> None:
    for table in ("credit_taxes", "invoice_taxes", "price_conditions"):
        op.drop_table(table)
    for table in DOCUMENT_LINES:
        with op.batch_alter_table(table) as lines:
            lines.drop_column("surcharged_for")
            lines.drop_column("surcharge")
    for table in DOCUMENTS:
        with op.batch_alter_table(table) as documents:
            documents.drop_column("rounding")
    with op.batch_alter_table("order_lines") as lines:
        lines.drop_column("derivation")
    with op.batch_alter_table("price_lists") as lists:
        lists.drop_column("taxes_included")
    with op.batch_alter_table("items") as items:
        items.drop_column("tax_code")
        items.drop_column("item_group")
    with op.batch_alter_table("customers") as customers:
        customers.drop_constraint("fk_customers_price_group", type_="foreignkey")
        customers.drop_column("tax_exempt_in")
        customers.drop_column("tax_exempt")
        customers.drop_column("price_group")
    for table in ("tax_settings", "tax_rates", "customer_groups"):
        op.drop_table(table)


def _taxes(table: str, documents: str, document: str) -> None:
    op.create_table(
        table,
        sa.Column("order", sa.String(), nullable=False),
        sa.Column(document, sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("rate", sa.String(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order", document], [f"{documents}.order", f"{documents}.{document}"], name=f"fk_{table}_order_{document}"
        ),
        sa.PrimaryKeyConstraint("order", document, "line", "number", name=f"pk_{table}"),
    )
