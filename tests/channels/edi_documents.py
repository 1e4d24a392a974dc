"""Documents of partners for the tests: a good one each, to be spoiled in one place; and what goes out, in its canonical shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from domain.edi_documents import (
    AskedLine,
    Carton,
    ChangeAnswer,
    ChangedLine,
    Charge,
    ChargeKind,
    InvoicedLine,
    InvoiceDocument,
    LineAnswer,
    OrderAnswer,
    PackedLine,
    Party,
    ShipNotice,
    StockLine,
    StockReport,
    TaxTotal,
    WarehouseOrder,
)
from domain.edi_partners import DEFAULT_EDIFACT, Partner, PartnerId, Partners
from domain.money import Money
from domain.order import Address
from domain.sscc import SsccSeries
from starters.edi.outgoing import Envelope
from tests.channels.builders import X12

AT = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
ACME = Partner(
    name="acme",
    ids=(PartnerId(qualifier="ZZ", id="ACME"),),
    channel="acme",
    wants=frozenset({"997", "855", "856", "810"}),
    currency="EUR",
    country="DE",
    changes_by_rule=True,
)
EURO = DEFAULT_EDIFACT.model_copy(
    update={
        "name": "euro",
        "channel": "euro",
        "ids": (PartnerId(qualifier="14", id="4012345000016"),),
        "wants": frozenset({"CONTRL", "ORDRSP", "DESADV", "INVOIC"}),
        "changes_by_rule": True,
    }
)
PARTNERS = Partners(partners=(ACME, EURO))

CHANGE = ["BCH*04*SA*PO-1**3*20261120*****20261122", "DTM*002*20261210", "POC*1*QD*1*1*EA*15.00**VN*KET-100", "POC*2*DI", "CTT*2"]
RECEIPT = [
    "AK1*PR*12",
    "AK2*855*0001",
    "AK5*A",
    "AK2*855*0002",
    "AK3*PO1*7**8",
    "AK4*2*380*7*x",
    "AK5*R*5",
    "AK9*P*2*2*1",
]
REMITTANCE = [
    "BPR*I*1150.00*C*ACH************20261215",
    "TRN*1*PAY-4711",
    "CUR*PR*EUR",
    "N1*PR*Acme GmbH*92*ACME-1",
    "ENT*1",
    "RMR*IV*acme/PO-1/invoice/1**650.00*663.27*13.27",
    "RMR*IV*acme/PO-2/invoice/1**500.00*520.00",
    "ADX*-20.00*CS",
]
TRACKING = [
    "B10*1Z999*acme/PO-1/1*UPSN",
    "LX*1",
    "AT7*X6*NS***20261201*0815*CT",
    "MS1*Chicago*IL*US",
    "AT7*D1*NS***20261202*1405*ET",
    "MS1*Boston*MA*US",
]
SHIPPED = [
    "W06*F*acme/PO-1/1*20261201*SH-9",
    "N1*SF*Lager Nord*92*NORD",
    "W27*M*UPSN",
    "N9*2I*1Z999",
    "LX*1",
    "MAN*GM*00340123450000000018",
    "W12*CC*2*2**EA**VN*KET-100",
    "LX*2",
    "W12*CP*3*1**EA**VN*FLT-100",
    "W03*3",
]
STOCK = [
    "BIA*00*SI*ST-1*20261125",
    "LIN*1*VN*KET-100*UP*401234500001",
    "QTY*33*120*EA",
    "QTY*29*40*EA",
    "LIN**VN*FLT-100",
    "QTY*33*3*DZ",
    "CTT*2",
]

EDIFACT = [
    "UNH+1+ORDERS:D:96A:UN:EAN008'",
    "BGM+220+PO-7+9'",
    "DTM+137:20261120:102'",
    "DTM+2:202612040800:203'",
    "NAD+BY+4012345000016::9++Kaffeekontor GmbH+Ring 1:Hof 2+Berlin++10115+DE'",
    "NAD+SU+4098765000010::9'",
    "NAD+DP+4012345000023::9++Kaffeekontor:Lager+Hafen 4+Hamburg+HH+20457+DE'",
    "CUX+2:EUR:9'",
    "PAT+1++5:3:D:60'",
    "ALC+A'",
    "MOA+8:10,00'",
    "LIN+10++4012345000030:EN'",
    "PIA+1+KET-100:SA'",
    "IMD+F++:::Kettle, 1 l ?+ lid'",
    "QTY+21:2:PCE'",
    "PRI+AAA:15.00'",
    "TAX+7+VAT+++:::19'",
    "MOA+124:5.70'",
    "LIN+20++FLT-100:SA'",
    "QTY+21:1:DZN'",
    "PRI+AAA:48.00'",
    "UNS+S'",
    "CNT+2:2'",
    "MOA+86:73.70'",
    "UNT+25+1'",
]
ORDCHG = [
    "BGM+230+CH-2+4'",
    "DTM+137:20261122:102'",
    "DTM+2:20261210:102'",
    "RFF+ON:PO-7'",
    "LIN+10+3+KET-100:SA'",
    "QTY+21:1:PCE'",
    "LIN+20+2'",
    "UNS+S'",
]
CONTRL = [
    "UCI+31+4098765000010:14+4012345000016:14+7'",
    "UCM+1+ORDRSP:D:96A:UN+7'",
    "UCM+2+INVOIC:D:96A:UN+4+'",
    "UCS+7'",
    "UCD+12+2:1'",
]


def x12_set(kind: str, body: Sequence[str], control: str = "0001") -> list[str]:
    return [f"ST*{kind}*{control}", *body, f"SE*{len(body) + 2}*{control}"]


def x12_interchange(*sets: list[str], group: str = "PO", control: int = 7, asks: str = "0", terminator: str = "~\n") -> bytes:
    isa = X12[0].replace("000000007*0", f"{control:09d}*{asks}")
    rows = [isa, f"GS*{group}*ACME*HOLDFAST*20261120*0600*{control}*X*004010", *(row for one in sets for row in one)]
    rows += [f"GE*{len(sets)}*{control}", f"IEA*1*{control:09d}"]
    return "".join(row + terminator for row in rows).encode()


def x12_order(control: str = "0001", number: str = "PO-1", changes: Mapping[str, str] | None = None) -> list[str]:
    """The good 850 under another control number, with segments replaced by their beginning."""
    rows = [next((new for start, new in (changes or {}).items() if row.startswith(start)), row) for row in X12[3:21]]
    return x12_set("850", [row.replace("PO-1", number) for row in rows], control)


def edifact_message(kind: str, body: Sequence[str], reference: str = "1", version: str = "D:96A:UN") -> list[str]:
    return [f"UNH+{reference}+{kind}:{version}'", *body, f"UNT+{len(body) + 2}+{reference}'"]


def edifact_interchange(*messages: Sequence[str], control: str = "31", una: str = "UNA:+.? '") -> bytes:
    unb = f"UNB+UNOC:3+4012345000016:14+4098765000010:14+261120:0600+{control}'"
    rows = [una, unb, *(row for one in messages for row in one), f"UNZ+{len(messages)}+{control}'"]
    return "\r\n".join(row for row in rows if row).encode("iso-8859-1")


def edifact_order(reference: str = "1", number: str = "PO-7", changes: Mapping[str, str] | None = None) -> list[str]:
    rows = [next((new for start, new in (changes or {}).items() if row.startswith(start)), row) for row in EDIFACT[1:-1]]
    return edifact_message("ORDERS", [row.replace("PO-7", number) for row in rows], reference)


# --- what goes out -------------------------------------------------------------------------------------------------------------------


def envelope(partner: Partner) -> Envelope:
    return Envelope(partner=partner, receiver=partner.ids[0], interchange=41, group=42, first_set=1, at=AT)


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


BERLIN = Address(name="Acme Store 4", street="Ring 1, Hof 2", city="Berlin", postcode="10115", country="DE")
BUYER, SELLER = Party(id="ACME-1", name="Acme GmbH", address=BERLIN), Party(id="4098765000010", name="Holdfast Supply")
SHIP_TO, WAREHOUSE = Party(id="STORE-4", name="Acme Store 4", address=BERLIN), Party(id="NORD", name="Lager Nord")
DAY = datetime(2026, 12, 4, tzinfo=UTC)
LATER = datetime(2026, 12, 18, tzinfo=UTC)


def line_answer(**changes: object) -> LineAnswer:
    fields: dict[str, object] = {
        "line": 1, "item": "KET-100", "buyer_item": "B-1", "description": "Kettle", "ordered": 10, "accepted": 10,
        "ordered_price": Decimal("15.00"), "price": Decimal("15.00"), "requested_at": DAY, "promised_at": DAY,
    }  # fmt: skip
    return LineAnswer.model_validate(fields | changes)


ORDER_ANSWER = OrderAnswer(
    order="acme/PO-1",
    number="acme/PO-1/answer/1",
    po_number="PO-1",
    po_date=date(2026, 11, 20),
    at=AT,
    currency="EUR",
    buyer=BUYER,
    seller=SELLER,
    ship_to=SHIP_TO,
    lines=(
        line_answer(),
        line_answer(line=2, item="FLT-100", buyer_item="", description="Filters*round~", accepted=6, backordered=3, backorder_at=LATER),
        line_answer(line=3, price=Decimal("14.50"), promised_at=LATER),
        line_answer(line=4, accepted=0, backordered=10, backorder_at=LATER, promised_at=None),
        line_answer(line=5, accepted=0, promised_at=None),
        line_answer(line=6, promised_at=LATER),
        line_answer(line=7, price=Decimal(16)),
    ),
)
SERIES = SsccSeries(extension=3, company_prefix="4012345")
SHIP_NOTICE = ShipNotice(
    number="acme/PO-1/1",
    order="acme/PO-1",
    po_number="PO-1",
    po_date=date(2026, 11, 20),
    shipped_at=AT,
    expected_at=DAY,
    carrier="UPSN",
    service="ground",
    tracking="1Z999AA10123456784",
    buyer=BUYER,
    ship_from=WAREHOUSE,
    ship_to=SHIP_TO,
    cartons=(
        Carton(
            sscc=SERIES.number(1),
            weight_g=4250,
            tracking="1Z999AA10123456784",
            lines=(
                PackedLine(line=1, item="KET-100", buyer_item="B-1", description="Kettle", ordered=10, quantity=2),
                PackedLine(line=2, item="FLT-100", ordered=10, quantity=6),
            ),
        ),
        Carton(sscc=SERIES.number(2), weight_g=900, lines=(PackedLine(line=1, item="KET-100", buyer_item="B-1", ordered=10, quantity=8),)),
    ),
)
INVOICE = InvoiceDocument(
    number="INV-2026-0041",
    order="acme/PO-1",
    po_number="PO-1",
    po_date=date(2026, 11, 20),
    issued_on=date(2026, 11, 26),
    due_on=date(2026, 12, 26),
    net_days=30,
    currency="EUR",
    buyer=BUYER,
    seller=SELLER,
    ship_to=SHIP_TO,
    seller_tax_id="DE123456789",
    buyer_tax_id="DE987654321",
    shipment="acme/PO-1/1",
    lines=(
        InvoicedLine(
            line=1,
            item="KET-100",
            buyer_item="B-1",
            description="Kettle",
            quantity=10,
            price=Decimal("15.00"),
            discount=eur(500),
            net=eur(14500),
        ),
        InvoicedLine(line=2, item="FLT-100", quantity=6, price=Decimal("4.125"), discount=eur(0), net=eur(2475)),
    ),
    charges=(Charge(kind=ChargeKind.FREIGHT, amount=eur(1200)), Charge(kind=ChargeKind.DISCOUNT, amount=eur(250))),
    taxes=(TaxTotal(title="VAT", rate=Decimal("0.19"), base=eur(17925), amount=eur(3406)),),
    total=eur(21331),
)
CREDIT_NOTE = INVOICE.model_copy(
    update={
        "number": "CN-2026-0007",
        "shipment": "",
        "corrects": "INV-2026-0041",
        "corrected_on": date(2026, 11, 26),
        "reason": "returned: does not fit",
        "lines": (INVOICE.lines[0].model_copy(update={"quantity": 3, "discount": eur(0), "net": eur(4500)}),),
        "charges": (Charge(kind=ChargeKind.KEPT, amount=eur(500), words="less restocking fee on line 1"),),
        "taxes": (TaxTotal(title="VAT", rate=Decimal("0.19"), base=eur(4000), amount=eur(760)),),
        "total": eur(4760),
    }
)
COLLECTIVE = INVOICE.model_copy(
    update={
        "po_number": "",
        "shipment": "",
        "ship_to": Party(),
        "lines": tuple(
            line.model_copy(update={"line": n, "po_number": f"PO-{n}", "shipment": f"acme/PO-{n}/1"})
            for n, line in enumerate(INVOICE.lines, 1)
        ),
    }
)
STOCK_REPORT = StockReport(
    reference="STOCK-20261126",
    at=AT,
    lines=(StockLine(item="KET-100", quantity=120), StockLine(item="FLT-100", quantity=0, on=date(2026, 12, 18))),
)
WAREHOUSE_ORDER = WarehouseOrder(
    reference="acme/PO-1/1",
    order="acme/PO-1",
    po_number="PO-1",
    asked_at=AT,
    ship_by=DAY,
    warehouse=WAREHOUSE,
    ship_to=SHIP_TO,
    carrier="UPSN",
    service="ground",
    lines=(AskedLine(line=1, item="KET-100", quantity=10, description="Kettle", lot="L-7"), AskedLine(line=2, item="FLT-100", quantity=6)),
)

CHANGE_ANSWER = ChangeAnswer(
    order="acme/PO-1",
    number="PO-1-C1",
    change="3",
    po_number="PO-1",
    po_date=date(2026, 11, 20),
    at=AT,
    accepted=False,
    why="Line 2 has left the house.",
    currency="EUR",
    buyer=BUYER,
    seller=SELLER,
    lines=(
        ChangedLine(line=1, item="KET-100", quantity=1, unit_price=Decimal("15.00")),
        ChangedLine(line=2, quantity=0),
        ChangedLine(line=3, item="FLT-100", quantity=12, added=True),
        ChangedLine(line=4, item="CUP-012", requested_at=LATER),
    ),
)
