"""Reminder terms in the database: who has which, as one model; the house's own where nobody has set up any."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from database.tables import Customer, ReminderFeeRow, ReminderLevelRow, ReminderTermsRow, ReminderTextRow
from domain.errors import NotFound
from domain.reminder_terms import HOUSE, Band, Fee, FeeKind, ReminderTerms, TermsLevel, Wording, house_terms

DOCUMENT, LINE = "document", "line"


def terms_of(session: Session, customer: str | None) -> ReminderTerms:
    """The terms of a customer: their own, else those called HOUSE, else the ladder that the code brings with it."""
    code = session.scalar(select(Customer.reminder_terms).where(Customer.customer == customer)) if customer else None
    return read_terms(session, code or HOUSE) or house_terms()


def read_terms(session: Session, code: str) -> ReminderTerms | None:
    row = session.get(ReminderTermsRow, code)
    if row is None:
        return None
    fees: dict[tuple[int, str], list[ReminderFeeRow]] = defaultdict(list)
    for fee in session.scalars(select(ReminderFeeRow).where(ReminderFeeRow.terms == code)):
        fees[fee.level, fee.scope].append(fee)
    texts: dict[int, dict[str, Wording]] = defaultdict(dict)
    for text in session.scalars(select(ReminderTextRow).where(ReminderTextRow.terms == code)):
        texts[text.level][text.language] = Wording(subject=text.subject, opening=text.opening, closing=text.closing)
    levels = session.scalars(select(ReminderLevelRow).where(ReminderLevelRow.terms == code).order_by(ReminderLevelRow.level))
    return ReminderTerms(
        code=code,
        description=row.description,
        most_reminders=row.most_reminders,
        minimum=Decimal(row.minimum),
        post_fee=row.post_fee,
        post_line_fee=row.post_line_fee,
        post_interest=row.post_interest,
        interest_percent=Decimal(row.interest_percent),
        interest_period=row.interest_period,
        interest_on_fees=row.interest_on_fees,
        levels=tuple(
            TermsLevel(
                level=level.level,
                grace_days=level.grace_days,
                due_in=level.due_in,
                fee=_fee(level.fee_kind, fees[level.level, DOCUMENT]),
                line_fee=_fee(level.line_fee_kind, fees[level.level, LINE]),
                interest=level.interest,
                holds_customer=level.holds_customer,
                wording=texts[level.level],
            )
            for level in levels
        ),
    )


def all_terms(session: Session) -> list[ReminderTerms]:
    """Everything that is set up, the house's first; without any, what the code brings with it."""
    codes = list(session.scalars(select(ReminderTermsRow.terms).order_by(ReminderTermsRow.terms)))
    found = [terms for code in codes if (terms := read_terms(session, code)) is not None]
    if HOUSE not in codes:
        found.append(house_terms())
    return sorted(found, key=lambda terms: (terms.code != HOUSE, terms.code))


def write_terms(session: Session, terms: ReminderTerms) -> None:
    """Set terms up, or put them in the place of those with the same code: from the next reminder on they hold."""
    for table in (ReminderTextRow, ReminderFeeRow, ReminderLevelRow):
        session.execute(delete(table).where(table.terms == terms.code))
    same = ("description", "most_reminders", "post_fee", "post_line_fee", "post_interest", "interest_period", "interest_on_fees")
    row = session.get(ReminderTermsRow, terms.code) or ReminderTermsRow(terms=terms.code)
    for name in same:
        setattr(row, name, getattr(terms, name))
    row.minimum, row.interest_percent = str(terms.minimum), str(terms.interest_percent)
    session.add(row)
    session.flush()
    for level in terms.levels:
        session.add(
            ReminderLevelRow(
                terms=terms.code,
                level=level.level,
                grace_days=level.grace_days,
                due_in=level.due_in,
                fee_kind=level.fee.kind.value,
                line_fee_kind=level.line_fee.kind.value,
                interest=level.interest,
                holds_customer=level.holds_customer,
            )
        )
        session.flush()
        for scope, fee in ((DOCUMENT, level.fee), (LINE, level.line_fee)):
            session.add_all(_fee_rows(terms.code, level.level, scope, fee))
        session.add_all(
            ReminderTextRow(terms=terms.code, level=level.level, language=language, **wording.model_dump())
            for language, wording in level.wording.items()
        )
    session.flush()


def give_terms(session: Session, customer: str, code: str | None) -> None:
    """Give a customer terms of their own, or (none) the house's. Raises NotFound for an unknown customer or unknown terms."""
    row = session.get(Customer, customer, with_for_update=True)
    if row is None:
        raise NotFound("customer", customer)
    if code is not None and session.get(ReminderTermsRow, code) is None:
        raise NotFound("set of reminder terms", code)
    row.reminder_terms = code


def _fee(kind: str, rows: list[ReminderFeeRow]) -> Fee:
    if kind == FeeKind.FIXED.value:
        amounts = {row.currency: Decimal(row.fixed) for row in rows}
        return Fee(fixed=amounts.pop("", Decimal(0)), currencies=amounts)
    bands = [
        Band(
            above=Decimal(row.above),
            fixed=Decimal(row.fixed),
            percent=Decimal(row.percent),
            least=Decimal(row.least),
            most=Decimal(row.most),
        )
        for row in rows
    ]
    return Fee(kind=FeeKind(kind), bands=tuple(sorted(bands, key=lambda band: band.above)))


def _fee_rows(code: str, level: int, scope: str, fee: Fee) -> list[ReminderFeeRow]:
    about = {"terms": code, "level": level, "scope": scope}
    if fee.kind is FeeKind.FIXED:
        amounts = {"": fee.fixed, **fee.currencies}
        return [ReminderFeeRow(**about, currency=currency, above="0", fixed=str(fixed)) for currency, fixed in amounts.items()]
    return [
        ReminderFeeRow(
            **about,
            currency="",
            above=str(band.above),
            fixed=str(band.fixed),
            percent=str(band.percent),
            least=str(band.least),
            most=str(band.most),
        )
        for band in fee.bands
    ]
