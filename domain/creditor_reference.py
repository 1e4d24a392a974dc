"""The structured creditor reference of an invoice (ISO 11649): `RF`, two check digits and the invoice's number without its hyphen.

Printed on the invoice, typed by the payer, carried unchanged by every bank: it says what a payment is for without anybody's reading.
"""

from __future__ import annotations

import re

from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

_IN_TEXT = re.compile(r"RF\d\d(INV)(\d{6,12})")
FEWEST_DIGITS = 6


def creditor_reference(document: str) -> str:
    """The reference of an invoice: that of INV-000042 is RF29INV000042."""
    body = iso11649.compact(document)
    return f"RF{mod_97_10.calc_check_digits(body + 'RF')}{body}"


def printed(document: str) -> str:
    """The reference as it is printed, in groups of four: RF29 INV0 0004 2."""
    return iso11649.format(creditor_reference(document))


def referred(text: str) -> list[str]:
    """The invoices whose reference stands in `text`, however it is broken by blanks; one with wrong check digits is none.

    Digits of the next word may follow directly: all digits that stand together are tried first, then the fewest.
    """
    compact = re.sub(r"[^0-9A-Z]", "", text.upper())
    found = []
    for match in _IN_TEXT.finditer(compact):
        digits = match[2]
        for length in (len(digits), *range(FEWEST_DIGITS, len(digits))):
            padded_for_nothing = length > FEWEST_DIGITS and digits.startswith("0")
            document = f"INV-{digits[:length]}"
            if not padded_for_nothing and creditor_reference(document) == match[0][: 7 + length]:
                found.append(document)
                break
    return list(dict.fromkeys(found))
