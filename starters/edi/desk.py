"""The EDI desk on the one road in: it remembers which interchanges came, answers their senders, and takes what is no order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.orm import Session

from database import edi, edi_facts
from database.engine import Database
from database.inbox import PartResult
from domain.edi_changes import asked_by
from domain.edi_documents import ChangeRequest, DocumentIn, WarehouseShipped
from domain.edi_partners import Partner, Partners
from domain.errors import InputRefused, Unavailable
from domain.intake import Delivery, MessageIn, OrderIn, Part, Words
from domain.messages import AmendOrder
from starters.edi.answer import replies
from starters.edi.buyers_items import buyers_items
from starters.edi.normalise import syntax_of, text_of
from starters.edi.outgoing import pair_of
from starters.edi.taking import cancellation_answered, cancelled_by_rule, take
from starters.edi.third_party import shipped_elsewhere
from starters.edi.translate import InterchangeRead, read


@dataclass(frozen=True)
class EdiDesk:
    """The translator of the documents of a syntax, `x12` or `edifact`, with a memory in the database."""

    syntax: str
    partners: Partners

    def __call__(self, delivery: Delivery, words: Words) -> Sequence[Part]:
        """What a document holds, as if nothing had come before it. Raises InputRefused."""
        return [part for one in self._read(delivery, words, None) for part in one.parts]

    async def opened(self, database: Database, entry: int, delivery: Delivery, words: Words) -> Sequence[Part]:
        """What a document holds, after its interchanges are remembered and their answers written, each once for every document.

        Raises InputRefused for what is no interchange, and Unavailable when the same interchange is just being taken from another file.
        """
        found = await database.read(self._read_with_history, entry, delivery, words)
        if not await database.transaction(_remember, entry, found, datetime.now(UTC)):
            raise Unavailable("The same interchange came in another file at the same time; it is looked at again.")
        return [part for one in found for part in one.parts]

    async def take(self, database: Database, entry: int, number: int, part: DocumentIn) -> PartResult | Sequence[MessageIn]:
        """What becomes of a document that is no order; a warehouse's report is told to the order whose shipment it is."""
        partner = self._partner_of(part)
        if partner is not None and isinstance(part.document, WarehouseShipped):
            return await database.read(shipped_elsewhere, number, part.place, part.document, partner)
        if partner is not None and isinstance(part.document, ChangeRequest):
            asked = await database.read(cancelled_by_rule, part.place, part.document, partner)
            if asked is not None:
                return [asked]
        return await database.transaction(take, entry, number, part, partner, datetime.now(UTC))

    async def answered(self, database: Database, entry: int, number: int, part: DocumentIn, result: PartResult) -> PartResult:
        """What becomes of a document once the order that it was told has answered: a cancellation that it refuses is a person's."""
        partner = self._partner_of(part)
        if partner is None or not isinstance(part.document, ChangeRequest):
            return result
        return await database.transaction(cancellation_answered, entry, part.document, partner, result, datetime.now(UTC))

    def _partner_of(self, part: DocumentIn) -> Partner | None:
        return self.partners.named(part.partner)

    def _read_with_history(self, session: Session, entry: int, delivery: Delivery, words: Words) -> list[InterchangeRead]:
        return self._read(delivery, words, edi.Seen(session, entry))

    def _read(self, delivery: Delivery, words: Words, history: edi.Seen | None) -> list[InterchangeRead]:
        if (found := syntax_of(text_of(delivery.body))) != self.syntax:
            raise InputRefused("the document", f"it is {found}, and {self.syntax} was announced")
        return read(delivery.body, self.partners, words, history)


def _remember(session: Session, entry: int, found: Sequence[InterchangeRead], at: datetime) -> bool:
    """Register what is taken and write its answers; False when somebody else took one of the interchanges meanwhile."""
    before = 0
    for ordinal, one in enumerate(found, 1):
        first, before = before + 1, before + len(one.parts)
        interchange, partner = one.interchange, one.partner
        if partner is None:
            continue
        if interchange.fault is None and not interchange.repeated:
            if not edi.register(session, interchange.identity, interchange.fingerprint, entry, partner.name, at):
                return False
            _note_orders(session, one, partner, at)
            for number, part in enumerate(one.parts, first):
                if isinstance(part, MessageIn) and isinstance(part.message, AmendOrder):
                    edi_facts.note_asked(session, entry, number, partner.name, asked_by(part.message), at)
        _answer(session, f"entry/{entry}/{ordinal}", one, partner, at)
    return True


def _note_orders(session: Session, one: InterchangeRead, partner: Partner, at: datetime) -> None:
    sender = one.interchange.sender
    for found in one.sets:
        for part in found.parts:
            if isinstance(part, OrderIn):
                items = buyers_items(found.set, part.order)
                whose = (sender.qualifier, sender.id)
                edi.note_order(session, part.order.key, partner.name, whose, partner.wants, one.interchange.test, items, at)


def _answer(session: Session, key: str, one: InterchangeRead, partner: Partner, at: datetime) -> None:
    """Each answer under a number of its own; what was answered is answered no more, whatever has been mapped since."""
    pair = pair_of(one.interchange.syntax, partner.ours, one.interchange.sender)
    for reply in replies(one):
        edi.draw(session, reply.kind, key, partner.name, pair, partial(reply.written, at=at), at)
