"""Reminder terms: every kind of fee, interest and date formula, worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.date_formula import after
from domain.money import Money
from domain.reminder_documents import Composed, DueEntry, compose
from domain.reminder_terms import Band, Fee, FeeKind, ReminderTerms, TermsLevel, house_terms, is_due

DAY = timedelta(days=1)
NOON = datetime(2026, 3, 7, 12, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def band(above: int, fixed: str = "0", percent: str = "0", least: str = "0", most: str = "0") -> Band:
    return Band(above=Decimal(above), fixed=Decimal(fixed), percent=Decimal(percent), least=Decimal(least), most=Decimal(most))


def entry(order: str, cents: int, issued: int = 0, fees: int = 0, days: int = 0) -> DueEntry:
    return DueEntry(order=order, invoice=1, issued=issued, remaining=eur(cents), principal=eur(cents - fees), interest_days=days)


def terms(*levels: TermsLevel, **changes: object) -> ReminderTerms:
    return ReminderTerms.model_validate({"code": "T", "levels": levels, **changes})


BANDS = (band(0, "5", "1"), band(1_000, "10", "2"), band(5_000, "20", "0.5"))


@pytest.mark.parametrize(
    ("fee", "owed", "costs"),
    [
        (Fee(fixed=Decimal(15)), 100_000, 1_500),
        (Fee(fixed=Decimal(15)), 0, 0),
        (Fee(fixed=Decimal(15), currencies={"EUR": Decimal("12.50")}), 100_000, 1_250),
        # one band decides about all of it: 10 + 2 % of 2,000
        (Fee(kind=FeeKind.SINGLE_DYNAMIC, bands=BANDS), 200_000, 5_000),
        (Fee(kind=FeeKind.SINGLE_DYNAMIC, bands=BANDS), 99_999, 500 + 1_000),  # 5 + 1 % of 999.99, rounded half up
        (Fee(kind=FeeKind.SINGLE_DYNAMIC, bands=(band(100, "5"),)), 9_999, 0),
        (Fee(kind=FeeKind.SINGLE_DYNAMIC, bands=(band(0, percent="10", most="40"),)), 100_000, 4_000),
        (Fee(kind=FeeKind.SINGLE_DYNAMIC, bands=(band(0, percent="1", least="8"),)), 10_000, 800),
        # every band takes its share: (5 + 1 % of 1,000) + (10 + 2 % of 4,000) + (20 + 0.5 % of 2,000)
        (Fee(kind=FeeKind.ACCUMULATED_DYNAMIC, bands=BANDS), 700_000, 1_500 + 9_000 + 3_000),
        (Fee(kind=FeeKind.ACCUMULATED_DYNAMIC, bands=BANDS), 50_000, 1_000),
        (Fee(kind=FeeKind.ACCUMULATED_DYNAMIC, bands=(band(1_000, "10"),)), 99_900, 0),
    ],
)
def test_a_fee_is_what_its_kind_says(fee: Fee, owed: int, costs: int) -> None:
    assert fee.of(eur(owed)) == eur(costs)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "single_dynamic"},
        {"kind": "single_dynamic", "bands": [{"above": 5}, {"above": 5}]},
        {"kind": "fixed", "fixed": "a lot"},
    ],
)
def test_a_fee_that_cannot_be_reckoned_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Fee.model_validate(wrong)


def test_levels_are_numbered_from_one_on() -> None:
    with pytest.raises(ValidationError, match="numbered 1, 2, 3"):
        terms(TermsLevel(level=2))


@pytest.mark.parametrize(
    ("formula", "start", "then"),
    [
        ("10D", "2026-03-07", "2026-03-17"),
        ("2w", "2026-03-07", "2026-03-21"),
        ("1M", "2026-01-31", "2026-02-28"),
        ("CM+10D", "2026-02-03", "2026-03-10"),
        ("CM", "2024-02-03", "2024-02-29"),
        ("CW", "2026-03-04", "2026-03-08"),
        ("1Q", "2026-11-30", "2027-02-28"),
        ("1Y-1D", "2026-03-07", "2027-03-06"),
        ("CQ", "2026-05-05", "2026-06-30"),
    ],
)
def test_a_date_formula_names_a_day(formula: str, start: str, then: str) -> None:
    found = after(formula, datetime.fromisoformat(f"{start}T09:00:00+00:00"))
    assert f"{found:%Y-%m-%d %H}" == f"{then} 09"


def test_short_days_have_no_calendar() -> None:
    assert after("1M+3D", NOON, timedelta(seconds=1)) == NOON + timedelta(seconds=33)


@pytest.mark.parametrize("wrong", ["", "10", "D", "10X", "10D or so", "C10D"])
def test_what_is_no_date_formula_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is not a date formula"):
        after(wrong, NOON)


def test_a_level_is_due_when_reference_and_grace_are_strictly_before_the_day_of_the_run() -> None:
    reference = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    assert not is_due(reference, 5, datetime(2026, 3, 6, 23, 59, tzinfo=UTC), DAY)
    assert is_due(reference, 5, datetime(2026, 3, 7, 0, 0, tzinfo=UTC), DAY)


def test_interest_is_on_the_principal_for_its_days() -> None:
    yearly = terms(TermsLevel(level=1, interest=True), interest_percent="9")
    assert yearly.interest(eur(100_000), 30) == eur(740)
    assert yearly.interest(eur(100_000), 0) == yearly.interest(eur(-5), 30) == eur(0)
    assert terms(TermsLevel(level=1), interest_percent="1", interest_period=30).interest(eur(100_000), 45) == eur(1_500)


def test_each_line_keeps_its_level_and_the_document_has_the_highest() -> None:
    both = terms(
        TermsLevel(level=1, due_in="10D", fee=Fee(fixed=Decimal(3)), line_fee=Fee(fixed=Decimal(1))),
        TermsLevel(level=2, due_in="7D", fee=Fee(fixed=Decimal(15)), line_fee=Fee(fixed=Decimal(2)), holds_customer=True),
    )
    found = compose(both, [entry("a", 10_000), entry("b", 20_000, issued=1), entry("c", 5_000, issued=1)], NOON, DAY)
    assert found is not None
    assert (found.level, found.due_at) == (2, NOON + 7 * DAY)
    assert [(line.order, line.level, line.number, line.fee.minor, line.line_fee.minor) for line in found.lines] == [
        ("a", 1, 1, 0, 100),
        ("b", 2, 2, 1_500, 200),
        ("c", 2, 2, 0, 200),
    ]
    assert [line.holds_customer for line in found.lines] == [False, True, True]
    assert found.total == eur(35_000 + 1_500 + 500)


def test_what_does_not_post_is_printed_and_charged_to_nobody() -> None:
    silent = terms(
        TermsLevel(level=1, fee=Fee(fixed=Decimal(15)), line_fee=Fee(fixed=Decimal(2)), interest=True),
        interest_percent="9",
        post_fee=False,
        post_interest=False,
    )
    found = compose(silent, [entry("a", 100_000, days=30)], NOON, DAY)
    assert found is not None
    (line,) = found.lines
    assert (line.fee, line.line_fee, line.interest, line.charged) == (eur(1_500), eur(200), eur(740), eur(200))


def test_interest_on_fees_only_where_the_terms_say_so() -> None:
    level = TermsLevel(level=1, interest=True)
    reminded = entry("a", 110_000, fees=10_000, days=365)
    for on_fees, interest in ((False, 10_000), (True, 11_000)):
        found = compose(terms(level, interest_percent="10", interest_on_fees=on_fees), [reminded], NOON, DAY)
        assert found is not None
        assert found.lines[0].interest == eur(interest)


def test_the_minimum_is_judged_over_the_document() -> None:
    least = terms(TermsLevel(level=1), minimum="50")
    assert compose(least, [entry("a", 4_999)], NOON, DAY) is None
    assert compose(least, [entry("a", 4_999), entry("b", 1)], NOON, DAY) is not None
    assert compose(least, [entry("a", 0), entry("b", -9_999)], NOON, DAY) is None


def test_the_last_level_repeats_until_the_maximum() -> None:
    repeated = terms(TermsLevel(level=1), TermsLevel(level=2), most_reminders=4)
    assert [level.level if (level := repeated.level_after(issued)) else 0 for issued in range(6)] == [1, 2, 2, 2, 0, 0]
    assert house_terms().level_after(3) is None


amounts = st.integers(min_value=0, max_value=10_000_000)
decimals = st.decimals(min_value=0, max_value=200, places=2)
fees = st.builds(Fee, fixed=decimals) | st.builds(
    lambda kind, starts, percents: Fee(
        kind=kind,
        bands=tuple(Band(above=Decimal(above), percent=percent) for above, percent in zip(sorted(starts), percents, strict=False)),
    ),
    st.sampled_from([FeeKind.SINGLE_DYNAMIC, FeeKind.ACCUMULATED_DYNAMIC]),
    st.sets(st.integers(min_value=0, max_value=50_000), min_size=1, max_size=4),
    st.lists(st.decimals(min_value=0, max_value=20, places=1), min_size=4, max_size=4),
)


@given(
    levels=st.lists(st.tuples(fees, fees, st.booleans()), min_size=1, max_size=4),
    owed=st.lists(st.tuples(amounts, st.integers(min_value=0, max_value=6)), min_size=1, max_size=6),
    posts=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_a_document_adds_up_and_no_line_skips_a_level(
    levels: list[tuple[Fee, Fee, bool]], owed: list[tuple[int, int]], posts: tuple[bool, bool, bool]
) -> None:
    ladder = terms(
        *(TermsLevel(level=n, fee=fee, line_fee=line_fee, interest=interest) for n, (fee, line_fee, interest) in enumerate(levels, 1)),
        interest_percent="7",
        post_fee=posts[0],
        post_line_fee=posts[1],
        post_interest=posts[2],
    )
    entries = [entry(f"o{n}", cents, issued=issued, days=12) for n, (cents, issued) in enumerate(owed)]
    found: Composed | None = compose(ladder, entries, NOON, DAY)
    due = [each for each in entries if each.remaining.minor > 0 and each.issued < ladder.most]
    if not due:
        assert found is None
        return
    assert found is not None
    assert [line.order for line in found.lines] == [each.order for each in due]
    assert found.total.minor == sum(
        line.remaining.minor + line.fee.minor + line.line_fee.minor + line.interest.minor for line in found.lines
    )
    for line, each in zip(found.lines, due, strict=True):
        assert (line.number, line.level) == (each.issued + 1, min(each.issued + 1, len(levels)))
        assert 0 <= line.charged.minor <= line.total.minor - line.remaining.minor
    assert sum(1 for line in found.lines if line.fee.minor) <= 1, "one fee for the document"
