"""The trade of the demo: a distributor of coffee equipment with warehouses in Berlin, Lyon and Rotterdam."""

from __future__ import annotations

from typing import Any

# id, description, grams, millimetres, standard price in cents of EUR
AMPLE = [
    ("GRD-200", "Burr grinder 40 mm, black", 3200, (180, 240, 390), 24900),
    ("GRD-500", "Shop grinder on demand 64 mm", 12800, (260, 380, 580), 119000),
    ("KET-100", "Gooseneck kettle 1.0 l", 1100, (210, 290, 250), 7900),
    ("SCL-020", "Brew scale 2 kg / 0.1 g", 480, (130, 160, 35), 5900),
    ("DRP-V02", "Ceramic dripper 02, white", 420, (140, 120, 110), 2450),
    ("SRV-600", "Glass server 600 ml", 310, (130, 150, 170), 2700),
    ("FLT-100", "Paper filters 02, 100 pieces", 180, (160, 120, 60), 620),
    ("TMP-585", "Tamper 58.5 mm, walnut", 520, (60, 60, 95), 4400),
    ("PIT-600", "Milk pitcher 600 ml", 340, (110, 150, 110), 1990),
    ("CUP-012", "Cappuccino cups 180 ml, set of 6", 1900, (320, 220, 160), 3240),
    ("CLN-900", "Cleaning powder 900 g", 960, (100, 100, 180), 1490),
    ("ESP-DUO", "Espresso machine, dual boiler", 21500, (380, 440, 410), 214900),
    ("BRW-125", "Batch brewer 1.25 l", 3400, (320, 170, 360), 18900),
    ("KNK-150", "Knock box, steel", 980, (170, 160, 150), 3800),
    ("WAT-4PK", "Water filter cartridges, pack of 4", 720, (240, 130, 120), 4960),
]

# id, description, grams, millimetres, cents, stock by location: each is ordered by one order only, except where two stand in one queue
OWN = [
    ("SPL-010", "Portafilter spouts, pair", 260, (90, 60, 50), 2900, {"BERLIN": 6, "LYON": 6}),  # split over two locations
    ("SPL-020", "Bar towel, pack of 10", 900, (300, 220, 120), 1750, {"LYON": 8, "ROTTERDAM": 8}),  # split over two locations
    ("GSK-110", "Group gasket 8.5 mm", 30, (75, 75, 9), 690, {"BERLIN": 4}),  # partial, the rest is received
    ("BRR-120", "Burr set 64 mm, titanium", 310, (70, 70, 40), 16900, {"LYON": 1}),  # complete, waits for receipt
    ("VLV-130", "Steam valve, kit", 190, (110, 70, 50), 5400, {}),  # overdue, wait on; KN-613 comes first
    ("PMP-140", "Vibration pump 230 V", 640, (150, 80, 70), 3900, {}),  # overdue, substitute
    ("BSK-150", "Filter basket 18 g, limited", 95, (72, 72, 28), 2650, {"ROTTERDAM": 1}),  # overdue, cancel the line
    ("DST-160", "Distributor 58 mm, copper", 430, (60, 60, 50), 6200, {"BERLIN": 2}),  # overdue, split
    ("BLR-170", "Boiler element 1400 W", 820, (240, 90, 90), 8800, {}),  # cancelled while it waits
    ("RST-210", "Sample roaster drum", 5200, (330, 260, 240), 32900, {"BERLIN": 4, "LYON": 4}),  # short pick, another location
    ("TRM-220", "Thermometer, clip-on", 60, (180, 40, 30), 1290, {"LYON": 6}),  # short pick, backorder
    ("JUG-230", "Cold brew jug 2 l", 1250, (150, 150, 310), 4300, {"ROTTERDAM": 5}),  # short pick, cancel the rest
    ("TRL-240", "Bar trolley, folding", 9800, (780, 480, 140), 27500, {"BERLIN": 3, "ROTTERDAM": 3}),  # pick overdue, another location
]

LOCATIONS = [
    ("BERLIN", "Berlin Grossbeeren", "DE", "14979"),
    ("LYON", "Lyon Saint-Priest", "FR", "69800"),
    ("ROTTERDAM", "Rotterdam Waalhaven", "NL", "3089 JH"),
]

