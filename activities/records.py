"""What every paper of an order needs: the order as it is read and as it was placed, its addresses, and who we are."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import intake, reading
from database.tables import Customer, House, OrderLine
from domain.errors import Refused
from domain.money import Money
from domain.order import Address, PlaceOrder
from domain.seller import Seller
from domain.views import OrderView
from integrations.documents.language import Voice

SELLER = Seller(
    name="Holdfast Trading GmbH",
    address=Address(name="Holdfast Trading GmbH", street="Am Güterbahnhof 1", city="Grossbeeren", postcode="14979", country="DE"),
    tax_id="DE000000000",
    email="accounts@holdfast.example",
    bank=("IBAN DE00 0000 0000 0000 0000 00",),
)
"""Who stands on the papers of a house that has not said who it is: the made-up company of the samples."""


def seller_of(session: Session) -> Seller:
    """Who we are, as the catalogue says it (`house`)."""
    row = session.get(House, "house")
    return Seller.model_validate_json(row.seller) if row is not None else SELLER


@dataclass(frozen=True)
class Records:
    session: Session
    view: OrderView
    placed: PlaceOrder
    seller: Seller

    @property
    def lines(self) -> dict[int, OrderLine]:
        rows = self.session.scalars(select(OrderLine).where(OrderLine.order == self.view.order))
        return {row.line: row for row in rows}

    @property
    def voice(self) -> Voice:
        """The customer's language, on all papers about their money."""
        customer = self.session.get(Customer, self.view.customer) if self.view.customer else None
        return Voice(customer.language if customer is not None else "")

    @property
    def ship_to(self) -> Address:
        return self._address(self.placed.ship_to, self.placed.bill_to)

    @property
    def bill_to(self) -> Address:
        return self._address(self.placed.bill_to, self.placed.ship_to)

    def money(self, minor: int) -> Money:
        return Money(minor=minor, currency=self.view.currency)

    def _address(self, *wanted: Address | None) -> Address:
        found = next((address for address in wanted if address is not None), None)
        if found is None:
            raise Refused(f"Order {self.view.order} has no address, and its papers need one.")
        return found


def records_of(session: Session, order: str) -> Records:
    """Raises NotFound for an unknown order."""
    return Records(session, reading.order_view(session, order), intake.document(session, order), seller_of(session))
