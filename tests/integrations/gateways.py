"""The payment gateways that one contract is put to: the simulated one, and Stripe on its double, with and without multicapture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.money import Money
from integrations.ports import Approved, Payments
from integrations.simulated import SimulatedPayments, World
from integrations.simulated.stripe import StripeAccount, StripeServer
from integrations.stripe_payments.gateway import StripePayments
from integrations.stripe_payments.wire import Wire

ORDER = "shopify/5001"
AUTHORIZE = f"{ORDER}/authorize/1"


def capture_key(number: int, order: str = ORDER) -> str:
    return f"{order}/shipment/1/capture/{number}"


def refund_key(number: int, order: str = ORDER) -> str:
    return f"{order}/refund/{number}"


def euros(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


@dataclass
class Gateway:
    """A gateway and what stands behind it. `card` is a means of payment that pays; `poor` is one that does not."""

    payments: Payments
    card: str
    poor: str
    several: bool  # an authorization may be captured more than once
    pass_time: Callable[[timedelta], None]
    books: Callable[[], tuple[int, int]]  # minor units captured and refunded in all
    held: Callable[[], int]  # minor units that authorizations hold
    stripe: StripeServer | None = None

    async def authorized(self, amount: int = 10_000, key: str = AUTHORIZE, order: str = ORDER) -> str:
        answer = await self.payments.authorize(key, order, euros(amount), self.card)
        assert isinstance(answer, Approved)
        return answer.reference


@contextmanager
def simulated(folder: Path, card: str = "good") -> Iterator[Gateway]:
    passed = timedelta()

    def clock() -> datetime:
        return datetime.now(UTC) + passed

    def pass_time(more: timedelta) -> None:
        nonlocal passed
        passed += more

    with World(folder / "world.db") as world:
        world.script(ORDER, {"card": card})

        def books() -> tuple[int, int]:
            rows = world.rows("SELECT minor, refunded FROM captures WHERE declined = ''")
            return sum(row["minor"] for row in rows), sum(row["refunded"] for row in rows)

        def held() -> int:
            rows = world.rows("SELECT number, minor FROM authorizations WHERE declined = '' AND voided = 0")
            taken = {
                row["authorization"]: row["minor"]
                for row in world.rows("SELECT authorization, sum(minor) AS minor FROM captures GROUP BY 1")
            }
            return sum(row["minor"] - taken.get(row["number"], 0) for row in rows)

        yield Gateway(SimulatedPayments(world, clock), "tok_visa", "tok_declined", card == "good", pass_time, books, held)


@contextmanager
def stripe(multicapture: bool) -> Iterator[Gateway]:
    account = StripeAccount(multicapture=multicapture)

    def books() -> tuple[int, int]:
        taken = sum(charge["amount_captured"] for charge in account.charges.values())
        return taken, sum(charge["amount_refunded"] for charge in account.charges.values())

    def held() -> int:
        return sum(intent["amount_capturable"] for intent in account.intents.values())

    with StripeServer(account) as server:
        wire = Wire(account.key, server.address, seconds=5)
        try:
            payments = StripePayments(wire, lambda: datetime.fromtimestamp(account.now(), UTC))
            poor = "pm_card_visa_chargeDeclinedInsufficientFunds"
            yield Gateway(
                payments, "pm_card_visa", poor, multicapture, lambda more: account.pass_time(more.total_seconds()), books, held, server
            )
        finally:
            wire.close()


@contextmanager
def gateway(name: str, folder: Path) -> Iterator[Gateway]:
    makers = {
        "simulated": lambda: simulated(folder),
        "simulated, captured once": lambda: simulated(folder, "captures_once"),
        "stripe": lambda: stripe(False),
        "stripe with multicapture": lambda: stripe(True),
    }
    with makers[name]() as found:
        yield found


EVERY = ("simulated", "simulated, captured once", "stripe", "stripe with multicapture")
SEVERAL = ("simulated", "stripe with multicapture")
ONCE = ("simulated, captured once", "stripe")
