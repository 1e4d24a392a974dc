"""The audit of cards: every rule is shown books in which it is broken."""

from __future__ import annotations

from database.audit_cards import CARD_RULES
from domain.gateway_events import EventKind
from tests.database.builders import House, eur
from tests.database.test_audit import names
from tests.database.test_gateway_events import authorized, captured, took

BROKEN = {
    "captures_stay_within_their_authorization": "UPDATE authorizations SET amount = 5999",
    "an_authorization_belongs_to_one_step": (
        'INSERT INTO authorizations (key, "order", "authorization", amount, currency, declined, voided, single, at)'
        ' SELECT key || \'x\', "order", "authorization", amount, currency, declined, voided, single, at FROM authorizations'
    ),
    "a_cancelled_order_holds_no_card": "UPDATE orders SET outcome = 'cancelled'",
    "what_an_event_brought_is_told": "DELETE FROM outbox",
    "money_that_no_order_hears_is_booked": "UPDATE outbox SET outcome = 'it is over'",
}

NEVER_GRANTED = "UPDATE payments SET \"authorization\" = 'pi_2'"
"""A capture from an authorization that nobody has heard of."""


async def test_every_broken_truth_about_cards_is_named(house: House) -> None:
    await authorized(house)
    await captured(house)
    await took(house, "evt_1", EventKind.PAID, authorization="pi_77", order="shopify/1001", reference="cs_1", amount=eur(700))
    for rule, statement in [*BROKEN.items(), ("captures_stay_within_their_authorization", NEVER_GRANTED)]:
        assert await house(names(rule, statement)), statement


def test_every_rule_about_cards_is_broken_once() -> None:
    assert {rule.__name__.removeprefix("_") for rule in CARD_RULES} == set(BROKEN)
