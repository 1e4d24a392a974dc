"""What a bank says: statements of our accounts and their entries, whatever form they came in."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum

from domain.money import Money
from domain.values import Value


class BankEntry(Value):
    """Money that moved on our account. `amount` is above zero; `credit` says that it came in, also when it takes back what went out."""

    amount: Money
    credit: bool
    reversal: bool = False  # it takes back an entry that the bank had made
    booked_on: date
    value_on: date | None = None
    end_to_end: str = ""  # as the payer named the payment; empty where the bank writes NOTPROVIDED
    reference: str = ""  # structured creditor reference, such as ISO 11649
    text: str = ""  # remittance information, in one line
    payer: str = ""  # the other side, whichever way the money went
    iban: str = ""  # of the other side; another account number where they have none
    bank_reference: str = ""  # the account servicer's own name of the entry
    return_reason: str = ""  # why a payment came back, as ISO 20022 or the bank codes it
    charges: int = 0  # minor units that a bank kept back on the way

    @property
    def signed(self) -> int:
        """Minor units by which the balance rose."""
        return self.amount.minor if self.credit else -self.amount.minor

    @property
    def returned(self) -> bool:
        """A payment that came in before and is taken back now: a returned debit, a recall, a corrected booking."""
        return not self.credit and (self.reversal or bool(self.return_reason))


class Statement(Value):
    """Entries of one account between two balances, which are absent where the bank states none."""

    account: str  # IBAN, or the bank's own number of the account
    statement: str  # the bank's name of the statement
    sequence: str = ""
    form: str  # "camt.053.001.08", "MT940"
    currency: str
    opening: Money | None = None
    closing: Money | None = None
    entries: tuple[BankEntry, ...]
    pending: int = 0  # entries that the bank has announced and not booked: they are left alone

    @property
    def trouble(self) -> str:
        """Why its entries are not to be trusted alone: it does not add up, or nobody can tell; empty when it does."""
        if self.opening is None or self.closing is None:
            return f"it states no {'opening' if self.opening is None else 'closing'} balance, so nobody can tell whether it is complete"
        currencies = {self.opening.currency, self.closing.currency, *(entry.amount.currency for entry in self.entries)}
        if len(currencies) > 1:
            return f"it mixes {', '.join(sorted(currencies))}"
        adds_up_to = self.opening.minor + sum(entry.signed for entry in self.entries)
        if adds_up_to == self.closing.minor:
            return ""
        return f"it opens with {self.opening}, its entries lead to {self._money(adds_up_to)}, and it closes with {self.closing}"

    def _money(self, minor: int) -> Money:
        return Money(minor=minor, currency=self.currency)


class Likeness(StrEnum):
    SAME = "same"  # one movement of money, told twice
    DOUBTFUL = "doubtful"  # it may be: a person looks before anything is booked
    OTHER = "other"  # two movements


def likeness(one: BankEntry, other: BankEntry) -> Likeness:
    """Whether entries of two statements of one account tell of the same movement.

    Amount, direction and day have to agree. Then the bank's own reference decides where both have one, as far as what the payer said does
    not contradict it (the parts of a collective booking share a reference); where one has none, as in another form of the same day's
    statement, what the payer said does.
    """
    if (one.amount, one.credit, one.booked_on) != (other.amount, other.credit, other.booked_on):
        return Likeness.OTHER
    agree = _messages_agree(one, other)
    if one.bank_reference and other.bank_reference:
        if squashed(one.bank_reference) == squashed(other.bank_reference):
            return Likeness.OTHER if agree is False else Likeness.SAME
        return Likeness.DOUBTFUL if agree else Likeness.OTHER
    if agree is None:
        return Likeness.DOUBTFUL
    return Likeness.SAME if agree else Likeness.OTHER


def _messages_agree(one: BankEntry, other: BankEntry) -> bool | None:
    """Whether both say the same in the payer's words; None where there is nothing to compare."""
    if one.end_to_end and other.end_to_end:
        return squashed(one.end_to_end) == squashed(other.end_to_end)
    mine, theirs = squashed(one.reference + one.text), squashed(other.reference + other.text)
    if mine and theirs:
        return mine in theirs or theirs in mine
    if one.iban and other.iban:
        return squashed(one.iban) == squashed(other.iban)
    return None if mine or theirs or one.iban or other.iban else True


_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "œ": "oe", "ł": "l"})


def squashed(text: str) -> str:
    """Capital letters and digits alone, umlauts spelled out: what is left of a text however a bank wrote and broke it."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).lower().translate(_LETTERS))
    return re.sub(r"[^0-9A-Z]", "", plain.upper())


def entry_name(number: int) -> str:
    """What people call an entry: B-000017."""
    return f"B-{number:06d}"
