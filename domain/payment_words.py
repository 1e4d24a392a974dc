"""What a payer wrote: the invoices and the other numbers that stand in a payment's words."""

from __future__ import annotations

import re

from domain.bank import BankEntry
from domain.creditor_reference import referred
from domain.values import Value

MOST_NAMED = 50
"""Numbers that one payment may name: the text of a transfer has some hundred characters."""

_INVOICE = re.compile(
    r"(?<![0-9A-Z])(?:INVOICES?|INV|RECHNUNG|FACTURE)(?:\s*(?:NUMBER|NO|NR|N°)\b\.?)?[\s\-_./:#]*(\d(?:[\d ]{0,10}\d)?)"
    r"((?:\s*(?:,|;|&|\+|/|AND|UND|ET)\s*(?:INV[\s\-_./:#]*)?\d{1,9}(?![\d.,]*\d))*)"
)
_REFERENCE = re.compile(r"(?<![0-9A-Z])RF\s*\d\s*\d\s*INV[\d ]*")
_NUMBER = re.compile(r"(/?)\s*(?:INV[\s\-_./:#]*)?(\d{1,9})")
_YEAR = re.compile(r"(?:19|20)\d\d")
_TOKEN = re.compile(r"[0-9A-Z][0-9A-Z\-_./#]{1,60}")


class Words(Value):
    """Invoices as their documents are called (INV-000042), and everything that may be the number of an order."""

    by_reference: tuple[str, ...] = ()
    by_end_to_end: tuple[str, ...] = ()
    in_text: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()


def words_of(entry: BankEntry) -> Words:
    """Every number that a payment names; the same in another place is named once, by the better of them."""
    by_reference = [*referred(entry.reference), *referred(entry.text), *referred(entry.end_to_end)]
    return Words(
        by_reference=tuple(dict.fromkeys(by_reference))[:MOST_NAMED],
        by_end_to_end=tuple(dict.fromkeys(invoice_numbers(entry.end_to_end)))[:MOST_NAMED],
        in_text=tuple(dict.fromkeys([*invoice_numbers(entry.text), *invoice_numbers(entry.reference)]))[:MOST_NAMED],
        tokens=tuple(dict.fromkeys([*tokens(entry.end_to_end), *tokens(entry.text), *tokens(entry.reference)]))[: 2 * MOST_NAMED],
    )


def invoice_numbers(text: str) -> list[str]:
    """The invoices that a text names, tolerant of blanks, hyphens and case: "inv 42, 43", "INV-000042", "Invoice no. 0042".

    A creditor reference is not read here: one with wrong check digits names nobody.
    """
    found: list[str] = []
    for match in _INVOICE.finditer(_REFERENCE.sub(" ", text.upper())):
        found += _documents(match[1])
        found += [_document(number) for slash, number in _NUMBER.findall(match[2]) if not (slash and _YEAR.fullmatch(number))]
    return list(dict.fromkeys(document for document in found if document))


def _documents(digits: str) -> list[str]:
    """Digits with blanks between them are one number with blanks or several words: both are named, and the unknown one is nobody's."""
    first, *others = digits.split()
    if not others:
        return [_document(first)]
    joined = "".join([first, *others])
    return [_document(joined)] if len(joined) <= 6 and first.startswith("0") else [_document(first)]


def _document(digits: str) -> str:
    number = int(digits)
    return f"INV-{number:06d}" if number else ""


def tokens(text: str) -> list[str]:
    """The words of a text that may be the number of an order: with a digit in them, as written and without signs around them."""
    found = []
    for match in _TOKEN.finditer(text.upper()):
        word = match[0].strip("-_./#")
        if len(word) > 2 and any(character.isdigit() for character in word):
            found.append(word)
    return found
