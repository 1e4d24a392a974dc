from domain.lifecycle import Wait
from domain.messages import CarrierStatus
from domain.order import PaymentTerms
from domain.steps import Outcome
from tests.workflows.shop import Shop, line, order


async def test_an_order_on_terms_is_shipped_invoiced_paid_and_closed(shop: Shop) -> None:
    living = await shop.place(order(line(1, "PLENTY", 3), line(2, "LAMP", 1)))
    await living.ship()
    await living.carrier(CarrierStatus.IN_TRANSIT)
    await living.deliver()
    await living.until(Wait.PAYMENT, "invoice 1")
    await living.pay(4000)
    ended = await living.close()
    assert ended.outcome is Outcome.CLOSED
    view = await living.view()
    assert [(i.total.minor, i.paid.minor, i.balance.minor) for i in view.invoices] == [(4000, 4000, 0)]


async def test_a_prepaid_order_is_authorized_first_and_captured_when_it_ships(shop: Shop) -> None:
    living = await shop.place(order(line(1, "PLENTY", 3), terms=PaymentTerms.PREPAID))
    await living.ship()
    await living.deliver()
    ended = await living.close()
    assert ended.outcome is Outcome.CLOSED
