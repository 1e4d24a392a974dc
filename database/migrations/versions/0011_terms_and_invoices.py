"""Terms of payment as data, parts of invoices, early-payment discounts, deposits, collective invoices, and what an e-invoice says.

Revision: 0011
After: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INVOICE = (["order", "invoice"], ["invoices.order", "invoices.invoice"])
PAYMENT = (["order", "payment"], ["payments.order", "payments.payment"])
LINE = (["order", "invoice", "line"], ["invoice_lines.order", "invoice_lines.invoice", "invoice_lines.line"])
BALANCE = "balance = total + fees - credited - paid - written_off"
KINDS = "'invoice', 'fee', 'payment', 'reversal', 'credit', 'refund', 'write_off'"
FIRST = (("prepaid", "Paid in advance", 0), ("net14", "14 days net", 14), ("net30", "30 days net", 30), ("net60", "60 days net", 60))
TABLES = (
    "collectibles",
    "collective_invoices",
    "invoice_prepayments",
    "deposits",
    "early_discounts",
    "instalments",
    "house",
    "payment_terms",
)


def upgrade() -> None:
    terms = op.create_table(
        "payment_terms",
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("terms", name="pk_payment_terms"),
    )
    first = [
        {"terms": code, "description": said, "definition": f'{{"code":"{code}","description":"{said}","instalments":[{{"days":{days}}}]}}'}
        for code, said, days in FIRST
    ]
    op.bulk_insert(terms, first)
    op.create_table(
        "house",
        sa.Column("house", sa.String(), nullable=False),
        sa.Column("seller", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("house", name="pk_house"),
    )
    _new_columns()
    _new_tables()
    op.execute("INSERT INTO counters (name, last) VALUES ('DEP', 0)")


def _new_columns() -> None:
    with op.batch_alter_table("customers") as customers:
        for name in ("invoicing", "vat_id", "endpoint", "endpoint_scheme"):
            customers.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("items", sa.Column("unit", sa.String(), nullable=False, server_default="C62"))
    with op.batch_alter_table("invoices") as invoices:
        invoices.add_column(sa.Column("agreed", sa.Text(), nullable=False, server_default=""))
        invoices.add_column(sa.Column("instalments", sa.BigInteger(), nullable=False, server_default="0"))
        invoices.add_column(sa.Column("discounted", sa.BigInteger(), nullable=False, server_default="0"))
        invoices.alter_column("sequence", existing_type=sa.BigInteger(), nullable=True)
        invoices.drop_constraint("uq_invoices_document", type_="unique")
        invoices.create_index("ix_invoices_document", ["document"])
    _new_check("invoices", "balance_adds_up", f"{BALANCE} - discounted")
    _new_check("receivable_entries", "kind", f"kind IN ({KINDS}, 'discount')")
    op.add_column("credit_lines", sa.Column("invoice", sa.BigInteger(), nullable=True))
    op.execute(
        'UPDATE credit_lines SET invoice = (SELECT n.invoice FROM credit_notes n WHERE n."order" = credit_lines."order"'
        " AND n.credit = credit_lines.credit)"
    )
    with op.batch_alter_table("credit_lines") as credit_lines:
        credit_lines.alter_column("invoice", existing_type=sa.BigInteger(), nullable=False)
        credit_lines.create_foreign_key("fk_credit_lines_order_invoice_line", "invoice_lines", *_columns(LINE))


def _new_tables() -> None:
    op.create_table(
        "instalments",
        *_keys("order", "invoice", "number"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("open >= 0 AND open <= amount", name="ck_instalments_open_within_amount"),
        sa.ForeignKeyConstraint(*INVOICE, name="fk_instalments_order_invoice"),
        sa.PrimaryKeyConstraint("order", "invoice", "number", name="pk_instalments"),
    )
    op.create_index("ix_instalments_due_at", "instalments", ["due_at"])
    op.create_table(
        "early_discounts",
        *_keys("order", "invoice", "payment"),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("taken_back", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("taken_back >= 0 AND taken_back <= amount", name="ck_early_discounts_taken_back_within_amount"),
        sa.ForeignKeyConstraint(*INVOICE, name="fk_early_discounts_order_invoice"),
        sa.ForeignKeyConstraint(*PAYMENT, name="fk_early_discounts_order_payment"),
        sa.PrimaryKeyConstraint("order", "invoice", "payment", name="pk_early_discounts"),
    )
    op.create_table(
        "deposits",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("before_supply", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_deposits_positive"),
        sa.ForeignKeyConstraint(["order"], ["orders.order"], name="fk_deposits_order"),
        sa.PrimaryKeyConstraint("order", name="pk_deposits"),
        sa.UniqueConstraint("document", name="uq_deposits_document"),
        sa.UniqueConstraint("sequence", name="uq_deposits_sequence"),
    )
    op.create_table(
        "invoice_prepayments",
        *_keys("order", "invoice", "payment"),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_invoice_prepayments_positive"),
        sa.ForeignKeyConstraint(*INVOICE, name="fk_invoice_prepayments_order_invoice"),
        sa.ForeignKeyConstraint(*PAYMENT, name="fk_invoice_prepayments_order_payment"),
        sa.PrimaryKeyConstraint("order", "invoice", "payment", name="pk_invoice_prepayments"),
    )
    op.create_table(
        "collective_invoices",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("taxes_included", sa.Boolean(), nullable=False),
        sa.Column("period_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customers.customer"], name="fk_collective_invoices_customer"),
        sa.PrimaryKeyConstraint("document", name="pk_collective_invoices"),
        sa.UniqueConstraint("sequence", name="uq_collective_invoices_sequence"),
        sa.UniqueConstraint(
            "customer",
            "currency",
            "terms",
            "taxes_included",
            "period_end",
            name="uq_collective_invoices_period",
        ),
    )
    op.create_table(
        "collectibles",
        *_keys("order", "shipment"),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("customer", "currency", "terms", "invoicing")),
        sa.Column("taxes_included", sa.Boolean(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.String(), nullable=True),
        sa.Column("apart", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["order"], ["orders.order"], name="fk_collectibles_order"),
        sa.ForeignKeyConstraint(["customer"], ["customers.customer"], name="fk_collectibles_customer"),
        sa.ForeignKeyConstraint(["document"], ["collective_invoices.document"], name="fk_collectibles_document"),
        sa.PrimaryKeyConstraint("order", "shipment", name="pk_collectibles"),
    )
    op.create_index("ix_collectibles_customer_currency", "collectibles", ["customer", "currency"])
    op.create_index("ix_collectibles_document", "collectibles", ["document"])


def downgrade() -> None:
    op.execute("DELETE FROM counters WHERE name = 'DEP'")
    for table in TABLES:
        op.drop_table(table)
    with op.batch_alter_table("credit_lines") as credit_lines:
        credit_lines.drop_constraint("fk_credit_lines_order_invoice_line", type_="foreignkey")
        credit_lines.drop_column("invoice")
    _new_check("receivable_entries", "kind", f"kind IN ({KINDS})")
    _new_check("invoices", "balance_adds_up", BALANCE)
    with op.batch_alter_table("invoices") as invoices:
        invoices.drop_index("ix_invoices_document")
        invoices.create_unique_constraint("uq_invoices_document", ["document"])
        invoices.alter_column("sequence", existing_type=sa.BigInteger(), nullable=False)
        for name in ("discounted", "instalments", "agreed"):
            invoices.drop_column(name)
    op.drop_column("items", "unit")
    with op.batch_alter_table("customers") as customers:
        for name in ("endpoint_scheme", "endpoint", "vat_id", "invoicing"):
            customers.drop_column(name)


def _keys(*names: str) -> list[sa.Column[object]]:
    numbers = {"invoice", "number", "shipment"}
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
        if name in numbers
        else sa.Column(name, sa.String(), nullable=False)
        for name in names
    ]


def _columns(reference: tuple[list[str], list[str]]) -> tuple[list[str], list[str]]:
    local, remote = reference
    return local, [name.partition(".")[2] for name in remote]


def _new_check(table: str, name: str, rule: str) -> None:
    """Another rule in the place of one that has this name."""
    named = op.f(f"ck_{table}_ck_{table}_{name}")
    with op.batch_alter_table(table) as altered:
        altered.drop_constraint(named, type_="check")
        altered.create_check_constraint(named, rule)
