"""UPS and DHL Express through karrio, against what they document: prices, labels, voids, tracking, and every way to fail."""

from __future__ import annotations

import importlib.util
import socket
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import URLError

import pytest

from domain.dispatch import LabelCall
from domain.errors import Refused, Unavailable
from domain.messages import CarrierStatus, LineQuantity, Parcel
from domain.order import Address
from integrations.ports import Label, Quote
from tests.conftest import require
from tests.integrations import carriers_on_paper as paper

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
DOCK = Address(name="Holdfast Trading GmbH, Berlin", street="Am Güterbahnhof 1, Tor 4", city="Grossbeeren", postcode="14979", country="DE")
PALARNIA = Address(name="Palarnia Łódź", street="ul. Żeromskiego 12/4", city="Łódź", postcode="90-710", country="PL")
PARCELS = (Parcel(number=1, weight_g=2_495, contents=(LineQuantity(line=1, quantity=2),), size=(430, 330, 280)),)

RATE, SHIP, VOID, TRACK, RECOVER = (
    "/api/rating/",
    "/api/shipments/v2409/ship",
    "/api/shipments/v2409/void/",
    "/api/track/v1/details/",
    "/api/labels/v1/recovery",
)
DHL = "/XMLShippingServlet"
UPS_NUMBER, DHL_NUMBER = "1Z5R89390357567127", "3318810025"


class Book:
    """The record of purchases, in memory, with the rules of `database.carrier_calls`."""

    def __init__(self) -> None:
        self.calls: dict[str, LabelCall] = {}

    async def ask(self, key: str, carrier: str, reference: str, at: datetime, settling: timedelta) -> LabelCall:
        if key not in self.calls:
            self.calls[key] = LabelCall(key=key, carrier=carrier, reference=reference, state="asked", asked_at=at)
            return self.calls[key].model_copy(update={"fresh": True})
        call = self.calls[key]
        if call.state == "asked" and not call.on_its_way(at, settling):
            self.calls[key] = call.model_copy(update={"asked_at": at})
        return call

    async def bought(self, key: str, carrier: str, answer: str) -> None:
        self.calls[key] = self.calls[key].model_copy(update={"state": "bought", "carrier": carrier, "answer": answer})

    async def forget(self, key: str) -> None:
        self.calls.pop(key, None)

    async def known(self, key: str) -> LabelCall | None:
        return self.calls.get(key)

    async def close(self, key: str, seen: LabelCall | None, at: datetime) -> bool:
        if self.calls.get(key) != seen:
            return False
        self.calls[key] = LabelCall(key=key, carrier="", reference="", state="voided", asked_at=at)
        return True


class Desk:
    """The carriers with their wire on paper, and a clock that tests turn."""

    def __init__(self, wire: paper.PaperWire) -> None:
        from integrations.karrio.accounts import DhlExpress, Ups
        from integrations.karrio.carriers import KarrioCarriers

        self.wire, self.book, self.now = wire, Book(), NOW
        accounts = [
            Ups("pdf", client_id="us", client_secret="hush", account_number="A1B2C3", test_mode=True),
            DhlExpress("pdf", site_id="site", password="password", account_number="123456789", test_mode=True),
        ]

        async def dock(location: str) -> tuple[Address, str] | None:
            return (DOCK, "+49 30 5550 1200") if location == "BERLIN" else None

        self.carriers = KarrioCarriers(accounts, self.book, dock, lambda: self.now)

    async def quotes(self, currency: str = "EUR", origin: str = "BERLIN") -> list[tuple[str, str, int, int]]:
        found = await self.carriers.quotes(origin, PALARNIA, PARCELS, currency)
        return [(quote.carrier, quote.service, quote.price.minor, quote.transit_days) for quote in found]

    async def buy(self, carrier: str = "UPS", key: str = "shopify/1/shipment/1/ship/1") -> Label:
        service = "ups_standard_eu" if carrier == "UPS" else "dhl_express_worldwide_nondoc"
        price = {"minor": 990, "currency": "EUR"}
        quote = Quote.model_validate({"carrier": carrier, "service": service, "price": price, "transit_days": 2, "origin": "BERLIN"})
        return await self.carriers.buy_label(key, "shopify/1", 1, quote, PALARNIA, PARCELS)


