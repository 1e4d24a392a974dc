"""What people bring to the order desk: a table, an order typed at a trade fair, and a request for a quote that is accepted."""

from __future__ import annotations

from source.orders import Order
from source.shopify import PLACES

TABLE = "files/telephone_orders.csv"
TYPED = "files/trade_fair.yaml"
QUOTE = "files/quote.yaml"

TABLED = [
    Order(
        "7701", "C-1005", "The telephone's orders come as a table; this one has two rows.", (("KET-100", 2), ("PIT-600", 3)), to="berlin"
    ),
    Order("7702", "C-1016", "An order of the same table, in a single row.", (("SCL-020", 1),), to="hamburg", freight=1900),
]
FAIR = Order("7703", "C-1005", "A sales representative types an order at the trade fair.", (("KET-100", 3), ("CLN-900", 4)), to="berlin")
QUOTED = Order("7704", "C-1007", "A quote is accepted and becomes an order at its prices.", (("KET-100", 4), ("TMP-585", 2)), to="lyon")
NAMES = {"C-1005": "Rösterei Alte Post", "C-1016": "Bäckerei Sonnenkorn", "C-1007": "Hôtel du Rhône"}

HEADINGS = ("Auftragsnr.", "Kunde", "Artikelnr.", "Menge", "Fracht", "Zahlungsziel", "Empfänger", "Straße", "PLZ", "Ort", "Land", "Notiz")


def table() -> str:
    """The orders of the telephone, one row a line; what the first row of an order says is not said again."""
    rows = [("Telefonbestellungen", *[""] * 11), HEADINGS]
    for order in TABLED:
        place = PLACES[order.to]
        address = (NAMES[order.customer], place["street"], place["zip"], place["city"], place["country"])
        freight = f"{order.freight // 100},{order.freight % 100:02d}"
        for number, (item, units) in enumerate(order.lines):
            said = (order.number, order.customer, item, str(units), freight, "net30", *address, "eilt")
            rows.append(said if number == 0 else ("", "", item, str(units), *[""] * 8))
    return "".join(";".join(row) + "\n" for row in rows)


def typed(order: Order) -> str:
    place = PLACES[order.to]
    address = ("name", NAMES[order.customer]), ("street", place["street"]), ("postcode", place["zip"]), ("city", place["city"])
    said = [f"customer: {order.customer}", f"number: {order.number}", "terms: net30", f"freight: {order.freight / 100:.2f}", "ship to:"]
    said += [f"  {name}: {text}" for name, text in (*address, ("country", place["country"]))]
    return "\n".join([*said, "lines:", *(f"  {item}: {units}" for item, units in order.lines), ""])
