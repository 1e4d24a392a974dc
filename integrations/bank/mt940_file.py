"""MT940: the customer statement message of SWIFT, also with the German sub-fields (?20, EREF+, SVWZ+) that carry SEPA data.

Source: SWIFT Standards, category 9, "MT 940 Customer Statement Message"; sub-fields of :86: after the German Banking Industry Committee.
Messages of one file are read one by one; those that continue each other (:62M:, :60M:) stay statements of their own, each with balances.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import mt940
from stdnum import iban

from domain.bank import BankEntry, Statement
from domain.errors import InputRefused
from domain.money import Money
from integrations.bank import bounds

LONGEST_LINE = 2_000
MOST_MESSAGES = 5_000
_BEGIN = re.compile(r"(?m)^:20:")
_HEAD = re.compile(rb"(\{1:[^}]*\}|\{2:[^}]*\}|\{4:|\s)*:20:")


def looks_like(content: bytes) -> bool:
    return _HEAD.match(content[:500]) is not None


def read(content: bytes) -> list[Statement]:
    """The statements of a file; InputRefused with place and reason."""
    text = _decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    if any(len(line) > LONGEST_LINE for line in text.split("\n")):
        raise InputRefused("the document", f"it has lines of more than {LONGEST_LINE:,} characters, which MT940 does not know")
    begins = [match.start() for match in _BEGIN.finditer(text)]
    if len(begins) > MOST_MESSAGES:
        raise InputRefused("the document", f"it has {len(begins):,} messages, and at most {MOST_MESSAGES:,} are read")
    found = []
    for number, (begin, end) in enumerate(zip(begins, [*begins[1:], len(text)], strict=True), 1):
        found.append(_statement(text[begin:end], f"message {number}" if len(begins) > 1 else "the message"))
    return found


def _decoded(content: bytes) -> str:
    """SWIFT knows no umlauts; banks send them in UTF-8, or else in the Latin alphabet of Western Europe."""
    if b"\0" in content:
        raise InputRefused("the document", "it holds zero bytes, which no text has")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("iso-8859-1")


def _statement(message: str, place: str) -> Statement:
    try:
        read = mt940.parse(message, options=mt940.Options(applicant_iban=True, reversal_sign=True, case_insensitive_marks=True))
        stated, moved = read.data, [transaction.data for transaction in read.transactions]
    except Exception as wrong:  # noqa: BLE001  # whatever the library stumbles over is a refusal of the document
        raise InputRefused(place, f"it does not follow MT940: {bounds.line(wrong, 200)}") from None
    written = len(re.findall(r"(?m)^:61:", message))
    if written != len(moved):
        raise InputRefused(place, f"{written} entries (:61:) are written in it, and {len(moved)} can be read")
    if len(moved) > bounds.MOST_ENTRIES:
        raise InputRefused(place, f"it has {len(moved):,} entries, and at most {bounds.MOST_ENTRIES:,} are read")
    account = _account(str(stated.get("account_identification") or ""))
    if not account:
        raise InputRefused(f"{place}, :25:", "it does not say which account it is of")
    opening = _balance(stated, "opening", place)
    closing = _balance(stated, "closing", place)
    entries = tuple(_entry(each, f"{place}, :61: {number}") for number, each in enumerate(moved, 1))
    sequence = "/".join(str(part) for part in (stated.get("statement_number"), stated.get("sequence_number")) if part)
    return Statement(
        account=account,
        statement=bounds.line(stated.get("transaction_reference"), bounds.LONGEST_NAME),
        sequence=bounds.line(sequence, 40),
        form="MT940",
        currency=bounds.currency_of(opening, closing, *(entry.amount for entry in entries)),
        opening=opening,
        closing=closing,
        entries=entries,
    )


def _balance(stated: dict[str, Any], which: str, place: str) -> Money | None:
    found = stated.get(f"final_{which}_balance") or stated.get(f"intermediate_{which}_balance")
    if found is None:
        return None
    tag = ":60:" if which == "opening" else ":62:"
    return bounds.money(found.amount.amount, str(found.amount.currency), f"{place}, {tag}")


def _entry(stated: dict[str, Any], place: str) -> BankEntry:
    mark = str(stated.get("status") or "").upper()
    if mark not in ("C", "D", "RC", "RD"):
        raise InputRefused(place, f"{mark!r:.10} is none of the marks C, D, RC and RD")
    amount = stated["amount"]
    valued = _day(stated.get("date"), place)
    booked = _day(stated.get("entry_date"), place)
    if valued is None:
        raise InputRefused(place, "it has no value date")
    message, end_to_end = _said(stated)
    gave_back = bounds.line(stated.get("return_debit_notes"), 40)
    if not gave_back and (str(stated.get("id") or "")[1:] == "RTI" or "RETOURE" in str(stated.get("posting_text") or "").upper()):
        gave_back = "returned"
    return BankEntry(
        amount=bounds.money(abs(amount.amount), str(amount.currency), place),
        credit=mark in ("C", "RD"),
        reversal=mark in ("RC", "RD"),
        booked_on=booked or valued,
        value_on=valued,
        end_to_end=end_to_end,
        text=message,
        payer=bounds.line(stated.get("applicant_name"), bounds.LONGEST_NAME),
        iban=bounds.line(stated.get("gvc_applicant_iban") or stated.get("applicant_iban"), bounds.LONGEST_NAME).replace(" ", ""),
        bank_reference=bounds.given(stated.get("bank_reference")),
        return_reason=gave_back,
        charges=0,
    )


def _said(stated: dict[str, Any]) -> tuple[str, str]:
    """What the payer wrote, and the name they gave the payment; what the bank adds (MTLG:) belongs to the text."""
    end_to_end, mark, added = str(stated.get("end_to_end_reference") or "").partition("MTLG:")
    if "purpose" in stated or "posting_text" in stated:
        words = [stated.get("purpose"), stated.get("additional_purpose"), added if mark else ""]
    else:
        words = [stated.get("transaction_details"), stated.get("extra_details")]
    named = bounds.given(end_to_end)
    if not named:
        named = _customer_reference(str(stated.get("customer_reference") or ""))
    return bounds.line(" ".join(str(word) for word in words if word)), named


def _customer_reference(written: str) -> str:
    """Field 7 of :61:, unless it only says that the reference stands elsewhere."""
    return "" if "+" in written or "\n" in written or written.startswith("NONREF") else bounds.given(written)


def _day(stated: Any, place: str) -> date | None:
    if stated is None:
        return None
    return bounds.day(date(stated.year, stated.month, stated.day), place)


def _account(written: str) -> str:
    """The IBAN where the message has one, or where a German bank code and account number make one; else as it is written."""
    found = written.strip().replace(" ", "").upper()
    german = re.fullmatch(r"(\d{8})/(\d{1,10})(?:EUR)?", found)
    if german:
        number = f"DE00{german[1]}{german[2]:0>10}"
        return f"DE{iban.calc_check_digits(number)}{number[4:]}"
    plain = re.fullmatch(r"(?:[A-Z0-9]{8,11}/)?([A-Z]{2}\d{2}[A-Z0-9]{11,30}?)(?:EUR|USD|GBP|CHF)?", found)
    if plain and iban.is_valid(plain[1]):
        return plain[1]
    return found[: bounds.LONGEST_NAME]
