"""Replenishment: when to order, how much, and the whole arithmetic behind it.

Units are whole, days are calendar days, money is minor units. Everything in between is computed in floating point and rounded at the end:
safety stock and reorder point up to whole units (never less than was computed), order quantities up to what the supplier sells.

SPT below is E. A. Silver, D. F. Pyke and D. J. Thomas, Inventory and Production Management in Supply Chains, 4th ed., CRC Press 2017.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from math import ceil, exp, floor, pi, sqrt
from statistics import NormalDist, fmean
from typing import Annotated

from pydantic import Field, model_validator

from domain.demand import Bucket, DemandPattern, DemandSeries, classify
from domain.forecasting import Forecast
from domain.lead_times import Delivery, LeadTime, learned
from domain.values import Value

DAYS_A_YEAR = 365
DEAD_AFTER = 180
"""Days without any demand after which stock counts as dead."""
_NORMAL = NormalDist()
_ALMOST = 1e-9
"""What floating point may add to a whole number without meaning one more unit."""

Share = Annotated[float, Field(gt=0, lt=1)]


class ServiceGoal(StrEnum):
    """What a service target is a share of."""

    CYCLE = "cycle"  # of the order cycles: none of them runs out (SPT's P1)
    FILL = "fill"  # of the units: they are delivered from the shelf (SPT's P2)


class Scope(StrEnum):
    """Whose demand and stock a plan counts."""

    NETWORK = "network"  # all locations together; one location receives
    LOCATION = "location"  # one location by itself


class LeadFrom(StrEnum):
    """What a plan takes the lead time from."""

    RECEIPTS = "receipts"  # what really came, once enough did; until then the terms
    TERMS = "terms"  # always what is stated: a new contract, another route


class ItemPlanning(Value):
    """How an item is bought for a location: from whom, how long it takes, what ordering and keeping cost, and how often it may run out.

    In the formulas `lead_days` is L, `lead_deviation` sL and `review_days` R.
    """

    item: str
    location: str
    supplier: str
    scope: Scope = Scope.NETWORK
    lead_days: float = Field(ge=0, le=1000)  # the mean, from ordering to receiving
    lead_deviation: float = Field(default=0, ge=0, le=1000)  # its standard deviation, in days
    lead_from: LeadFrom = LeadFrom.RECEIPTS
    review_days: float = Field(default=1, ge=0, le=365)  # how often it is looked at
    minimum: int = Field(default=1, ge=1)  # the supplier sells no fewer
    multiple: int = Field(default=1, ge=1)  # and only so many together
    order_cost: int = Field(default=0, ge=0)  # minor units, each time
    unit_cost: int = Field(ge=1)  # minor units of `currency`
    currency: str = "EUR"
    holding_rate: float = Field(gt=0, le=10)  # of the unit cost, a year
    goal: ServiceGoal = ServiceGoal.CYCLE
    service: Share


class Inbound(Value):
    """Units that are ordered and not here yet."""

    reference: str
    quantity: int
    expected: date


class StockPosition(Value):
    """What there is and what is spoken for. `position` is what may meet demand that nobody has placed yet."""

    on_hand: int = 0
    reserved: int = 0
    backordered: int = 0
    inbound: tuple[Inbound, ...] = ()
    since: date | None = None  # the day of the first movement

    @property
    def on_order(self) -> int:
        return sum(each.quantity for each in self.inbound)

    @property
    def position(self) -> int:
        """On hand, less reserved, less backordered, plus on order (SPT chapter 6, inventory position)."""
        return self.on_hand - self.reserved - self.backordered + self.on_order


class Verdict(StrEnum):
    ORDER = "order"  # the position is at or below the reorder point
    ENOUGH = "enough"  # nothing to do
    OVERSTOCK = "overstock"  # more than the policy would ever bring together
    DEAD = "dead"  # stock that nobody has wanted for a long time
    UNKNOWN = "unknown"  # neither demand nor stock: nothing to say


class Plan(Value):
    """One item's plan with its whole arithmetic: what was used, what came out, and every step between them.

    Promise: `quantity` is 0, or a multiple of the supplier's pack and at least their minimum, and it lifts the position above the
    reorder point's shortfall: position + quantity >= reorder_point.
    """

    planning: ItemPlanning  # with the lead time that was used
    lead: LeadTime | None = None  # where it comes from: deliveries; none: the terms
    as_of: date
    history: DemandSeries
    pattern: DemandPattern
    forecast: Forecast
    stock: StockPosition
    demand: float  # units a day (d)
    deviation: float  # of a day's demand (sd)
    z: float  # the safety factor
    safety_stock: int
    reorder_point: int
    economic_quantity: int  # EOQ
    shortfall: int  # what is missing to the reorder point
    quantity: int
    verdict: Verdict
    surplus: int = 0  # units of overstock or dead stock

    @model_validator(mode="after")
    def _keeps_its_promise(self) -> Plan:
        if self.quantity:
            assert self.quantity % self.planning.multiple == 0, "a quantity is whole packs"
            assert self.quantity >= self.planning.minimum, "a quantity is at least the supplier's minimum"
            assert self.stock.position + self.quantity >= self.reorder_point, "an order lifts the position to the reorder point"
        return self

    @property
    def arrival(self) -> date:
        """When an order placed on the day of the plan is expected."""
        return self.as_of + timedelta(days=ceil(self.planning.lead_days))


def as_delivered(planning: ItemPlanning, deliveries: Iterable[Delivery]) -> tuple[ItemPlanning, LeadTime | None]:
    """The terms with the lead time that its supplier's deliveries show, unless there are too few or the terms are to count."""
    if planning.lead_from is LeadFrom.TERMS:
        return planning, None
    found = learned(planning.item, deliveries, planning.lead_days, planning.lead_deviation)
    if found is None:
        return planning, None
    return planning.model_copy(update={"lead_days": found.days, "lead_deviation": found.deviation}), found