@pytest.fixture
def desk() -> Iterator[Desk]:
    require("karrio", importlib.util.find_spec("karrio"))
    from integrations.karrio.wire import Wire, install

    before: Any = getattr(urllib.request, "_opener")  # noqa: B009  # the standard library's only place for it
    wire = paper.PaperWire()
    install(Wire(wire))
    yield Desk(wire)
    urllib.request.install_opener(before)


# --- prices --------------------------------------------------------------------------------------------------------------------------


async def test_prices_of_both_carriers_are_compared_cheapest_first(desk: Desk) -> None:
    desk.wire.says(RATE, paper.ups_rates(paper.ups_rate("65", "31.20", "1"), paper.ups_rate("11", "9.90", "2")))
    desk.wire.says(DHL, paper.dhl_rates(("U", "EXPRESS WORLDWIDE", "24.90", "2026-11-27")))
    assert await desk.quotes() == [
        ("UPS", "ups_standard_eu", 990, 2),
        ("DHL Express", "dhl_express_worldwide", 2490, 1),
        ("UPS", "ups_worldwide_saver_eu", 3120, 1),
    ]
    [asked] = desk.wire.calls(RATE)
    assert '"Weight": "2.5"' in asked
    assert '"Length": "43.0"' in asked
    assert '"PostalCode": "90-710"' in asked


async def test_a_service_without_a_date_counts_as_late_and_other_currencies_are_not_compared(desk: Desk) -> None:
    desk.wire.says(RATE, paper.ups_rates(paper.ups_rate("11", "9.90", None), paper.ups_rate("65", "8.00", "1", "PLN")))
    desk.wire.says(DHL, paper.dhl_rates())
    assert await desk.quotes() == [("UPS", "ups_standard_eu", 990, 7)]


async def test_a_carrier_that_is_silent_leaves_the_other(desk: Desk) -> None:
    desk.wire.says(RATE, 503)
    desk.wire.says(DHL, paper.dhl_rates(("U", "EXPRESS WORLDWIDE", "24.90", "2026-11-27")))
    assert await desk.quotes() == [("DHL Express", "dhl_express_worldwide", 2490, 1)]


@pytest.mark.parametrize(
    ("ups", "dhl", "error", "sentence"),
    [
        ((400, paper.ups_refusal("111286", "90-710 is not a valid postal code for Poland.")), paper.dhl_refusal("1001", "No such city."),
         Refused, r"UPS: 90-710 is not a valid postal code for Poland\. \(111286\) DHL Express: No such city\. \(1001\)"),
        ((401, paper.ups_refusal("250002", "Invalid Authentication Information.")), paper.dhl_refusal("1001", "No such city."),
         Unavailable, r"does not accept our credentials \(HTTP 401\)"),
        (429, paper.dhl_refusal("100", "The Site ID or password is wrong."), Unavailable, r"takes no more calls for the moment"),
        ((400, paper.ups_refusal("250003", "Invalid Access License number")), 500, Unavailable, "Invalid Access License number|HTTP 500"),
        (TimeoutError("timed out"), URLError(socket.gaierror("no such host")), Unavailable, "did not answer: timed out|cannot be reached"),
        ("<html>maintenance</html>", "<html>maintenance", Unavailable, "answered what could not be read"),
    ],
)  # fmt: skip
async def test_when_no_carrier_has_a_price_its_word_counts(
    desk: Desk, ups: paper.Answer, dhl: paper.Answer, error: type[Exception], sentence: str
) -> None:
    desk.wire.says(RATE, ups)
    desk.wire.says(DHL, dhl)
    with pytest.raises(error, match=sentence) as raised:
        await desk.quotes()
    assert type(raised.value) is error or issubclass(type(raised.value), Unavailable)


