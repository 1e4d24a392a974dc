"""The trade of the demo: a distributor of coffee equipment with warehouses in Berlin, Lyon and Rotterdam."""

from __future__ import annotations

from typing import Any

from source import invoicing, planning, pricing

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

# what comes back on other terms than the house's: thirty days, no fee
RETURNS: dict[str, dict[str, Any]] = {
    "KET-100": {"restocking": "15%"},
    "SCL-020": {"restocking": "4.50 EUR"},
    "ESP-DUO": {"window": 14},
    "CLN-900": {"final_sale": True},
}

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
# part of the country for its holidays, time zone, cut-off, working days (1 is Monday), working days to pick and pack
CALENDARS = {
    "BERLIN": ("BB", "Europe/Berlin", "15:00", "12345", 1),
    "LYON": ("", "Europe/Paris", "14:00", "12345", 1),
    "ROTTERDAM": ("", "Europe/Amsterdam", "16:30", "123456", 1),
}

# working days on the way, by country; a postcode prefix where a part of the country is nearer or farther
TRANSIT_DAYS: dict[str, dict[str, Any]] = {
    "BERLIN": {"DE": {"": 2, "1": 1}, "FR": 3, "NL": 2, "AT": 3, "CH": 4, "GB": 4, "US": 6},
    "LYON": {"DE": 3, "FR": {"": 2, "69": 1, "20": 4}, "NL": 3, "AT": 3, "CH": 2, "GB": 4, "US": 6},
    "ROTTERDAM": {"DE": 2, "FR": 3, "NL": 1, "AT": 3, "CH": 4, "GB": 3, "US": 5},
}

# id, name, days from order to receipt
SUPPLIERS = [
    ("S-FERRO", "Ferro & Figli Macchine S.r.l.", 28),
    ("S-TONG", "Tong Ceramics Ltd.", 42),
    ("S-PAPIER", "Papierfabrik Oder GmbH", 10),
    ("S-PARTS", "Ersatzteilzentrale Süd", 14),
]

# who makes what, by the first letters of the item; everything else is a spare part
MADE_BY = {
    "S-FERRO": ("GRD", "ESP", "BRW", "KET", "SCL", "TMP", "KNK", "RST"),
    "S-TONG": ("DRP", "SRV", "PIT", "CUP", "JUG"),
    "S-PAPIER": ("FLT", "CLN", "WAT", "SPL-020"),
}

# where the carriers fetch the parcels: location -> street, city, phone
DOCKS = {
    "BERLIN": ("Am Güterbahnhof 1, Tor 4", "Grossbeeren", "+49 30 5550 1200"),
    "LYON": ("12 rue du Dauphiné, quai B", "Saint-Priest", "+33 4 5550 1200"),
    "ROTTERDAM": ("Waalhaven Z.z. 22, dok 3", "Rotterdam", "+31 10 555 1200"),
}

# id, description, inside in millimetres, tare in grams, gross limit in grams, cost in cents
CARTONS = [
    ("XS", "Mailer, single wall", (250, 180, 100), 90, 5_000, 38),
    ("S", "Carton, single wall", (320, 230, 180), 190, 10_000, 62),
    ("M", "Carton, single wall", (430, 330, 280), 380, 20_000, 105),
    ("L", "Carton, double wall", (600, 400, 400), 850, 30_000, 198),
    ("XL", "Carton, double wall", (790, 500, 500), 1_400, 31_500, 320),
]

# our GS1 company prefix is as made up as the company
SSCC = {"extension": 3, "company_prefix": "4099876"}

# how an item may be packed, where that is special
PACKING = {
    "ESP-DUO": {"upright": True, "as_is": True},  # ships in the maker's own carton
    "GRD-500": {"upright": True, "as_is": True},
    "CUP-012": {"upright": True},
}

# what a customer asks of every parcel
PACKING_RULES = {
    "C-1003": {"max_parcel_g": 20_000},  # nobody there lifts more
    "C-1006": {"mixed_lines": False},
}

AMPLE_STOCK = {"BERLIN": 240, "LYON": 160, "ROTTERDAM": 200}

