"""How a proposal looks on a terminal: what to order first, then every step that leads there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from domain.demand import Bucket
from domain.lead_times import LEAST
from domain.money import Money
from domain.proposals import ProposalStatus, ProposalView
from domain.replenishment import ItemPlanning, LeadFrom, Plan, Scope, ServiceGoal, Verdict
from starters.cli.rendering import moment, plain_table

STYLES = {
    ProposalStatus.OPEN: "yellow",
    ProposalStatus.APPROVED: "green",
    ProposalStatus.REJECTED: "red",
    ProposalStatus.SUPERSEDED: "dim",
}
_BARS = " ▁▂▃▄▅▆▇█"
_SHOWN = 52
"""Periods of the past that are shown as bars."""


def proposal_list(proposals: Sequence[ProposalView]) -> Table:
    """One row a proposal: what, how much, and the stock position beside the reorder point."""
    table = plain_table("#>", "Item", "For", "From", "Units>", "Value>", "Has / needs>", "Status")
    for each in proposals:
        table.add_row(*_row(each))
    return table


def proposal_page(view: ProposalView) -> RenderableType:
    plan = view.plan
    parts: list[RenderableType] = [_heading(view), ""]
    for title, rows in (
        ("What was wanted", _demand(plan)),
        ("What will be", _forecast(plan)),
        ("What is there", _position(plan)),
        ("When to order", _reorder_point(plan)),
        ("How much", _quantity(view)),
    ):
        parts += [Text(title, style="bold"), _steps(rows), ""]
    return Group(*parts)


def surplus_table(plans: Iterable[Plan]) -> Table:
    """Overstock and dead stock with what it cost."""
    table = plain_table("Item", "Where", "What", "Units>", "Value>", "On hand>", "A day>", "Lasts days>")
    for plan in plans:
        table.add_row(
            escape(plan.planning.item),
            escape(plan.planning.location) if plan.history.location else "all",
            "dead stock" if plan.verdict is Verdict.DEAD else plan.verdict.value,
            f"{plan.surplus:,}",
            _money(plan.surplus, plan),
            f"{plan.stock.on_hand:,}",
            f"{plan.demand:.2f}",
            f"{plan.stock.on_hand / plan.demand:,.0f}" if plan.demand else "",
        )
    return table


def terms_table(terms: Iterable[ItemPlanning]) -> Table:
    """How items are bought, one row for an item and a location."""
    table = plain_table("Item", "For", "From", "Lead days>", "Min, pack>", "A unit>", "An order>", "Service")
    for each in terms:
        place = escape(each.location) + (" alone" if each.scope is Scope.LOCATION else "")
        days = f"{each.lead_days:g} ± {each.lead_deviation:g}" + (", as stated" if each.lead_from is LeadFrom.TERMS else "")
        costs = (str(Money(minor=minor, currency=each.currency)) for minor in (each.unit_cost, each.order_cost))
        goal = f"{100 * each.service:g} % {'units' if each.goal is ServiceGoal.FILL else 'cycles'}"
        table.add_row(escape(each.item), place, escape(each.supplier), days, f"{each.minimum:,}, {each.multiple:,}", *costs, goal)
    return table


def _row(view: ProposalView) -> Iterable[RenderableType]:
    plan = view.plan
    changed = view.quantity not in (None, view.proposed)
    ordered = f"{view.purchase_order} line {view.line}" if view.purchase_order else view.status.value
    yield str(view.number)
    yield from (escape(view.item), escape(view.location), escape(view.supplier))
    yield f"{view.quantity:,} of {view.proposed:,}" if changed else f"{view.proposed:,}"
    yield _money(view.quantity or view.proposed, plan)
    yield f"{plan.stock.position:,} / {plan.reorder_point:,}"
    yield Text(ordered, style=STYLES[view.status])


def _heading(view: ProposalView) -> Table:
    page = Table.grid(padding=(0, 2))
    page.add_column(style="dim")
    page.add_column()
    state = Text(view.status.value, style=STYLES[view.status])
    page.add_row("Proposal", Text.assemble((str(view.number), "bold"), "  ", state))
    what = f"order {view.proposed} of {view.item} for {view.location} from {view.supplier}"
    page.add_row("To", Text.assemble((what, "bold"), f", {_money(view.proposed, view.plan)}"))
    page.add_row("Run", f"{escape(view.run)}, as of {view.plan.as_of}")
    if view.decided_by:
        reason = f": {view.reason}" if view.reason else ""
        page.add_row("Decided", escape(f"by {view.decided_by} on {moment(view.decided_at)} UTC{reason}"))
    if view.purchase_order:
        page.add_row("Ordered", f"{view.quantity} by line {view.line} of purchase order {view.purchase_order}")
    return page


Step = tuple[str, str, str]
"""A quantity's name, its value and where it comes from."""


