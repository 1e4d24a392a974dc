"""A letter to a customer: greeted and taken leave of in their language, whatever it is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from integrations.documents.language import Voice
from integrations.documents.models import Seller
from integrations.ports import Attachment, Letter


def written(
    voice: Voice,
    seller: Seller,
    *,
    to: str,
    address: str,
    name: str,
    subject: str,
    paragraphs: Iterable[str],
    attachments: Sequence[Attachment],
) -> Letter:
    """`to` is the customer's number, `address` where their mail goes; paragraphs without a word are left out."""
    body = [
        voice.said("dear", name=name) if name else voice.said("dear_nobody"),
        *paragraphs,
        f"{voice.said('regards')}\n{seller.name}",
    ]
    return Letter(
        to=to,
        address=address,
        name=name,
        language=voice.language,
        subject=subject,
        body="\n\n".join(part for part in body if part),
        attachments=tuple(attachments),
    )