def plan(
    planning: ItemPlanning, history: DemandSeries, forecast: Forecast, stock: StockPosition, as_of: date, lead: LeadTime | None = None
) -> Plan:
    """Order when the position is at or below the reorder point: the economic quantity, or what is missing where that is more.

    Over the protection interval L + R demand is on average d (L + R); the review period R counts, because an order can only be placed when
    somebody looks (SPT chapter 6, periodic review).
    """
    pattern = classify(history.fitted)
    days = history.bucket.days
    demand = fmean(forecast.mean) / days if forecast.mean else 0.0
    deviation = forecast.deviation / sqrt(days)  # periods as independent sums of days
    protection = planning.lead_days + planning.review_days
    sigma = lead_time_deviation(protection, deviation, demand, planning.lead_deviation)
    economic = economic_quantity(demand, planning)
    usual = max(economic, planning.minimum, demand * planning.review_days)
    z = safety_factor(planning.goal, planning.service, usual, sigma)
    safety = _up(z * sigma)
    point = reorder_point(demand, protection, safety)
    shortfall = max(point - stock.position, 0)
    wanted = stock.position <= point if point else stock.position < 0
    quantity = order_quantity(max(economic, shortfall, 1), planning.minimum, planning.multiple) if wanted else 0
    verdict, surplus = _verdict(history, stock, quantity, point, _up(usual), as_of)
    return Plan(
        planning=planning,
        lead=lead,
        as_of=as_of,
        history=history,
        pattern=pattern,
        forecast=forecast,
        stock=stock,
        demand=demand,
        deviation=deviation,
        z=z,
        safety_stock=safety,
        reorder_point=point,
        economic_quantity=economic,
        shortfall=shortfall,
        quantity=quantity,
        verdict=verdict,
        surplus=surplus,
    )


def horizon(planning: ItemPlanning, bucket: Bucket) -> int:
    """Periods that a forecast has to reach: the protection interval, and at least one."""
    return max(ceil((planning.lead_days + planning.review_days) / bucket.days - _ALMOST), 1)


# --- formulas ------------------------------------------------------------------------------------------------------------------------