async def test_wrong_credentials_at_the_token_are_not_a_refusal_of_the_order(desk: Desk) -> None:
    desk.wire.says("/security/v1/oauth/token", 401)
    desk.wire.says(DHL, paper.dhl_rates())
    with pytest.raises(Unavailable, match="does not accept our credentials"):
        await desk.quotes()


async def test_a_dock_without_address_is_named(desk: Desk) -> None:
    with pytest.raises(Refused, match="where the parcels of LYON are fetched"):
        await desk.quotes(origin="LYON")


# --- labels --------------------------------------------------------------------------------------------------------------------------


async def test_a_label_is_bought_once_and_answered_the_same_ever_after(desk: Desk) -> None:
    desk.wire.says(SHIP, paper.ups_sold(UPS_NUMBER))
    first = await desk.buy()
    assert (first.carrier, first.service, first.tracking, first.price.minor) == ("UPS", "ups_standard_eu", UPS_NUMBER, 990)
    assert [(file.format, file.content[:5]) for file in first.files] == [("pdf", b"%PDF-")]
    assert await desk.buy() == first
    [asked] = desk.wire.calls(SHIP)
    from integrations.karrio.carriers import reference_of

    assert f'"Value": "{reference_of("shopify/1/shipment/1/ship/1")}"' in asked
    assert '"AddressLine": ["Am Güterbahnhof 1, Tor 4"]' in asked or "G\\u00fcterbahnhof" in asked


async def test_a_lost_answer_is_looked_up_by_our_reference_before_anything_is_bought_again(desk: Desk) -> None:
    desk.wire.says(SHIP, TimeoutError("timed out"))
    with pytest.raises(Unavailable, match="did not answer: timed out"):
        await desk.buy()
    with pytest.raises(Unavailable, match="may still be on its way to UPS"):
        await desk.buy()
    desk.now += timedelta(seconds=61)
    desk.wire.says(RECOVER, paper.ups_recovered(UPS_NUMBER))
    label = await desk.buy()
    assert (label.tracking, label.files[0].content) == (UPS_NUMBER, b"%PDF-1.4 recovered")
    assert len(desk.wire.calls(SHIP)) == 1


async def test_what_ups_never_got_is_bought_again(desk: Desk) -> None:
    desk.wire.says(SHIP, 500, paper.ups_sold(UPS_NUMBER))
    with pytest.raises(Unavailable, match="HTTP 500"):
        await desk.buy()
    desk.now += timedelta(seconds=61)
    desk.wire.says(RECOVER, (400, paper.ups_refusal("300100", "No label found for the reference number.")))
    assert (await desk.buy()).tracking == UPS_NUMBER
    assert len(desk.wire.calls(SHIP)) == 2


async def test_what_was_surely_not_bought_is_bought_at_once(desk: Desk) -> None:
    desk.wire.says(SHIP, 429, paper.ups_sold(UPS_NUMBER))
    with pytest.raises(Unavailable, match="HTTP 429"):
        await desk.buy()
    assert (await desk.buy()).tracking == UPS_NUMBER


async def test_an_address_that_the_carrier_refuses_is_a_refusal_with_its_reason(desk: Desk) -> None:
    desk.wire.says(SHIP, (400, paper.ups_refusal("120206", "Missing or invalid ship to city.")), paper.ups_sold(UPS_NUMBER))
    with pytest.raises(Refused, match=r"UPS: Missing or invalid ship to city\. \(120206\)"):
        await desk.buy()
    assert (await desk.buy()).tracking == UPS_NUMBER  # somebody corrected it


