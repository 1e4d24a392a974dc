"""The papers of an order: packing slip, invoice, credit note, return form and reminder, as PDF from what the database holds.

Each function takes one frozen model of `integrations.documents.models` and returns the bytes of an A4 PDF; the same model gives the same
bytes. What draws them is imported on the first call only.
"""

from integrations.documents.models import CreditNote, Invoice, PackingSlip, ReminderLetter, ReturnForm


def packing_slip(slip: PackingSlip) -> bytes:
    """What lies in which parcel: goes into the box, names no price."""
    from integrations.documents.goods import draw_packing_slip

    return draw_packing_slip(slip)


def return_form(form: ReturnForm) -> bytes:
    """What the customer was allowed to send back, with a label to cut out and a bar code of its tracking number."""
    from integrations.documents.goods import draw_return_form

    return draw_return_form(form)


def invoice(document: Invoice) -> bytes:
    """What is owed for one shipment and until when."""
    from integrations.documents.bills import draw_invoice

    return draw_invoice(document)


def credit_note(document: CreditNote) -> bytes:
    """What is taken off an invoice, and why."""
    from integrations.documents.bills import draw_credit_note

    return draw_credit_note(document)


def reminder_letter(letter: ReminderLetter) -> bytes:
    """That an invoice is past its due date, what is owed now and until when."""
    from integrations.documents.bills import draw_reminder_letter

    return draw_reminder_letter(letter)


__all__ = [
    "CreditNote",
    "Invoice",
    "PackingSlip",
    "ReminderLetter",
    "ReturnForm",
    "credit_note",
    "invoice",
    "packing_slip",
    "reminder_letter",
    "return_form",
]
