"""How tests read what partners send: the parts of a document, and its one part where it has one."""

from __future__ import annotations

from domain.edi_documents import DocumentIn
from domain.edi_partners import Partners
from domain.intake import OrderIn, Part, RefusedIn, Words
from domain.order import PlaceOrder
from starters.edi.translate import read
from tests.channels.edi_documents import (
    PARTNERS,
    x12_interchange,
    x12_set,
)


def parts(content: bytes, partners: Partners = PARTNERS, words: Words | None = None) -> list[Part]:
    return [part for one in read(content, partners, words or {}) for part in one.parts]


def only(content: bytes) -> Part:
    (part,) = parts(content)
    return part


def order(content: bytes, words: Words | None = None) -> PlaceOrder:
    (part,) = parts(content, words=words)
    assert isinstance(part, OrderIn), part
    return part.order


def document(kind: str, body: list[str]) -> object:
    part = only(x12_interchange(x12_set(kind, body)))
    assert isinstance(part, DocumentIn), part
    return part.document


def refused(content: bytes) -> tuple[str, str]:
    part = only(content)
    assert isinstance(part, RefusedIn), part
    return part.place, part.reason


def changed(body: list[str], start: str, new: str | None) -> list[str]:
    return [row for row in (new if row.startswith(start) else row for row in body) if row is not None]
