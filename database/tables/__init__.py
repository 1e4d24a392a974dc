"""The tables, by subject: catalogue, stock, supply, planning, orders and promises, money, and the record of what was done."""

from database.tables.base import Base
from database.tables.catalogue import Customer, CustomerAlias, Item, Location, Price, PriceList, TransitTime
from database.tables.money import (
    AuthorizationRow,
    CreditLine,
    CreditNote,
    Invoice,
    InvoiceLineRow,
    Payment,
    PaymentPart,
    ReceivableEntry,
    Refund,
    Reminder,
)
from database.tables.orders import (
    ExceptionRow,
    Intake,
    Order,
    OrderFinding,
    OrderLine,
    ParcelRow,
    Refusal,
    Return,
    ReturnLine,
    Shipment,
)
from database.tables.planning import (
    ItemPlanningRow,
    PastDemand,
    ReplenishmentPlan,
    ReplenishmentProposal,
    ReplenishmentRun,
)
from database.tables.promises import Promise
from database.tables.record import AuditEntry, Counter, JournalEntry
from database.tables.stock import Reservation, Stock, StockMovement
from database.tables.supply import PurchaseOrder, PurchaseOrderLine, Supplier, SupplyReceipt, SupplySlip, Transfer

__all__ = [
    "AuditEntry",
    "AuthorizationRow",
    "Base",
    "Counter",
    "CreditLine",
    "CreditNote",
    "Customer",
    "CustomerAlias",
    "ExceptionRow",
    "Intake",
    "Invoice",
    "InvoiceLineRow",
    "Item",
    "ItemPlanningRow",
    "JournalEntry",
    "Location",
    "Order",
    "OrderFinding",
    "OrderLine",
    "ParcelRow",
    "PastDemand",
    "Payment",
    "PaymentPart",
    "Price",
    "PriceList",
    "Promise",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ReceivableEntry",
    "Refund",
    "Refusal",
    "Reminder",
    "ReplenishmentPlan",
    "ReplenishmentProposal",
    "ReplenishmentRun",
    "Reservation",
    "Return",
    "ReturnLine",
    "Shipment",
    "Stock",
    "StockMovement",
    "Supplier",
    "SupplyReceipt",
    "SupplySlip",
    "Transfer",
    "TransitTime",
]
