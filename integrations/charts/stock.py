"""An item's chart: above what was wanted and what will be, below where the stock goes with and without the order."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil
from statistics import NormalDist

from domain.demand import Bucket
from domain.forecasting import Method
from domain.replenishment import Plan, ServiceGoal, Verdict
from integrations.charts.canvas import INK, QUIET, Canvas, Panel, Scale

WIDTH, HEIGHT = 1000, 640
DEMAND, FORECAST, WITH, POINT, SAFETY, CENSORED = "#8fa9bd", "#1d4e6f", "#1d7a5f", "#c77700", "#b3261e", "#f2d7b6"
BAND = 0.80
"""The part of the periods in which demand falls into the band, if errors are normal."""
SHOWN = {Bucket.WEEK: 78, Bucket.DAY: 120}
"""Periods of the past that are drawn; the forecast may have learned from more."""


def drawn(plan: Plan, description: str) -> str:
    """The chart as SVG."""
    where = plan.planning.location if plan.history.location else "all locations"
    name = f"{plan.planning.item} {description}".strip()
    canvas = Canvas(WIDTH, HEIGHT, f"{name}: demand, forecast and stock as of {plan.as_of}")
    canvas.text(40, 38, name, size=19, fill=INK, bold=True)
    canvas.text(40, 60, f"{_advice(plan)} · as of {plan.as_of} · {where}", size=12.5, fill=INK)
    _demand(canvas, plan)
    _projection(canvas, plan)
    return canvas.svg()


def _demand(canvas: Canvas, plan: Plan) -> None:
    history, days = plan.history, plan.history.bucket.days
    begin = max(0, len(history.quantities) - SHOWN[history.bucket])
    shown = range(begin, len(history.quantities))
    now = history.day(len(history.quantities)) if history.quantities else history.bucket.start_of(plan.as_of)
    ahead = max(len(plan.forecast.mean), 4)
    swing = NormalDist().inv_cdf((1 + BAND) / 2) * plan.forecast.deviation
    mean = [*plan.forecast.mean, *[plan.forecast.mean[-1]] * (ahead - len(plan.forecast.mean))]
    top = max([1, *(history.quantities[number] for number in shown), *(value + swing for value in mean)])
    panel = Panel(86, 124, 874, 188, history.day(begin) if shown else now, now + timedelta(days=ahead * days), Scale.holding(0, top))

    for number in shown:
        if history.censored[number]:
            canvas.rect(panel.x(history.day(number)), panel.top, _width(panel, days), panel.height, CENSORED, opacity=0.65)
    panel.axes(canvas, f"units a {history.bucket.value}")
    gap = min(_width(panel, days) * 0.15, 1.5)
    for number in shown:
        x, y = panel.x(history.day(number)), panel.y(history.quantities[number])
        canvas.rect(x + gap / 2, y, _width(panel, days) - gap, panel.y(0) - y, DEMAND)
    edges = [(now + timedelta(days=number * days), now + timedelta(days=(number + 1) * days), value) for number, value in enumerate(mean)]
    upper = [(panel.x(day), panel.y(value + swing)) for start, end, value in edges for day in (start, end)]
    lower = [(panel.x(day), panel.y(max(value - swing, 0))) for start, end, value in edges for day in (start, end)]
    canvas.area([*upper, *reversed(lower)], FORECAST, opacity=0.18)
    canvas.line([(panel.x(day), panel.y(value)) for start, end, value in edges for day in (start, end)], FORECAST, width=2.2)
    canvas.line([(panel.x(now), panel.top), (panel.x(now), panel.y(0))], QUIET, dash="2 3")

    canvas.text(40, 90, f"Demand: {_method(plan)}", size=12.5, fill=INK, bold=True)
    entries = [("bar", DEMAND, "wanted"), ("line", FORECAST, "forecast"), ("band", FORECAST, f"{100 * BAND:g} % band")]
    if any(history.censored[number] for number in shown):
        entries.append(("bar", CENSORED, "out of stock (censored)"))
    _legend(canvas, 960, 90, entries)


def _projection(canvas: Canvas, plan: Plan) -> None:
    reach_days = max(28, ceil(2 * (plan.planning.lead_days + plan.planning.review_days)))
    end = plan.as_of + timedelta(days=reach_days)
    without = _levels(plan, reach_days, ordered=False)
    ordered = _levels(plan, reach_days, ordered=True)
    values = [level for _, level in (*without, *ordered)]
    scale = Scale.holding(min([0, *values]), 1.1 * max([1, plan.reorder_point, *values]))  # room for the words over an arrival
    panel = Panel(86, 406, 764, 186, plan.as_of, end, scale)

    if scale.low < 0:
        canvas.rect(panel.left, panel.y(0), panel.width, panel.y(scale.low) - panel.y(0), SAFETY, opacity=0.06)
    panel.axes(canvas, "units")
    _level(canvas, panel, plan.reorder_point, POINT, "7 4")
    _level(canvas, panel, plan.safety_stock, SAFETY, "2 4")
    _right_labels(
        canvas,
        panel,
        [
            (plan.reorder_point, f"reorder point {plan.reorder_point:,}", POINT),
            (plan.safety_stock, f"safety stock {plan.safety_stock:,}", SAFETY),
        ],
    )
    canvas.line([(panel.x(day), panel.y(level)) for day, level in without], QUIET, width=1.8, dash="5 3" if plan.quantity else "")
    if plan.quantity:
        canvas.line([(panel.x(day), panel.y(level)) for day, level in ordered], WITH, width=2.4)
    gone = _empty(without)
    if gone is not None:
        x, room = panel.x(gone), panel.x(gone) - panel.left > 180
        said = f"empty {gone.day} {gone:%b}" + (" without an order" if plan.quantity else "")
        canvas.line([(x, panel.y(0) - 5), (x, panel.y(0) + 5)], SAFETY, width=2)
        canvas.text(x + (-6 if room else 6), panel.y(0) + 16, said, fill=SAFETY, anchor="end" if room else "start", halo=True)
    for words, day in _arrivals(plan):
        if plan.as_of <= day < end:
            top = panel.y(max(level for when, level in ordered if when == day))
            canvas.text(panel.x(day) + 6, max(top - 7, panel.top + 10), words, fill=INK, halo=True)

    canvas.text(40, 372, f"Stock: {_target(plan)}", size=12.5, fill=INK, bold=True)
    entries = [("dash" if plan.quantity else "line", QUIET, "without an order" if plan.quantity else "projection")]
    if plan.quantity:
        entries.append(("line", WITH, "with the order"))
    _legend(canvas, 960, 372, entries)


def _levels(plan: Plan, days: int, *, ordered: bool) -> list[tuple[date, float]]:
    """Where the stock goes day by day: what is free now, less the expected demand, plus what comes; two points on the day of an arrival."""
    comes: dict[date, int] = {}
    for each in plan.stock.inbound:
        day = max(each.expected, plan.as_of)
        comes[day] = comes.get(day, 0) + each.quantity
    if ordered and plan.quantity:
        comes[plan.arrival] = comes.get(plan.arrival, 0) + plan.quantity
    level = float(plan.stock.on_hand - plan.stock.reserved - plan.stock.backordered)
    points: list[tuple[date, float]] = []
    for number in range(days + 1):
        day = plan.as_of + timedelta(days=number)
        points.append((day, level))
        if day in comes:
            level += comes[day]
            points.append((day, level))
        level -= plan.demand
    return points


def _empty(levels: list[tuple[date, float]]) -> date | None:
    """The day from which nothing is left, where there is something today and that day is drawn."""
    if levels[0][1] <= 0:
        return None
    return next((day for day, level in levels if level <= 0), None)


def _arrivals(plan: Plan) -> list[tuple[str, date]]:
    """What comes on which day, in words; what comes together stands together."""
    by_day: dict[date, list[str]] = {}
    for each in plan.stock.inbound:
        by_day.setdefault(max(each.expected, plan.as_of), []).append(f"+{each.quantity:,}")
    if plan.quantity:
        by_day.setdefault(plan.arrival, []).append(f"+{plan.quantity:,} ordered today")
    return [(" ".join(words), day) for day, words in by_day.items()]


def _advice(plan: Plan) -> str:
    stands = f"position {plan.stock.position:,}, reorder point {plan.reorder_point:,}"
    match plan.verdict:
        case Verdict.ORDER:
            return f"Order {plan.quantity:,} from {plan.planning.supplier}: {stands}"
        case Verdict.OVERSTOCK:
            return f"Overstock: {plan.surplus:,} units more than the policy would bring together"
        case Verdict.DEAD:
            return f"Dead stock: nobody has wanted these {plan.surplus:,} units for half a year"
        case Verdict.UNKNOWN:
            return "Neither demand nor stock"
        case Verdict.ENOUGH:
            return f"Enough: {stands}"


def _method(plan: Plan) -> str:
    told = plan.forecast
    if not told.tested:
        return f"{plan.pattern.kind.value}, mean of a past too short to test a forecast"
    chosen, naive = told.errors[told.method], told.errors[Method.NAIVE]
    return f"{plan.pattern.kind.value}, {told.method.words} (error {chosen:.2f}, naive {naive:.2f})"


def _target(plan: Plan) -> str:
    of = "of the units from the shelf" if plan.planning.goal is ServiceGoal.FILL else "of the cycles without a stock-out"
    return f"{100 * plan.planning.service:g} % {of}, {plan.planning.lead_days:.3g} days of lead time"


def _level(canvas: Canvas, panel: Panel, value: float, stroke: str, dash: str) -> None:
    y = panel.y(value)
    canvas.line([(panel.left, y), (panel.left + panel.width, y)], stroke, width=1.4, dash=dash)


def _right_labels(canvas: Canvas, panel: Panel, labels: list[tuple[float, str, str]]) -> None:
    """Names beside the lines, moved apart where the lines lie close together."""
    last = float("-inf")
    for value, words, fill in sorted(labels, key=lambda label: -label[0]):
        last = max(panel.y(value) + 4, last + 14)
        canvas.text(panel.left + panel.width + 8, last, words, fill=fill)


def _legend(canvas: Canvas, right: float, y: float, entries: list[tuple[str, str, str]]) -> None:
    """From the right edge to the left; the widths of the words are estimated."""
    x = right
    for kind, fill, words in reversed(entries):
        x -= 5.7 * len(words)
        canvas.text(x, y, words)
        x -= 24
        if kind in ("bar", "band"):
            canvas.rect(x, y - 9, 18, 10, fill, opacity=0.3 if kind == "band" else 1)
        else:
            canvas.line([(x, y - 4), (x + 18, y - 4)], fill, width=2.2, dash="5 3" if kind == "dash" else "")
        x -= 16


def _width(panel: Panel, days: int) -> float:
    return panel.width * days / (panel.end - panel.first).days