async def test_a_dhl_label_whose_answer_was_lost_is_bought_again_for_the_first_costs_nothing(desk: Desk) -> None:
    desk.wire.says(DHL, ConnectionResetError("reset"), paper.dhl_sold(DHL_NUMBER))
    with pytest.raises(Unavailable, match="did not answer: reset"):
        await desk.buy("DHL Express")
    desk.now += timedelta(seconds=61)
    label = await desk.buy("DHL Express")
    assert (label.carrier, label.tracking, label.files[0].content) == ("DHL Express", DHL_NUMBER, b"%PDF-1.4 dhl")


async def test_a_return_label_comes_from_whoever_is_cheapest(desk: Desk) -> None:
    desk.wire.says(RATE, paper.ups_rates(paper.ups_rate("11", "12.50", "2")))
    desk.wire.says(DHL, paper.dhl_rates(("U", "EXPRESS WORLDWIDE", "24.90", "2026-11-27")))
    desk.wire.says(SHIP, paper.ups_sold(UPS_NUMBER))
    label = await desk.carriers.buy_return_label("shopify/1/return/1", "shopify/1", 1, PALARNIA, "BERLIN")
    assert (label.carrier, label.tracking, label.price.minor) == ("UPS", UPS_NUMBER, 1250)
    assert '"ReturnService"' in desk.wire.calls(SHIP)[0]


# --- voids ---------------------------------------------------------------------------------------------------------------------------


async def test_a_label_is_voided_once_and_never_bought_again(desk: Desk) -> None:
    desk.wire.says(SHIP, paper.ups_sold(UPS_NUMBER))
    await desk.buy()
    desk.wire.says(VOID, paper.UPS_VOIDED)
    for _ in range(2):
        await desk.carriers.void("shopify/1/shipment/1/ship/1")
    assert [heard.path for heard in desk.wire.heard if heard.path.startswith(VOID)] == [f"{VOID}cancel/{UPS_NUMBER}"]
    with pytest.raises(Refused, match="was voided"):
        await desk.buy()


async def test_a_void_whose_answer_was_lost_is_repeated_until_ups_says_that_it_is_done(desk: Desk) -> None:
    desk.wire.says(SHIP, paper.ups_sold(UPS_NUMBER))
    await desk.buy()
    desk.wire.says(VOID, TimeoutError("timed out"), (400, paper.ups_refusal("190117", "The shipment has already been voided.")))
    with pytest.raises(Unavailable, match="timed out"):
        await desk.carriers.void("shopify/1/shipment/1/ship/1")
    await desk.carriers.void("shopify/1/shipment/1/ship/1")
    assert desk.book.calls["shopify/1/shipment/1/ship/1"].state == "voided"


async def test_a_label_that_cannot_be_voided_says_why(desk: Desk) -> None:
    desk.wire.says(SHIP, paper.ups_sold(UPS_NUMBER))
    await desk.buy()
    desk.wire.says(VOID, (400, paper.ups_refusal("190102", "No shipment found within the allowed void period")))
    with pytest.raises(Refused, match="No shipment found within the allowed void period"):
        await desk.carriers.void("shopify/1/shipment/1/ship/1")


async def test_a_purchase_of_unknown_outcome_is_found_and_voided(desk: Desk) -> None:
    desk.wire.says(SHIP, TimeoutError("timed out"))
    with pytest.raises(Unavailable):
        await desk.buy()
    with pytest.raises(Unavailable, match="may still be on its way"):
        await desk.carriers.void("shopify/1/shipment/1/ship/1")
    desk.now += timedelta(seconds=61)
    desk.wire.says(RECOVER, paper.ups_recovered(UPS_NUMBER))
    desk.wire.says(VOID, paper.UPS_VOIDED)
    await desk.carriers.void("shopify/1/shipment/1/ship/1")
    with pytest.raises(Refused, match="was voided"):
        await desk.buy()


async def test_a_label_that_never_came_this_far_is_closed_for_good(desk: Desk) -> None:
    await desk.carriers.void("late")
    with pytest.raises(Refused, match="was voided"):
        await desk.buy(key="late")
    assert desk.wire.heard == []


