"""HiGHS, the solver for what no single order can decide: many orders sharing stock, as two mixed-integer programmes.

    first      minimise  sum u(o,i), the units that nobody gets
    then       minimise  sum fixed(o,l) y(o,l) + sum unit(o,l,i) x(o,l,i) + further x sum (sum y(o,l) - s(o)), with no more missing
    such that  sum over l of x(o,l,i) + u(o,i) = demand(o,i)
               sum over o of x(o,l,i) <= stock(l,i)
               x(o,l,i) <= min(demand, stock) y(o,l),   s(o) <= sum over l of y(o,l),   sum over o of y(o,l) <= room(l)

x and u are whole units, y is 0 or 1: the location ships something to the order; s is 1 when the order gets anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from domain.errors import Unavailable
from domain.sourcing.batch import Batch, BatchPlan, one_after_another, priced_plan
from domain.sourcing.search import Shares

_SLACK = 0.5  # a whole number comes back as a float near it


@dataclass
class _Programme:
    """Columns and rows as they are handed over: rows as lists of (column, factor)."""

    cost: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    gives: dict[tuple[str, str, str], int] = field(default_factory=dict)  # order, location, item
    ships: dict[tuple[str, str], int] = field(default_factory=dict)  # order, location
    short: dict[tuple[str, str], int] = field(default_factory=dict)  # order, item: units that nobody gets
    served: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[float, float, list[tuple[int, float]]]] = field(default_factory=list)

    def column(self, cost: float, most: float) -> int:
        self.cost.append(cost)
        self.most.append(most)
        return len(self.cost) - 1

    def row(self, least: float, most: float, parts: list[tuple[int, float]]) -> None:
        self.rows.append((least, most, parts))


def together(batch: Batch, seconds: float = 10.0) -> BatchPlan:
    """The cheapest plan for all orders of the batch, found within `seconds`; `exact` when it is proved to be.

    Never worse than serving the orders one after another. Raises Unavailable when the solver gives no plan at all.
    """
    programme, in_turn = _programme(batch), one_after_another(batch)
    lacking = set(programme.short.values())
    begin = _start(batch, programme, in_turn)
    begun = monotonic()
    fewest, proved_first = _solve(
        programme, [1.0 if column in lacking else 0.0 for column in range(len(programme.cost))], begin, seconds / 2
    )
    missing = round(sum(fewest[column] for column in lacking))
    programme.row(0, missing, [(column, 1) for column in sorted(lacking)])
    begin = begin if missing == in_turn.units_missing else fewest
    values, proved = _solve(programme, programme.cost, begin, seconds - (monotonic() - begun))
    shares: dict[str, Shares] = {order.order: {} for order in batch.orders}
    for (order, location, item), column in programme.gives.items():
        units = int(values[column] + _SLACK)
        if units:
            shares[order].setdefault(location, {})[item] = units
    found = priced_plan(batch, shares, exact=proved and proved_first)
    return found if found.exact or found.objective <= in_turn.objective else in_turn


def _programme(batch: Batch) -> _Programme:
    programme = _Programme()
    by_place: dict[tuple[str, str], list[int]] = {}
    by_location: dict[str, list[int]] = {}
    for order in batch.orders:
        ships: list[int] = []
        of_item: dict[str, list[int]] = {item: [] for item, units in order.demand.items() if units}
        for price in order.prices:
            supply = {item: min(units, batch.stock.get(price.location, {}).get(item, 0)) for item, units in order.demand.items()}
            if not any(supply.values()):
                continue
            here = programme.column(price.fixed + batch.further, 1)
            ships.append(here)
            programme.ships[order.order, price.location] = here
            by_location.setdefault(price.location, []).append(here)
            for item, most in supply.items():
                if most:
                    column = programme.column(price.unit.get(item, 0), most)
                    programme.gives[order.order, price.location, item] = column
                    of_item[item].append(column)
                    by_place.setdefault((price.location, item), []).append(column)
                    programme.row(-_infinite(), 0, [(column, 1), (here, -most)])
        for item, columns in of_item.items():
            short = programme.column(0, order.demand[item])
            programme.short[order.order, item] = short
            programme.row(order.demand[item], order.demand[item], [(short, 1), *((column, 1) for column in columns)])
        if ships:
            served = programme.served[order.order] = programme.column(-batch.further, 1)
            programme.row(-_infinite(), 0, [(served, 1), *((column, -1) for column in ships)])
    for (location, item), columns in by_place.items():
        programme.row(0, batch.stock[location][item], [(column, 1) for column in columns])
    for location, columns in by_location.items():
        if location in batch.room:
            programme.row(0, batch.room[location], [(column, 1) for column in columns])
    return programme


def _infinite() -> float:
    return float("inf")


def _start(batch: Batch, programme: _Programme, plan: BatchPlan) -> list[float]:
    """The values of all columns in a plan that is known already."""
    values = [0.0] * len(programme.cost)
    for order in batch.orders:
        shares = plan.shares[order.order]
        for location, given in shares.items():
            values[programme.ships[order.order, location]] = 1.0
            for item, units in given.items():
                values[programme.gives[order.order, location, item]] = units
        if shares:
            values[programme.served[order.order]] = 1.0
        for item, units in order.demand.items():
            if units:
                values[programme.short[order.order, item]] = units - sum(given.get(item, 0) for given in shares.values())
    return values


def _solve(programme: _Programme, cost: list[float], start: list[float], seconds: float) -> tuple[list[float], bool]:
    """The values of all columns, and whether they are proved to be the best."""
    if not programme.cost:
        return [], True
    import highspy  # 70 MB with numpy: only whoever solves loads it

    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its constructor is the one thing without types
    for option, value in (
        ("output_flag", False),
        ("time_limit", max(seconds, 0.1)),
        ("mip_rel_gap", 0.0),
        ("threads", 1),
        ("presolve", "off"),  # with it HiGHS 1.16 takes a dearer plan for the cheapest, once in some 750 small batches
        ("random_seed", 0),
    ):
        solver.setOptionValue(option, value)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(programme.cost), len(programme.rows)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, [0.0] * len(programme.cost), programme.most
    lp.row_lower_, lp.row_upper_ = [row[0] for row in programme.rows], [row[1] for row in programme.rows]
    lp.integrality_ = [highspy.HighsVarType.kInteger] * len(programme.cost)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    starts, index, factors = [0], [], []
    for _, _, parts in programme.rows:
        for column, factor in parts:
            index.append(column)
            factors.append(float(factor))
        starts.append(len(index))
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = starts, index, factors
    solver.passModel(lp)
    known = highspy.HighsSolution()
    known.col_value = start
    solver.setSolution(known)
    solver.run()
    status = solver.getModelStatus()
    proved = status == highspy.HighsModelStatus.kOptimal
    if not proved and solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        raise Unavailable(f"The solver found no plan within {seconds:g} s ({solver.modelStatusToString(status)}).")
    return list(solver.getSolution().col_value), proved
