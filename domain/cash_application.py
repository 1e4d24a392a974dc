"""Cash application: which invoices a payment is for, by rules that say why; what is not certain is for a person.

The rules, in the order in which they are believed: what the payer announced (820), the creditor reference (ISO 11649), the end-to-end id,
an invoice's number in the text, the order's number, the customer's own number of the order, and last the payer together with the amount.
Two rules that disagree, two sums that fit, another currency: nothing is guessed, the payment is queued with its candidates. Nothing is
applied beyond what is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from pydantic import Field

from domain.bank import BankEntry
from domain.money import Money
from domain.order import Moment
from domain.short_payments import ShortPayment, shortfall
from domain.values import Value


class Rule(StrEnum):
    REMITTANCE = "remittance"  # announced by EDI (820), invoice by invoice, under the payment's reference
    CREDITOR_REFERENCE = "creditor_reference"  # ISO 11649, structured or in the text
    END_TO_END = "end_to_end"  # the payer's name of the payment names the invoice
    INVOICE_NUMBER = "invoice_number"  # in the text
    ORDER_NUMBER = "order_number"  # in the text or the end-to-end id
    PURCHASE_ORDER = "purchase_order"  # the customer's own number of the order
    PAYER_AND_AMOUNT = "payer_and_amount"  # a known payer, and one way only to make up the amount
    PERSON = "person"  # somebody decided
    RETURN = "return"  # it takes back a payment that was matched


CONFIDENCE: Mapping[Rule, int] = {
    Rule.REMITTANCE: 100,
    Rule.CREDITOR_REFERENCE: 100,
    Rule.END_TO_END: 95,
    Rule.INVOICE_NUMBER: 90,
    Rule.ORDER_NUMBER: 80,
    Rule.PURCHASE_ORDER: 75,
    Rule.PAYER_AND_AMOUNT: 70,
    Rule.PERSON: 100,
    Rule.RETURN: 100,
}
"""Of 100, for an amount that fits to the cent; `NOT_EXACT` is taken off where it does not."""
NOT_EXACT = 10

NAMES_INVOICES = (Rule.CREDITOR_REFERENCE, Rule.END_TO_END, Rule.INVOICE_NUMBER)
"""Who names an invoice has said what they pay, whatever the amount; an order's number may stand in a text for other reasons."""

MOST_SUMMED = 14
"""Open invoices among which a sum is looked for: 16,384 sums at most."""
MOST_CANDIDATES = 5


class OpenItem(Value):
    """What may be paid: an invoice, or (`invoice` 0) an order in advance of its first one."""

    order: str
    invoice: int
    document: str  # the invoice's number; of an advance the order's
    customer: str
    currency: str
    total: int  # minor units
    open: int  # minor units still to come, less what is on its way to the order
    issued_at: Moment
    due_at: Moment
    discount: int = 0  # minor units that its terms let the payer keep on the day of the payment


class Book(Value):
    """What is known about one payment: whom its words name, who pays, and what is open."""

    named: dict[Rule, tuple[OpenItem, ...]] = {}
    payers: dict[str, str] = {}  # customer -> how they were recognised
    sure: bool = False  # the payer was recognised by an account that has paid for them before
    of_payers: tuple[OpenItem, ...] = ()
    more: bool = False  # the payer has more open invoices than these; those of this amount are all here
    same_amount: tuple[OpenItem, ...] = ()  # for the queue alone
    unknown: tuple[str, ...] = ()  # numbers in the text that nobody knows


class Allocation(Value):
    """Minor units of the payment for one open item; `written_off` more of it is given up for `reason`."""

    item: OpenItem
    amount: int = Field(gt=0)
    written_off: int = 0
    reason: str = ""


class Candidate(Value):
    """What a person in front of the queue may mean."""

    order: str
    document: str
    customer: str
    open: Money
    why: str


class Proposal(Value):
    """What to do with a payment: allocations and what is kept on account add up to it, or there are none and it is queued."""

    rule: Rule | None = None
    score: int = 0
    allocations: tuple[Allocation, ...] = ()
    on_account: int = 0  # minor units
    customer: str = ""  # whose account
    because: str  # one sentence: what was seen, or why a person has to look
    candidates: tuple[Candidate, ...] = ()

    @property
    def applies(self) -> bool:
        return self.rule is not None