# what each location can do and what its work costs, in cents of EUR; freight by zone: one shipment, each kilogram
ABILITIES: dict[str, dict[str, Any]] = {
    "BERLIN": {
        "shipments_per_day": 120,
        "handling": 95,
        "handling_per_unit": 12,
        "cold": False,
        "freight": {
            "DE": {"base": 420, "per_kg": 18},
            "AT": {"base": 790, "per_kg": 35},
            "NL": {"base": 820, "per_kg": 38},
            "*": {"base": 1190, "per_kg": 62},
        },
    },
    "LYON": {
        "shipments_per_day": 90,
        "handling": 110,
        "handling_per_unit": 10,
        "hazardous": False,
        "freight": {
            "FR": {"base": 490, "per_kg": 20},
            "FR:69": {"base": 310, "per_kg": 12},
            "*": {"base": 1240, "per_kg": 66},
        },
    },
    "ROTTERDAM": {
        "shipments_per_day": 150,
        "handling": 80,
        "handling_per_unit": 14,
        "freight": {
            "NL": {"base": 380, "per_kg": 15},
            "BE": {"base": 560, "per_kg": 24},
            "DE": {"base": 690, "per_kg": 30},
            "*": {"base": 990, "per_kg": 55},
        },
    },
}

HAZARDOUS = {"CLN-900"}  # lye: not every location may ship it

# channel -> where its rules differ from those of the house
SOURCING = [{"channel": "*", "weights": {"further_shipment": 450, "day_late": 250, "balance": 15}}]

# item, location, channel, units it has to leave, units that no other channel may take
QUOTAS = [("KET-100", "ROTTERDAM", "x12", 0, 60), ("GRD-200", "BERLIN", "*", 20, 0)]

AMPLE_STOCK = {"BERLIN": 240, "LYON": 160, "ROTTERDAM": 200}

# price list -> currency, per cent of the standard price in EUR; the web prices contain VAT
PRICE_LISTS = {"WEB-EUR": ("EUR", 125), "TRADE-EUR": ("EUR", 80), "TRADE-USD": ("USD", 92)}

WEB, TRADE, DOLLARS = "WEB-EUR", "TRADE-EUR", "TRADE-USD"
PREPAID, ACCOUNT = ("prepaid",), ("prepaid", "net14", "net30", "net60")

# id, name, aliases, price list, credit limit in cents, blocked
CUSTOMERS = [
    ("C-1001", "Kaffeekontor Nord GmbH", ("x12:4012345000016",), TRADE, 5_000_000, False),
    ("C-1002", "Brûlerie des Terreaux SARL", ("x12:3012345000012",), TRADE, 5_000_000, False),
    ("C-1003", "Maas Horeca Groothandel B.V.", ("x12:MAASHORECA",), TRADE, 5_000_000, False),
    ("C-1004", "Atlantic Coffee Supply Europe", ("x12:ATLCOFFEE",), DOLLARS, 5_000_000, False),
    ("C-1005", "Rösterei Alte Post e.K.", ("shopify:7105",), TRADE, 2_500_000, False),
    ("C-1006", "Café Central Betriebs GmbH", ("shopify:7106",), TRADE, 2_500_000, False),
    ("C-1007", "Hôtel du Rhône SAS", ("shopify:7107",), TRADE, 2_500_000, False),
    ("C-1008", "Studio Espresso Training", ("shopify:7108",), DOLLARS, 2_500_000, False),
    ("C-1011", "Filiale Bahnhof Gastro AG", ("x12:BAHNGASTRO",), TRADE, 2_500_000, False),  # pays after the second reminder
    ("C-1012", "Kantine Hafen Ost", ("x12:HAFENOST",), TRADE, 2_500_000, False),  # never pays: waited for, then collections
    ("C-1013", "Bar Sans Souci SARL", ("x12:SANSSOUCI",), TRADE, 2_500_000, False),  # never pays: collections
    ("C-1014", "Pop-up Koffie V.O.F.", ("x12:POPUPKOFFIE",), TRADE, 2_500_000, False),  # never pays: written off
    ("C-1015", "Lycée Hôtelier Lumière", ("x12:LYCEELUM",), TRADE, 2_500_000, False),  # pays in two parts
    ("C-1016", "Bäckerei Sonnenkorn GmbH", ("x12:SONNENKORN",), TRADE, 2_500_000, False),  # pays too much, wants it back
    ("C-1017", "De Gouden Boon B.V.", ("x12:GOUDENBOON",), TRADE, 2_500_000, False),  # pays too much, leaves it
    ("C-1018", "Konditorei Wolke 7", ("x12:WOLKE7",), TRADE, 2_500_000, False),  # a debit comes back, then pays
    ("C-1019", "Kiosk am Eck", ("x12:KIOSKECK",), TRADE, 20_000, False),  # has a small credit limit
    ("C-1020", "Insolvenzia Handels UG", ("x12:INSOLVENZIA",), TRADE, 2_500_000, True),  # is blocked
    ("C-1021", "Werkstatt Barista Technik", ("x12:BARTECH",), TRADE, 5_000_000, False),  # orders the spare parts
    ("C-2001", "Web customer 2001", ("shopify:7001",), WEB, 2_000_000, False),
    ("C-2002", "Web customer 2002", ("shopify:7002",), WEB, 2_000_000, False),
    ("C-2003", "Web customer 2003", ("shopify:7003",), WEB, 2_000_000, False),
    ("C-2004", "Web customer 2004", ("shopify:7004",), WEB, 2_000_000, False),
    ("C-2005", "Web customer 2005", ("shopify:7005",), WEB, 2_000_000, False),
    ("C-2006", "Web customer 2006", ("shopify:7006",), WEB, 2_000_000, False),
    ("C-2007", "Web customer 2007", ("shopify:7007",), WEB, 2_000_000, False),
    ("C-2008", "Web customer 2008", ("shopify:7008",), WEB, 2_000_000, False),
]