# item -> lot, last day of use, per cent of its stock; what the per cents leave over lies in the last one
LOTS = {"CLN-900": [("CP-2407", "2026-02-28", 5), ("CP-2611", "2031-03-31", 35), ("CP-2702", "2032-09-30", 60)]}
SERIALS = ("ESP-DUO",)  # each unit has a number of its own

ZONES = {1: "A", 2: "A", 3: "B"}  # aisle -> zone; the same in every warehouse

# price list -> currency, per cent of the standard price in EUR; the web prices contain VAT
PRICE_LISTS = {"WEB-EUR": ("EUR", 125), "TRADE-EUR": ("EUR", 80), "TRADE-USD": ("USD", 92)}

WEB, TRADE, DOLLARS = "WEB-EUR", "TRADE-EUR", "TRADE-USD"
PREPAID, ACCOUNT = ("prepaid",), ("prepaid", "net14", "net30", "net60")

# what they are written to in, where that is not English
LANGUAGES = {
    **dict.fromkeys(("C-1001", "C-1005", "C-1006", "C-1011", "C-1012", "C-1016", "C-1018", "C-1019", "C-1021"), "de"),
    **dict.fromkeys(("C-1002", "C-1007", "C-1013", "C-1015"), "fr"),
}

# the house's ladder; interest at the last level
REMINDER_TERMS: dict[str, Any] = {
    "code": "HOUSE",
    "description": "Three reminders, the last one holds further orders",
    "interest_percent": "9",
    "interest_period": 365,
    "levels": [
        {"level": 1, "grace_days": 5, "due_in": "10D"},
        {"level": 2, "grace_days": 3, "due_in": "7D", "fee": {"fixed": "15.00"}},
        {"level": 3, "grace_days": 2, "due_in": "5D", "fee": {"fixed": "25.00"}, "interest": True, "holds_customer": True},
    ],
}
FINANCE_CHARGE_TERMS: dict[str, Any] = {
    "code": "CONTRACT",
    "description": "Interest on what is late, by contract, followed day by day",
    "method": "average_daily_balance",
    "grace_days": 0,
    "minimum": "5.00",
    "rates": [
        {"from_date": "2025-01-01", "percent": "9", "period": 365},
        {"from_date": "2026-07-01", "percent": "10", "period": 365},
    ],
}
CHARGED = ("C-1001", "C-1002", "C-1003")  # the large ones, by contract

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


def maker(item: str) -> str:
    """The supplier of an item."""
    return next((supplier for supplier, begins in MADE_BY.items() if item.startswith(begins)), "S-PARTS")


def standard_price(item: str) -> int:
    """Cents of EUR."""
    return next(entry[4] for entry in [*AMPLE, *OWN] if entry[0] == item)


def price(item: str, price_list: str) -> int:
    """Cents of one unit, rounded half up."""
    return (standard_price(item) * PRICE_LISTS[price_list][1] + 50) // 100


def price_list_of(alias: str) -> str:
    return next((entry[3] for entry in CUSTOMERS if alias in entry[2]), TRADE)


def description(item: str) -> str:
    return next((entry[1] for entry in [*AMPLE, *OWN] if entry[0] == item), "Article as ordered")


def weight(item: str) -> int:
    """Grams of one unit."""
    return next((entry[2] for entry in [*AMPLE, *OWN] if entry[0] == item), 0)


def bin_of(location: str, number: int) -> str:
    """The bin of the catalogue's item number `number`: ten places to an aisle."""
    return f"{location[0]}-{number // 10 + 1:02d}-{number % 10 + 1:02d}"