async def test_dhl_needs_no_void(desk: Desk) -> None:
    desk.wire.says(DHL, paper.dhl_sold(DHL_NUMBER))
    await desk.buy("DHL Express")
    await desk.carriers.void("shopify/1/shipment/1/ship/1")
    assert len(desk.wire.heard) == 1


# --- tracking and manifests ----------------------------------------------------------------------------------------------------------


async def test_what_ups_saw_comes_oldest_first_under_lasting_names(desk: Desk) -> None:
    seen = (
        paper.ups_activity("20261128", "101500", "I", "AR", "Arrived at Facility"),
        paper.ups_activity("20261127", "180000", "I", "DP", "Departed from Facility"),
        paper.ups_activity("20261126", "120000", "M", "MP", "Shipper created a label, UPS has not received the package yet."),
    )
    desk.wire.says(TRACK, paper.ups_tracked(UPS_NUMBER, *seen), paper.ups_tracked(UPS_NUMBER, *seen))
    events = await desk.carriers.track("UPS", UPS_NUMBER)
    assert [(event.status, event.occurred_at.isoformat(), event.detail) for event in events] == [
        (CarrierStatus.IN_TRANSIT, "2026-11-27T18:00:00+00:00", "Departed from Facility, Berlin, 14979, DE"),
        (CarrierStatus.IN_TRANSIT, "2026-11-28T10:15:00+00:00", "Arrived at Facility, Berlin, 14979, DE"),
    ]
    assert [event.expected_at and event.expected_at.date().isoformat() for event in events] == [None, "2026-11-30"]
    assert [event.event for event in await desk.carriers.track("UPS", UPS_NUMBER)] == [event.event for event in events]


async def test_deliveries_and_troubles_are_told_apart(desk: Desk) -> None:
    trouble = paper.ups_activity("20261127", "090000", "X", "X", "The receiver was not available.")
    desk.wire.says(TRACK, paper.ups_tracked(UPS_NUMBER, paper.ups_activity("20261128", "090000", "D", "FS", "Delivered"), trouble))
    assert [event.status for event in await desk.carriers.track("UPS", UPS_NUMBER)] == [CarrierStatus.EXCEPTION, CarrierStatus.DELIVERED]
    desk.wire.says(
        DHL,
        paper.dhl_tracked(
            DHL_NUMBER,
            ("2026-11-26", "13:26:00", "PU", "Shipment picked up"),
            ("2026-11-27", "09:00:00", "OK", "Shipment delivered"),
        ),
    )
    events = await desk.carriers.track("DHL Express", DHL_NUMBER)
    assert [(event.status, event.occurred_at.hour) for event in events] == [(CarrierStatus.IN_TRANSIT, 13), (CarrierStatus.DELIVERED, 9)]


async def test_a_number_that_the_carrier_does_not_know_yet_has_no_events(desk: Desk) -> None:
    desk.wire.says(TRACK, paper.UPS_NOT_FOUND)
    desk.wire.says(DHL, paper.DHL_NOT_FOUND)
    assert await desk.carriers.track("UPS", UPS_NUMBER) == () == await desk.carriers.track("DHL Express", DHL_NUMBER)
    assert await desk.carriers.track("Parcelway", "PW1") == ()


async def test_tracking_that_fails_says_how(desk: Desk) -> None:
    desk.wire.says(TRACK, (400, paper.ups_refusal("TV1002", "Invalid inquiry number")), 503)
    with pytest.raises(Refused, match="Invalid inquiry number"):
        await desk.carriers.track("UPS", "nonsense")
    with pytest.raises(Unavailable, match="HTTP 503"):
        await desk.carriers.track("UPS", UPS_NUMBER)


async def test_neither_wants_a_manifest(desk: Desk) -> None:
    assert await desk.carriers.manifest("MF-000001", "BERLIN", "UPS", ()) == ""