def propose(entry: BankEntry, book: Book) -> Proposal:
    """The one certain reading of a payment, or the queue with its candidates."""
    everything = _distinct([*(item for items in book.named.values() for item in items), *book.of_payers])
    foreign = [item for items in book.named.values() for item in items if item.currency != entry.amount.currency]
    if foreign:
        return _queue(entry, book, f"it is in {entry.amount.currency}, and {foreign[0].document} is in {foreign[0].currency}")
    amount = entry.amount.minor
    exact: dict[frozenset[tuple[str, int]], tuple[Rule, list[OpenItem]]] = {}
    torn = False
    for rule in (*NAMES_INVOICES, Rule.ORDER_NUMBER, Rule.PURCHASE_ORDER):
        sums = exact_sums([item for item in book.named.get(rule, ()) if item.open > 0], amount)
        if len(sums) == 1:
            exact.setdefault(_key(sums[0]), (rule, sums[0]))
        elif sums:
            torn = True
    together = _distinct([item for rule in NAMES_INVOICES for item in book.named.get(rule, ())])
    if not exact and sum(item.open for item in together) == amount:
        exact[_key(together)] = (next(rule for rule in NAMES_INVOICES if book.named.get(rule)), [i for i in together if i.open > 0])
    if len(exact) > 1:
        return _queue(entry, book, "its words name different invoices that would each make up the amount")
    if exact:
        rule, items = next(iter(exact.values()))
        return _in_full(rule, items)
    if torn:
        return _queue(entry, book, "more than one choice of the invoices it names makes up the amount")
    if together:
        return _not_exact(entry, book, next(rule for rule in NAMES_INVOICES if book.named.get(rule)), together)
    for rule in (Rule.ORDER_NUMBER, Rule.PURCHASE_ORDER):
        items = [item for item in book.named.get(rule, ()) if item.open > 0 and item.invoice]
        if items and len({item.order for item in items}) == 1 and book.payers.keys() == {items[0].customer}:
            return _not_exact(entry, book, rule, items)
        if items:
            return _queue(entry, book, f"it names the order {items[0].order}, and the amount is not what is open there")
    return _by_payer(entry, book, amount) if everything or book.payers else _queue(entry, book, _nothing_said(book))


def exact_sums(items: Sequence[OpenItem], amount: int) -> list[list[OpenItem]]:
    """The choices of items whose open amounts add up to `amount`, two at most: two are as ambiguous as many.

    All of them together beat every smaller choice. Beyond `MOST_SUMMED` items only all of them and each alone are tried.
    """
    if items and sum(item.open for item in items) == amount:
        return [list(items)]
    if len(items) > MOST_SUMMED:
        return [[item] for item in items if item.open == amount][:2]
    found: list[list[OpenItem]] = []
    ordered = sorted(items, key=lambda item: -item.open)
    rest = [0] * (len(ordered) + 1)
    for position in range(len(ordered) - 1, -1, -1):
        rest[position] = rest[position + 1] + ordered[position].open

    def walk(position: int, left: int, chosen: list[OpenItem]) -> None:
        if left == 0:
            found.append(chosen)
            return
        if len(found) > 1 or left < 0 or rest[position] < left:
            return
        walk(position + 1, left - ordered[position].open, [*chosen, ordered[position]])
        walk(position + 1, left, chosen)

    if amount > 0:
        walk(0, amount, [])
    return found[:2]


# --- the ways a payment is read ------------------------------------------------------------------------------------------------------


def _in_full(rule: Rule, items: Sequence[OpenItem], why: str = "") -> Proposal:
    ordered = _oldest_first(items)
    names = ", ".join(item.document for item in ordered)
    return Proposal(
        rule=rule,
        score=CONFIDENCE[rule],
        allocations=tuple(Allocation(item=item, amount=item.open) for item in ordered),
        because=f"{why or _words(rule).capitalize()}: {names} to the cent",
    )


def _not_exact(entry: BankEntry, book: Book, rule: Rule, named: Sequence[OpenItem]) -> Proposal:
    """The invoices are named and the amount is another: short, in part, or too much."""
    amount = entry.amount.minor
    customers = {item.customer for item in named}
    items = _oldest_first([item for item in named if item.open > 0])
    if len(customers) > 1:
        return _queue(entry, book, "it names invoices of several customers, and the amount is not their sum")
    customer = next(iter(customers))
    if book.sure and customer not in book.payers:
        return _queue(entry, book, f"it names invoices of {customer}, the account has paid for {', '.join(sorted(book.payers))}")
    if book.unknown:
        return _queue(entry, book, f"it also names {', '.join(book.unknown)}, which nobody knows")
    names, score = ", ".join(item.document for item in items), CONFIDENCE[rule] - NOT_EXACT
    owed = sum(item.open for item in items)
    if not items:
        paid = ", ".join(item.document for item in named)
        if any(item.open == amount for item in book.of_payers):
            return _queue(entry, book, f"it names {paid}, which is paid already, and another open invoice has this amount")
        if not customer:
            return _queue(entry, book, f"it names {paid}, which is paid already")
        return Proposal(
            rule=rule, score=score, on_account=amount, customer=customer, because=f"{paid} is paid already: on the account of {customer}"
        )
    if amount > owed:
        if not customer:
            return _queue(entry, book, f"it is more than {names} asks for, and the order has no customer of ours")
        over = Money(minor=amount - owed, currency=entry.amount.currency)
        return Proposal(
            rule=rule,
            score=score,
            allocations=tuple(Allocation(item=item, amount=item.open) for item in items),
            on_account=over.minor,
            customer=customer,
            because=f"{_words(rule).capitalize()}: {names}, and {over} too much on the account of {customer}",
        )
    return _short(entry, rule, items, score)