# customer -> place in the backorder queue, 1 is first; 5 is everybody else's
PRIORITIES = {"C-1001": 1, "C-1003": 3}

# customer -> how its orders ship when they say nothing; the others ship partially
SHIPS = {"C-1006": "by_line"}


def price(item: str, price_list: str) -> int:
    """Cents of one unit, rounded half up."""
    standard = next(entry[4] for entry in [*AMPLE, *OWN] if entry[0] == item)
    return (standard * PRICE_LISTS[price_list][1] + 50) // 100


def price_list_of(alias: str) -> str:
    return next((entry[3] for entry in CUSTOMERS if alias in entry[2]), TRADE)


def description(item: str) -> str:
    return next((entry[1] for entry in [*AMPLE, *OWN] if entry[0] == item), "Article as ordered")


def weight(item: str) -> int:
    """Grams of one unit."""
    return next((entry[2] for entry in [*AMPLE, *OWN] if entry[0] == item), 0)


def major(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def document() -> dict[str, Any]:
    """`catalogue.json`: everything the demo's database is seeded with."""
    items = [(*entry, AMPLE_STOCK) for entry in AMPLE] + OWN
    return {
        "items": [
            {
                "id": item,
                "description": text,
                "weight_g": grams,
                "dims_mm": list(size),
                "hazardous": item in HAZARDOUS,
                "prices": {"EUR": major(cents), "USD": major(cents * 115 // 100)},
            }
            for item, text, grams, size, cents, _ in items
        ],
        "locations": [
            {"id": id_, "name": name, "country": country, "postcode": code, **ABILITIES[id_]} for id_, name, country, code in LOCATIONS
        ],
        "sourcing": SOURCING,
        "quotas": [
            {"item": item, "location": location, "channel": channel, "kept_back": kept_back, "quota": quota}
            for item, location, channel, kept_back, quota in QUOTAS
        ],
        "stock": [
            {"item": entry[0], "location": location, "bin": f"{location[0]}-{n // 10 + 1:02d}-{n % 10 + 1:02d}", "quantity": quantity}
            for n, entry in enumerate(items)
            for location, quantity in entry[5].items()
        ],
        "customers": [
            {
                "id": id_,
                "name": name,
                "aliases": list(aliases),
                "terms": list(PREPAID if price_list == WEB else ACCOUNT),
                "credit_limit": limit,
                "currency": PRICE_LISTS[price_list][0],
                "price_list": price_list,
                "blocked": blocked,
                "email": f"{id_.lower()}@customers.example",
                **({"priority": PRIORITIES[id_]} if id_ in PRIORITIES else {}),
                **({"ships": SHIPS[id_]} if id_ in SHIPS else {}),
            }
            for id_, name, aliases, price_list, limit, blocked in CUSTOMERS
        ],
        "price_lists": [
            {"id": id_, "currency": currency, "prices": {entry[0]: major(price(entry[0], id_)) for entry in items}}
            for id_, (currency, _) in PRICE_LISTS.items()
        ],
    }
