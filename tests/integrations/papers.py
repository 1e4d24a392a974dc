"""Papers to draw: a German wholesaler with a Polish customer, so that the letters are not only English."""

from datetime import UTC, datetime
from decimal import Decimal

from domain.messages import LineQuantity, Parcel, ReturnKind
from domain.money import Money
from domain.money_steps import TaxShare
from domain.order import Address, Charge
from integrations.documents import CreditNote, Invoice, PackingSlip, ReminderLetter, ReturnForm
from integrations.documents.models import BilledLine, PackedLine, ReturnedLine, Seller

SELLER = Seller(
    name="Kaffeekontor Großhandel GmbH",
    address=Address(name="Kaffeekontor Großhandel GmbH", street="Märkische Allee 7", city="Großbeeren", postcode="14979", country="DE"),
    tax_id="DE811907980",
    email="rechnung@kaffeekontor.example",
    phone="+49 30 5550 1200",
    bank=("IBAN DE02 1203 0000 0000 2020 51", "BIC BYLADEM1001"),
)
CUSTOMER = Address(name="Palarnia Łódź Sp. z o.o.", street="ul. Żeromskiego 12/4", city="Łódź", postcode="90-710", country="PL")
SHOP = Address(name="Café Brûlerie – Zoë Straße", street="Rue de la Soif 3", city="Orléans", postcode="45000", country="FR")


def euros(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def at(day: int, month: int = 11) -> datetime:
    return datetime(2026, month, day, 9, 30, tzinfo=UTC)


def billed(line: int, item: str, quantity: int, price: str, discount: int = 0, description: str = "", currency: str = "EUR") -> BilledLine:
    gross = Money.of(quantity * Decimal(price), currency)
    net = gross.minor - discount
    return BilledLine(
        line=line,
        item=item,
        quantity=quantity,
        gross=gross,
        discount=Money(minor=discount, currency=currency),
        tax=Money(minor=net * 19 // 100, currency=currency),
        description=description,
        unit_price=Decimal(price),
    )


LINES = (
    billed(1, "GRD-200", 2, "249.00", 2500, "Burr grinder 40 mm, black"),
    billed(2, "FLT-100", 40, "4.955", 0, "Paper filters size 4, unbleached, 100 pieces – für Handfilter & Brüher"),
    billed(3, "ESP-DUO", 1, "1719.20", 0, "Espresso machine, two groups"),
)
"""473.00 + 198.20 + 1,719.20 = 2,390.40 EUR net; tax 89.87 + 37.65 + 326.64 = 454.16 EUR."""


def invoice(**changes: object) -> Invoice:
    whole = Invoice(
        seller=SELLER,
        number="INV-000042",
        order="x12/BT-301",
        po_number="PO 7741/łé",
        customer="C-1001",
        bill_to=CUSTOMER,
        ship_to=SHOP,
        issued_at=at(3),
        due_at=at(3, 12),
        shipment=1,
        terms="Net 30 days. The goods remain ours until they are paid.",
        lines=LINES,
        freight=euros(1890),
        freight_tax=euros(359),
        taxes_included=False,
        total=euros(239040 + 45416 + 1890 + 359),
        paid=euros(0),
    )
    return whole.model_copy(update=changes)


def taxed_invoice(**changes: object) -> Invoice:
    """One grinder less 6.00 with a surcharge of 4.50, two taxes on goods and freight, rounded to five cents."""

    def taxes(first: int, second: int) -> tuple[TaxShare, ...]:
        shares = (("VAT", "0.19", first), ("City levy", "0.01", second))
        return tuple(TaxShare(title=title, rate=Decimal(rate), amount=euros(minor)) for title, rate, minor in shares)

    line = billed(1, "GRD-200", 1, "249.00", 600, "Burr grinder 40 mm, black")
    extras = {"surcharges": (Charge(title="Hazardous goods", amount=euros(450)),), "tax": euros(4951), "taxes": taxes(4703, 248)}
    sums = {"freight": euros(1890), "freight_tax": euros(378), "freight_taxes": taxes(359, 19), "rounding": euros(1), "total": euros(31970)}
    return invoice(lines=(line.model_copy(update=extras),), **sums | changes)


def credit_note(**changes: object) -> CreditNote:
    whole = CreditNote(
        seller=SELLER,
        number="CN-000007",
        invoice="INV-000042",
        order="x12/BT-301",
        po_number="PO 7741/łé",
        customer="C-1001",
        bill_to=CUSTOMER,
        issued_at=at(20),
        lines=(billed(1, "GRD-200", 1, "249.00", 1250, "Burr grinder 40 mm, black"),),
        freight=euros(0),
        freight_tax=euros(0),
        taxes_included=False,
        total=euros(23650 + 4493),
        reason="Returned: RMA-000003",
        applied=euros(20000),
    )
    return whole.model_copy(update=changes)


def reminder(**changes: object) -> ReminderLetter:
    whole = ReminderLetter(
        seller=SELLER,
        invoice="INV-000042",
        order="x12/BT-301",
        po_number="PO 7741/łé",
        customer="C-1001",
        bill_to=CUSTOMER,
        level=3,
        text="Last reminder: further orders are held until you pay.",
        issued_at=at(20, 12),
        invoiced_at=at(3),
        was_due_at=at(3, 12),
        invoice_total=euros(286705),
        open_before=euros(188205),
        fee=euros(2500),
        balance=euros(190705),
        due_at=at(25, 12),
        holds_customer=True,
    )
    return whole.model_copy(update=changes)


def packing_slip(**changes: object) -> PackingSlip:
    whole = PackingSlip(
        seller=SELLER,
        order="x12/BT-301",
        po_number="PO 7741/łé",
        shipment=1,
        location="BERLIN",
        packed_at=at(2),
        ship_to=SHOP,
        lines=(
            PackedLine(line=1, item="GRD-200", description="Burr grinder 40 mm, black", ordered=2, packed=2),
            PackedLine(line=2, item="FLT-100", description="Paper filters size 4, unbleached, 100 pieces", ordered=40, packed=18),
        ),
        parcels=(
            Parcel(number=1, weight_g=5350, contents=(LineQuantity(line=1, quantity=2), LineQuantity(line=2, quantity=8))),
            Parcel(number=2, weight_g=5350, contents=(LineQuantity(line=2, quantity=10),)),
        ),
        carrier="Norvik Post",
        service="standard",
        tracking="RR482719032NO",
    )
    return whole.model_copy(update=changes)


def return_form(**changes: object) -> ReturnForm:
    whole = ReturnForm(
        seller=SELLER,
        number="RMA-000003",
        order="x12/BT-301",
        kind=ReturnKind.EXCHANGE,
        reason="It does not fit.",
        authorized_at=at(12),
        expires_at=at(3, 12),
        sender=SHOP,
        to=SELLER.address,
        lines=(ReturnedLine(line=1, item="GRD-200", description="Burr grinder 40 mm, black", quantity=1),),
        carrier="Norvik Post",
        service="standard",
        tracking="RR482719032NO",
    )
    return whole.model_copy(update=changes)
