"""Quotes: what an order would cost, for so long; accepted in time it becomes an order at those prices, once."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from domain.errors import Refused
from domain.money import Money
from domain.order import Moment, PlaceOrder, PriceOverride
from domain.values import Value

CHANNEL = "quote"
"""The channel of orders that were quoted: `quote/Q-000001` is what became of Q-000001."""

QUOTED = "quoted"
"""The form of the document that brings such an order in: the one in which prices are set by us."""

_NUMBER = re.compile(r"Q-[0-9]{6,}")

EXTENDERS = ("sales_manager",)
"""Who may give a quote that has lapsed more time."""


class QuoteStatus(StrEnum):
    OPEN = "open"  # it may be accepted
    LAPSED = "lapsed"  # its time is over; it may be extended, or quoted anew
    ACCEPTED = "accepted"  # it has become an order
    DECLINED = "declined"  # the customer does not want it


class MakeQuote(Value):
    """Quote this order until `valid_until`, with its goods set aside where `reserve` says so.

    `fingerprint` says what was asked for: the same again is the same quote. `because` lets prices pass that are not ours.
    """

    stated: PlaceOrder
    fingerprint: str
    valid_until: Moment
    reserve: bool = False
    email: bool = False  # have it sent to the customer
    because: str = Field(default="", max_length=1_000)
    price_roles: tuple[str, ...] = ()  # who may set prices; empty: everybody
    tolerance: Decimal = Decimal("0.02")
    at: Moment
    actor: str = Field(min_length=1, max_length=120)


class QuoteView(Value):
    """One quote as it stands."""

    quote: str
    customer: str
    status: QuoteStatus
    revision: int
    total: Money
    valid_until: Moment
    made_at: Moment
    made_by: str
    order: str = ""
    reason: str = ""
    set_aside: int = 0  # units that stand reserved for it
    mailing: str = ""  # whether its last revision was e-mailed: nobody asked, wanted, sent, or why it was not


class RevisionView(Value):
    """One revision: what was offered, by whom, until when."""

    revision: int
    placed: PlaceOrder
    valid_until: Moment
    made_at: Moment
    made_by: str
    because: str = ""


class EventView(Value):
    at: Moment
    actor: str
    what: str
    reason: str = ""


class QuotePage(Value):
    """A quote with all of its revisions, the newest last, and everything that happened to it."""

    quote: QuoteView
    revisions: tuple[RevisionView, ...]
    events: tuple[EventView, ...]


class QuotedLine(Value):
    """A line as it is offered; `unit_price` in major units."""

    number: int
    item: str
    description: str
    quantity: int
    unit_price: str
    discount: Money
    net: Money


class OfferedRevision(Value):
    revision: int
    total: Money
    valid_until: Moment
    made_at: Moment


class QuoteRead(QuoteView):
    """A quote as its customer may read it: what is offered now, and what was before; without our own reasons."""

    po_number: str
    requested_at: Moment | None
    terms: str
    lines: tuple[QuotedLine, ...]
    freight: Money
    revisions: tuple[OfferedRevision, ...]

    @classmethod
    def of(cls, page: QuotePage) -> QuoteRead:
        placed = page.revisions[-1].placed
        lines = tuple(
            QuotedLine(
                number=line.number,
                item=line.item,
                description=line.description,
                quantity=line.quantity,
                unit_price=str(line.unit_price),
                discount=line.discount,
                net=line.gross(placed.currency) - line.discount,
            )
            for line in placed.lines
        )
        revisions = tuple(
            OfferedRevision(revision=each.revision, total=each.placed.total, valid_until=each.valid_until, made_at=each.made_at)
            for each in page.revisions
        )
        return cls(
            **dict(page.quote),
            po_number=placed.po_number,
            requested_at=placed.requested_at,
            terms=str(placed.terms),
            lines=lines,
            freight=placed.freight,
            revisions=revisions,
        )


class Quoted(Value):
    """`made`: a new quote; `revised`: a new revision of it; `same`: it was quoted before, and nothing changed."""

    quote: QuoteView
    how: str


class AcceptedQuote(Value):
    """The order that a quote became; `entry` is its document in the inbox. `same`: it was accepted before."""

    quote: str
    order: str
    entry: int
    how: str


class NotOpen(Refused):
    """A quote that cannot be accepted any more, with what helps."""

    def __init__(self, quote: str, status: QuoteStatus, when: datetime, order: str = "") -> None:
        self.status = status
        match status:
            case QuoteStatus.LAPSED:
                who = " or a ".join(EXTENDERS)
                said = f"Quote {quote} was valid until {when:%Y-%m-%d %H:%M} UTC. A {who} may extend it, or it is quoted anew."
            case QuoteStatus.DECLINED:
                said = f"Quote {quote} was declined on {when:%Y-%m-%d}. Quote it anew under another number."
            case _:
                said = f"Quote {quote} was accepted on {when:%Y-%m-%d}; it is order {order}."
        super().__init__(said)


def is_quote(text: str) -> bool:
    """Whether a text has the form of a quote's number."""
    return _NUMBER.fullmatch(text) is not None


def status_of(ended: str, valid_until: datetime, at: datetime) -> QuoteStatus:
    """Whether it may be accepted is judged by its time, whoever has come by since."""
    if ended:
        return QuoteStatus(ended)
    return QuoteStatus.OPEN if at < valid_until else QuoteStatus.LAPSED


def as_order(quote: str, offered: RevisionView, at: datetime, po_number: str = "") -> PlaceOrder:
    """The order at the quoted prices: they stand as set by the quote, so that a list that changed since changes nothing."""
    placed = offered.placed
    why = f"quoted in revision {offered.revision}"
    lines = tuple(
        line.model_copy(
            update={"to_price": False, "override": PriceOverride(was=line.unit_price, by=quote, why=why, at=offered.made_at)},
        )
        for line in placed.lines
    )
    changes: dict[str, object] = {
        "channel": CHANNEL, "external_id": quote, "basket": quote, "placed_at": at, "lines": lines, "to_tax": False,
        "stated_total": placed.total, "po_number": po_number or placed.po_number,
    }  # fmt: skip
    return placed.model_copy(update=changes)