def _demand(plan: Plan) -> Iterable[Step]:
    history = plan.history
    count, censored = len(history.quantities), sum(history.censored)
    span = f"{history.start} to {plan.as_of}" if count else "nothing was wanted"
    yield "history", f"{count} {history.bucket.value}s", span
    if count:
        yield f"last {min(count, _SHOWN)}", "", _bars(history.quantities[-_SHOWN:], history.censored[-_SHOWN:])
    if censored:
        kept = len(history.fitted) - (count - censored)
        said = f"out of stock; {kept} kept as the least that was wanted, the others left out"
        yield "censored", f"{censored} {history.bucket.value}s", said
    every = f"every {plan.pattern.adi:.2f} {history.bucket.value}s, sizes vary by CV² {plan.pattern.cv2:.2f}" if plan.pattern.adi else ""
    yield "class", plan.pattern.kind.value, every


def _forecast(plan: Plan) -> Iterable[Step]:
    told, period = plan.forecast, plan.history.bucket
    tested = f"back-test over {told.origins} origins" if told.tested else "the past is too short to test: its mean"
    yield "method", told.method.words, tested
    if told.errors:
        others = ", ".join(f"{method.words} {error:.2f}" for method, error in told.errors.items() if method is not told.method)
        yield "error (RMSSE)", f"{told.errors[told.method]:.2f}", others
    yield f"next {period.value}s", " ".join(f"{value:.1f}" for value in told.mean), f"wrong by {told.deviation:.2f} a {period.value}"
    if period is Bucket.DAY:
        yield "d, sd", f"{plan.demand:.3f}, {plan.deviation:.3f}", "units a day"
    else:
        yield "d", f"{plan.demand:.3f}", "units a day: mean of the forecast / 7"
        yield "sd", f"{plan.deviation:.3f}", "of a day: of a week / √7"


def _position(plan: Plan) -> Iterable[Step]:
    stock = plan.stock
    yield "on hand", str(stock.on_hand), "at all locations" if not plan.history.location else f"at {plan.planning.location}"
    yield "reserved", f"- {stock.reserved}", ""
    yield "backordered", f"- {stock.backordered}", ""
    names = ", ".join(f"{each.quantity} by {each.reference} on {each.expected}" for each in stock.inbound)
    yield "on order", f"+ {stock.on_order}", names
    yield "position", f"= {stock.position}", ""


def _reorder_point(plan: Plan) -> Iterable[Step]:
    planning = plan.planning
    yield "lead time L", _days(planning.lead_days), _lead(plan)
    yield "its deviation sL", _days(planning.lead_deviation), ""
    yield "review R", _days(planning.review_days), "until somebody looks again"
    if planning.goal is ServiceGoal.FILL:
        yield "z", f"{plan.z:.3f}", f"{100 * planning.service:g} % of the units from the shelf"
    else:
        yield "z", f"{plan.z:.3f}", f"{100 * planning.service:g} % of the order cycles without a stock-out"
    yield "safety stock", str(plan.safety_stock), "z √((L + R) sd² + d² sL²), rounded up"
    yield "reorder point", str(plan.reorder_point), "d (L + R), rounded up, + safety stock"


def _lead(plan: Plan) -> str:
    """Where the lead time comes from."""
    if plan.lead is None:
        few = plan.planning.lead_from is LeadFrom.RECEIPTS
        return f"by its terms; fewer than {LEAST} deliveries say otherwise" if few else "by its terms, as they ask for"
    what = f"of {plan.lead.item}" if plan.lead.item else "of all that it supplies"
    terms = f"its terms say {plan.lead.stated_days:g} ± {plan.lead.stated_deviation:g}"
    return f"{plan.lead.deliveries} deliveries {what} by {plan.planning.supplier}, {plan.lead.first} to {plan.lead.last}; {terms}"


def _quantity(view: ProposalView) -> Iterable[Step]:
    plan, planning = view.plan, view.plan.planning
    yield "missing", str(plan.shortfall), "to the reorder point"
    prices = f"{_cost(planning.order_cost, plan)} an order, {_cost(planning.unit_cost, plan)} a unit"
    costs = f"{prices}, {100 * planning.holding_rate:g} % a year to keep"
    yield "economic (EOQ)", str(plan.economic_quantity), costs
    yield "minimum", str(planning.minimum), "the supplier sells no fewer"
    yield "multiple", str(planning.multiple), "in whole packs"
    yield "proposed", str(view.proposed), f"expected about {plan.arrival}"
    if view.quantity not in (None, view.proposed):
        yield "ordered", str(view.quantity), view.reason


def _steps(rows: Iterable[Step]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", min_width=15)
    table.add_column(justify="left", min_width=10)
    table.add_column(style="dim")
    for name, value, source in rows:
        table.add_row(name, Text(value), escape(source))
    return table


def _bars(quantities: Sequence[int], censored: Sequence[bool]) -> str:
    """The past as a line of bars; a cross where it was out of stock."""
    most = max([1, *quantities])
    return "".join("×" if empty else _BARS[-(-units * (len(_BARS) - 1) // most)] for units, empty in zip(quantities, censored, strict=True))


def _days(days: float) -> str:
    said = f"{days:.1f}".removesuffix(".0")
    return f"{said} day" if said == "1" else f"{said} days"


def _money(units: int, plan: Plan) -> str:
    return _cost(units * plan.planning.unit_cost, plan)


def _cost(minor: int, plan: Plan) -> str:
    return str(Money(minor=minor, currency=plan.planning.currency))
