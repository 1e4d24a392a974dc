"""A transfer carries several items, and its rest can be given up when it never arrives.

Revision: 0029
After: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

WITHIN = "quantity > 0 AND received >= 0 AND received <= shipped AND shipped <= quantity"
BEFORE = ("planned", "shipped", "received", "cancelled")
NOW = ("planned", "shipped", "received", "closed", "cancelled")


def upgrade() -> None:
    op.create_table(
        "transfer_lines",
        sa.Column("transfer", sa.String(), nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("shipped", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(WITHIN, name="ck_transfer_lines_received_shipped_quantity"),
        sa.ForeignKeyConstraint(["transfer"], ["transfers.transfer"], name="fk_transfer_lines_transfer"),
        sa.ForeignKeyConstraint(["item"], ["items.item"], name="fk_transfer_lines_item"),
        sa.PrimaryKeyConstraint("transfer", "line", name="pk_transfer_lines"),
        sa.UniqueConstraint("transfer", "item", name="uq_transfer_lines_transfer_item"),
    )
    op.create_index("ix_transfer_lines_item", "transfer_lines", ["item"])
    op.execute(
        "INSERT INTO transfer_lines (transfer, line, item, quantity, shipped, received)"
        " SELECT transfer, 1, item, quantity, shipped, received FROM transfers"
    )
    op.drop_index("ix_supply_receipts_transfer", "supply_receipts")
    with op.batch_alter_table("supply_receipts") as receipts:
        receipts.drop_constraint("fk_supply_receipts_transfer", type_="foreignkey")
        receipts.drop_constraint(op.f("ck_supply_receipts_ck_supply_receipts_against_one_thing"), type_="check")
    op.execute("UPDATE supply_receipts SET line = 1 WHERE transfer IS NOT NULL")
    with op.batch_alter_table("supply_receipts") as receipts:
        receipts.alter_column("line", existing_type=sa.BigInteger(), nullable=False)
        receipts.create_check_constraint(
            op.f("ck_supply_receipts_ck_supply_receipts_against_one_thing"), "(purchase_order IS NULL) <> (transfer IS NULL)"
        )
        receipts.create_foreign_key("fk_supply_receipts_transfer_line", "transfer_lines", ["transfer", "line"], ["transfer", "line"])
    op.create_index("ix_supply_receipts_transfer_line", "supply_receipts", ["transfer", "line"])
    op.drop_index("ix_transfers_item_expected_at", "transfers")
    with op.batch_alter_table("transfers") as transfers:
        transfers.drop_constraint(op.f("ck_transfers_ck_transfers_received_shipped_quantity"), type_="check")
        transfers.drop_constraint("fk_transfers_item", type_="foreignkey")
        for name in ("item", "quantity", "shipped", "received"):
            transfers.drop_column(name)
    _statuses(NOW)
    op.create_index("ix_transfers_status", "transfers", ["status"])


def downgrade() -> None:
    """Only for transfers of one item: of others the version before knows their first line."""
    op.drop_index("ix_transfers_status", "transfers")
    op.execute("UPDATE transfers SET status = 'received' WHERE status = 'closed'")
    _statuses(BEFORE)
    with op.batch_alter_table("transfers") as transfers:
        transfers.add_column(sa.Column("item", sa.String(), nullable=True))
        for name in ("quantity", "shipped", "received"):
            transfers.add_column(sa.Column(name, sa.BigInteger(), nullable=True))
    for name in ("item", "quantity", "shipped", "received"):
        first = f"SELECT {name} FROM transfer_lines WHERE transfer_lines.transfer = transfers.transfer AND line = 1"
        op.execute(f"UPDATE transfers SET {name} = ({first})")
    with op.batch_alter_table("transfers") as transfers:
        transfers.alter_column("item", existing_type=sa.String(), nullable=False)
        for name in ("quantity", "shipped", "received"):
            transfers.alter_column(name, existing_type=sa.BigInteger(), nullable=False)
        transfers.create_check_constraint(op.f("ck_transfers_ck_transfers_received_shipped_quantity"), WITHIN)
        transfers.create_foreign_key("fk_transfers_item", "items", ["item"], ["item"])
    op.create_index("ix_transfers_item_expected_at", "transfers", ["item", "expected_at"])
    op.drop_index("ix_supply_receipts_transfer_line", "supply_receipts")
    with op.batch_alter_table("supply_receipts") as receipts:
        receipts.drop_constraint("fk_supply_receipts_transfer_line", type_="foreignkey")
        receipts.drop_constraint(op.f("ck_supply_receipts_ck_supply_receipts_against_one_thing"), type_="check")
        receipts.alter_column("line", existing_type=sa.BigInteger(), nullable=True)
    op.execute("UPDATE supply_receipts SET line = NULL WHERE transfer IS NOT NULL")
    with op.batch_alter_table("supply_receipts") as receipts:
        receipts.create_check_constraint(
            op.f("ck_supply_receipts_ck_supply_receipts_against_one_thing"),
            "(purchase_order IS NULL) = (line IS NULL) AND (purchase_order IS NULL) <> (transfer IS NULL)",
        )
        receipts.create_foreign_key("fk_supply_receipts_transfer", "transfers", ["transfer"], ["transfer"])
    op.create_index("ix_supply_receipts_transfer", "supply_receipts", ["transfer"])
    op.drop_table("transfer_lines")


def _statuses(known: tuple[str, ...]) -> None:
    named = op.f("ck_transfers_ck_transfers_status")
    with op.batch_alter_table("transfers") as transfers:
        transfers.drop_constraint(named, type_="check")
        transfers.create_check_constraint(named, f"status IN ({', '.join(repr(each) for each in known)})")
