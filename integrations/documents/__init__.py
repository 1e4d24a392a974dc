"""The papers of an order: packing slip, labels, manifest, invoice, credit note, return form and reminder, from what the database holds.

Each function takes frozen models of `integrations.documents.models` and returns the bytes of a PDF (A4, labels 4 by 6 inches) or a label in
the printer's own language; the same model gives the same bytes. What draws them is imported on the first call only.
"""

from collections.abc import Sequence

from integrations.documents.models import (
    CarrierManifest,
    CreditNote,
    DepositRequest,
    Invoice,
    PackingSlip,
    ParcelLabel,
    ProForma,
    QuotePaper,
    ReminderLetter,
    ReturnForm,
)


def packing_slip(slip: PackingSlip) -> bytes:
    """What lies in which parcel: goes into the box, names no price."""
    from integrations.documents.goods import draw_packing_slip

    return draw_packing_slip(slip)


def parcel_labels(labels: Sequence[ParcelLabel]) -> bytes:
    """A page of 4 by 6 inches for each parcel, with the bar codes of its SSCC and its tracking number."""
    from integrations.documents.labels import draw_labels

    return draw_labels(labels)


def parcel_labels_zpl(labels: Sequence[ParcelLabel]) -> str:
    """The same labels for a label printer of 203 dots per inch."""
    from integrations.documents.zpl import write_labels

    return write_labels(labels)


def carrier_manifest(manifest: CarrierManifest) -> bytes:
    """What the driver signs: every shipment with its numbers."""
    from integrations.documents.goods import draw_manifest

    return draw_manifest(manifest)


def return_form(form: ReturnForm) -> bytes:
    """What the customer was allowed to send back, with a label to cut out and a bar code of its tracking number."""
    from integrations.documents.goods import draw_return_form

    return draw_return_form(form)


def invoice(document: Invoice) -> bytes:
    """What is owed for one shipment, or for those of a period, and until when."""
    from integrations.documents.bills import draw_invoice

    return draw_invoice(document)


def credit_note(document: CreditNote) -> bytes:
    """What is taken off an invoice, and why."""
    from integrations.documents.bills import draw_credit_note

    return draw_credit_note(document)


def proforma(document: ProForma) -> bytes:
    """What an order comes to, for customs or a payment in advance: no invoice."""
    from integrations.documents.advance import draw_proforma

    return draw_proforma(document)


def quote(document: QuotePaper) -> bytes:
    """What is offered to a customer, and until when they may accept it."""
    from integrations.documents.quotes import draw_quote

    return draw_quote(document)


def deposit_request(document: DepositRequest) -> bytes:
    """What is to be paid before anything is invoiced."""
    from integrations.documents.advance import draw_deposit_request

    return draw_deposit_request(document)


def reminder_letter(letter: ReminderLetter) -> bytes:
    """That an invoice is past its due date, what is owed now and until when."""
    from integrations.documents.bills import draw_reminder_letter

    return draw_reminder_letter(letter)


__all__ = [
    "CarrierManifest",
    "CreditNote",
    "DepositRequest",
    "Invoice",
    "PackingSlip",
    "ParcelLabel",
    "ProForma",
    "QuotePaper",
    "ReminderLetter",
    "ReturnForm",
    "carrier_manifest",
    "credit_note",
    "deposit_request",
    "invoice",
    "packing_slip",
    "parcel_labels",
    "parcel_labels_zpl",
    "proforma",
    "quote",
    "reminder_letter",
    "return_form",
]
