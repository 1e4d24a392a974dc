"""The tables, by subject: catalogue, stock, claims on it, sourcing, supply, orders and promises, money, and the record of what was done."""

from database.tables.backorders import BackorderWin, ReallocationRow, ReallocationShare, ReallocationTake
from database.tables.base import Base
from database.tables.catalogue import Customer, CustomerAlias, Item, Location, Price, PriceList, TransitTime
from database.tables.claims import ChannelQuota, SoftReservation
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
from database.tables.promises import Promise
from database.tables.record import AuditEntry, Counter, JournalEntry
from database.tables.sourcing import FreightRate, LocationAbility, SourcingDecision, SourcingPolicyRow
from database.tables.stock import Reservation, Stock, StockMovement
from database.tables.supply import PurchaseOrder, PurchaseOrderLine, Supplier, SupplyReceipt, SupplySlip, Transfer

__all__ = [
    "AuditEntry",
    "AuthorizationRow",
    "BackorderWin",
    "Base",
    "ChannelQuota",
    "Counter",
    "CreditLine",
    "CreditNote",
    "Customer",
    "CustomerAlias",
    "ExceptionRow",
    "FreightRate",
    "Intake",
    "Invoice",
    "InvoiceLineRow",
    "Item",
    "JournalEntry",
    "Location",
    "LocationAbility",
    "Order",
    "OrderFinding",
    "OrderLine",
    "ParcelRow",
    "Payment",
    "PaymentPart",
    "Price",
    "PriceList",
    "Promise",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ReallocationRow",
    "ReallocationShare",
    "ReallocationTake",
    "ReceivableEntry",
    "Refund",
    "Refusal",
    "Reminder",
    "Reservation",
    "Return",
    "ReturnLine",
    "Shipment",
    "SoftReservation",
    "SourcingDecision",
    "SourcingPolicyRow",
    "Stock",
    "StockMovement",
    "Supplier",
    "SupplyReceipt",
    "SupplySlip",
    "Transfer",
    "TransitTime",
]