def lead_time_deviation(lead: float, sd: float, d: float, lead_sd: float) -> float:
    """The standard deviation of demand over the lead time, sqrt(L sd^2 + d^2 sL^2), where both demand and lead time vary independently.

    SPT chapter 6, variability in lead times; also J. Heizer, B. Render and C. Munson, Operations Management, 12th ed. 2017,
    chapter 12, other probabilistic models.
    """
    return sqrt(lead * sd**2 + d**2 * lead_sd**2)


def safety_stock(z: float, lead: float, sd: float, d: float, lead_sd: float) -> float:
    """z sqrt(L sd^2 + d^2 sL^2), before rounding."""
    return z * lead_time_deviation(lead, sd, d, lead_sd)


def reorder_point(demand: float, lead: float, safety: int) -> int:
    """Demand over the lead time plus safety stock, rounded up."""
    return _up(demand * lead) + safety


def safety_factor(goal: ServiceGoal, target: float, quantity: float, sigma: float) -> float:
    """How many deviations of lead time demand the safety stock holds; never negative, so that a target never plans on running out."""
    if goal is ServiceGoal.CYCLE:
        return max(cycle_factor(target), 0.0)
    return fill_factor(target, quantity, sigma)


def cycle_factor(target: float) -> float:
    """The z that leaves no stock-out in `target` of the order cycles: the inverse of the normal distribution (SPT chapter 6, P1)."""
    return _NORMAL.inv_cdf(target)


def fill_factor(target: float, quantity: float, sigma: float) -> float:
    """The z that delivers `target` of the units from the shelf: G(z) sigma = (1 - P2) Q, with complete backordering (SPT chapter 6, P2)."""
    if sigma <= 0:
        return 0.0
    wanted = (1 - target) * quantity / sigma
    low, high = 0.0, 10.0
    if unit_loss(low) <= wanted:
        return low
    for _ in range(60):  # the loss falls steadily: halving the interval leaves less than floating point can tell
        middle = (low + high) / 2
        low, high = (middle, high) if unit_loss(middle) > wanted else (low, middle)
    return high


def unit_loss(z: float) -> float:
    """The standard normal loss function G(z) = phi(z) - z (1 - Phi(z)): units short per deviation (SPT chapter 6)."""
    return exp(-z * z / 2) / sqrt(2 * pi) - z * (1 - _NORMAL.cdf(z))


def economic_quantity(demand: float, planning: ItemPlanning) -> int:
    """The economic order quantity sqrt(2 A D / (v r)), rounded half up (SPT chapter 4; F. W. Harris 1913)."""
    return floor(eoq(demand * DAYS_A_YEAR, planning.order_cost, planning.unit_cost * planning.holding_rate) + 0.5)


def eoq(yearly: float, order_cost: float, holding_cost: float) -> float:
    """Units that cost least a year to order and to keep; `holding_cost` is of one unit for a year."""
    return sqrt(2 * order_cost * yearly / holding_cost)


def order_quantity(wanted: float, minimum: int, multiple: int) -> int:
    """What is wanted as the supplier sells it: at least the minimum, whole packs, never less than wanted."""
    return _up(max(wanted, minimum) / multiple) * multiple


def _verdict(history: DemandSeries, stock: StockPosition, quantity: int, point: int, usual: int, as_of: date) -> tuple[Verdict, int]:
    """Overstock is what lies there free beyond the reorder point and one usual order: the policy itself never brings more together."""
    if quantity:
        return Verdict.ORDER, 0
    free = stock.on_hand - stock.reserved
    wanted = [period for period, units in enumerate(history.quantities) if units]
    if not wanted and not stock.on_hand:
        return Verdict.UNKNOWN, 0
    still = history.day(wanted[-1] + 1) if wanted else stock.since  # the end of the period in which it was wanted last
    if free > 0 and still is not None and (as_of - still).days >= DEAD_AFTER:
        return Verdict.DEAD, free
    if free > point + usual:
        return Verdict.OVERSTOCK, free - point - usual
    return Verdict.ENOUGH, 0


def _up(value: float) -> int:
    return ceil(value - _ALMOST)