def _short(entry: BankEntry, rule: Rule, items: Sequence[OpenItem], score: int) -> Proposal:
    """Too little: the oldest are paid first; what is missing on the last of them has a reason, and is given up only within its limit."""
    missing = sum(item.open for item in items) - entry.amount.minor
    last = items[-1]
    verdict: ShortPayment = shortfall(
        missing, last.total, entry.amount.currency, offered=sum(item.discount for item in items), charges=entry.charges, text=entry.text
    )
    left, allocations = entry.amount.minor, []
    for item in items:
        part = min(left, item.open)
        if part > 0:
            short = item.open - part
            written_off = short if verdict.written_off and short == missing else 0
            allocations.append(Allocation(item=item, amount=part, written_off=written_off, reason=verdict.reason.value if short else ""))
            left -= part
    given_up = sum(each.written_off for each in allocations)
    names = ", ".join(each.item.document for each in allocations)
    gone = Money(minor=missing, currency=entry.amount.currency)
    fate = "written off" if given_up else "left open"
    return Proposal(
        rule=rule,
        score=score,
        allocations=tuple(allocations),
        because=f"{_words(rule).capitalize()}: {names}, {gone} short ({verdict.reason.value.replace('_', ' ')}), {fate}",
    )


def _by_payer(entry: BankEntry, book: Book, amount: int) -> Proposal:
    if len(book.payers) > 1:
        return _queue(entry, book, f"the payer may be {' or '.join(sorted(book.payers))}")
    if not book.payers:
        return _queue(entry, book, _nothing_said(book))
    (customer, how) = next(iter(book.payers.items()))
    if book.unknown:
        return _queue(entry, book, f"it names {', '.join(book.unknown)}, which nobody knows; the payer is {customer} {how}")
    items = [item for item in book.of_payers if item.open > 0 and item.currency == entry.amount.currency and item.invoice]
    sums = [] if book.more else exact_sums(items, amount)
    alone = [[item] for item in items if item.open == amount]
    if len(alone) == 1:
        return _in_full(Rule.PAYER_AND_AMOUNT, alone[0], f"{customer} {how}, the only open invoice of this amount")
    if len(sums) == 1 and not alone:
        return _in_full(Rule.PAYER_AND_AMOUNT, sums[0], f"{customer} {how}, the only open invoices that make up this amount")
    if sums or alone:
        return _queue(entry, book, f"the payer is {customer} {how}, and more than one choice of their open invoices makes up the amount")
    return _queue(entry, book, f"the payer is {customer} {how}, and no open invoices of theirs make up the amount")


def _queue(entry: BankEntry, book: Book, because: str) -> Proposal:
    return Proposal(because=because, candidates=candidates(entry, book))


def candidates(entry: BankEntry, book: Book) -> tuple[Candidate, ...]:
    """What a person may mean, the likeliest first: named, of the payer, of the same amount."""
    reasons: dict[tuple[str, int], tuple[OpenItem, list[str]]] = {}

    def add(items: Iterable[OpenItem], why: str) -> None:
        for item in items:
            if item.open > 0:
                reasons.setdefault((item.order, item.invoice), (item, []))[1].append(why)

    for rule, items in book.named.items():
        add(items, f"named by {_words(rule)}")
    add([item for item in book.of_payers if item.open == entry.amount.minor], "the payer's, of this amount")
    add(book.same_amount, "of this amount")
    add([item for item in book.of_payers if item.open != entry.amount.minor], "the payer's")
    chosen = sorted(reasons.values(), key=lambda each: -len(each[1]))[:MOST_CANDIDATES]
    return tuple(
        Candidate(
            order=item.order,
            document=item.document,
            customer=item.customer,
            open=Money(minor=item.open, currency=item.currency),
            why="; ".join(dict.fromkeys(why)),
        )
        for item, why in chosen
    )


def _nothing_said(book: Book) -> str:
    if book.unknown:
        return f"it names {', '.join(book.unknown)}, which nobody knows"
    return "it names no invoice and no order of ours, and nobody knows the payer"


def _oldest_first(items: Iterable[OpenItem]) -> list[OpenItem]:
    return sorted(items, key=lambda item: (item.due_at, item.document))


def _distinct(items: Iterable[OpenItem]) -> list[OpenItem]:
    return list({(item.order, item.invoice): item for item in items}.values())


def _key(items: Iterable[OpenItem]) -> frozenset[tuple[str, int]]:
    return frozenset((item.order, item.invoice) for item in items if item.open > 0)


def _words(rule: Rule) -> str:
    return {
        Rule.CREDITOR_REFERENCE: "the creditor reference",
        Rule.END_TO_END: "the end-to-end id",
        Rule.INVOICE_NUMBER: "the invoice number",
        Rule.ORDER_NUMBER: "the order number",
        Rule.PURCHASE_ORDER: "the customer's order number",
    }.get(rule, rule.value.replace("_", " "))