def lots_of(item: str, quantity: int) -> list[dict[str, Any]]:
    """The opening stock of an item in one bin, lot by lot where it is kept so."""
    if item not in LOTS:
        return [{"quantity": quantity}]
    units = [quantity * share // 100 for _, _, share in LOTS[item]]
    units[-1] += quantity - sum(units)
    return [{"quantity": n, "lot": lot, "expires_on": day} for n, (lot, day, _) in zip(units, LOTS[item], strict=True)]


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
                "by_lot": item in LOTS,
                "by_serial": item in SERIALS,
                "value": cents * 60 // 100,
                **({"returns": RETURNS[item]} if item in RETURNS else {}),
                "hazardous": item in HAZARDOUS,
                **PACKING.get(item, {}),
                "prices": {"EUR": major(cents), "USD": major(cents * 115 // 100)},
                "supplier": maker(item),
            }
            for item, text, grams, size, cents, _ in items
        ],
        "suppliers": [{"id": id_, "name": name, "lead_time_days": days} for id_, name, days in SUPPLIERS],
        "locations": [_location(*entry) for entry in LOCATIONS],
        "bins": [
            {"location": id_, "bin": bin_of(id_, n), "zone": ZONES[n // 10 + 1], "aisle": n // 10 + 1, "sequence": n % 10 + 1}
            for id_, *_ in LOCATIONS
            for n in range(len(items))
        ],
        "cartons": [
            {"id": id_, "description": text, "inner_mm": list(size), "tare_g": tare, "max_weight_g": limit, "cost": cents}
            for id_, text, size, tare, limit, cents in CARTONS
        ],
        "sscc_series": [SSCC],
        "house": [invoicing.HOUSE],
        "payment_terms": invoicing.TERMS,
        "sourcing": SOURCING,
        "quotas": [
            {"item": item, "location": location, "channel": channel, "kept_back": kept_back, "quota": quota}
            for item, location, channel, kept_back, quota in QUOTAS
        ],
        "stock": [
            {"item": entry[0], "location": location, "bin": bin_of(location, n), **part}
            for n, entry in enumerate(items)
            for location, quantity in entry[5].items()
            for part in lots_of(entry[0], quantity)
        ],
        "reminder_terms": [REMINDER_TERMS],
        "finance_charge_terms": [FINANCE_CHARGE_TERMS],
        "customers": [
            {
                "id": id_,
                "name": name,
                "aliases": list(aliases),
                "terms": list(PREPAID if price_list == WEB else (*ACCOUNT, *(terms["id"] for terms in invoicing.TERMS))),
                "credit_limit": limit,
                "currency": PRICE_LISTS[price_list][0],
                "price_list": price_list,
                "group": "WEB" if price_list == WEB else "TRADE",
                "blocked": blocked,
                "email": f"{id_.lower()}@customers.example",
                **({"language": LANGUAGES[id_]} if id_ in LANGUAGES else {}),
                **({"finance_charge_terms": "CONTRACT"} if id_ in CHARGED else {}),
                **({"priority": PRIORITIES[id_]} if id_ in PRIORITIES else {}),
                **({"ships": SHIPS[id_]} if id_ in SHIPS else {}),
                **({"packing": PACKING_RULES[id_]} if id_ in PACKING_RULES else {}),
            }
            for id_, name, aliases, price_list, limit, blocked in CUSTOMERS
        ],
        "price_lists": [
            {
                "id": id_,
                "currency": currency,
                "taxes_included": id_ == WEB,
                "prices": {entry[0]: major(price(entry[0], id_)) for entry in items},
            }
            for id_, (currency, _) in PRICE_LISTS.items()
        ],
        **pricing.sections(),
        "planning": planning.planning(maker, {supplier: days for supplier, _, days in SUPPLIERS}, standard_price),
    }


def _location(id_: str, name: str, country: str, postcode: str) -> dict[str, Any]:
    subdivision, time_zone, cut_off, working_days, handling_days = CALENDARS[id_]
    return {
        "id": id_,
        "name": name,
        "country": country,
        "postcode": postcode,
        "subdivision": subdivision,
        "time_zone": time_zone,
        "cut_off": cut_off,
        "working_days": working_days,
        "handling_days": handling_days,
        "transit_days": TRANSIT_DAYS[id_],
        "address": {"name": f"Holdfast Trading GmbH, {name}", "street": DOCKS[id_][0], "city": DOCKS[id_][1]},
        "phone": DOCKS[id_][2],
        **ABILITIES[id_],
    }
