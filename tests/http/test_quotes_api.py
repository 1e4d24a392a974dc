"""Quotes through the door: made at our prices, read and refused to strangers, e-mailed, and accepted as one order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session
from temporalio.client import Client

from activities.quote_letters import mail_quotes
from database import callers, reading
from database.engine import Database
from database.seed import seed
from database.tables import Customer, Quote, QuoteRevision
from domain.callers import Scope
from domain.errors import NotFound
from integrations.smtp.mail import Server, SmtpMail
from simulation.post import Sink
from starters.http.examples import QUOTE_ASKED
from tests.http.conftest import SECRET, door_of, house_at
from tests.http.test_orders_api import problem_of
from workers.mail import MailBook

URL = "/v1/quotes"


def asked(reference: str, quantity: int = 2, *, order: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    line = {**QUOTE_ASKED["order"]["lines"][0], "quantity": quantity}
    return {"order": {**QUOTE_ASKED["order"], "external_id": reference, "lines": [line], **(order or {})}, **changes}


@pytest.fixture(scope="module")
async def furnished(database: Database) -> None:
    """Another customer, and keys of two portals."""
    await database.transaction(seed, {"customers": [{"id": "C-7", "currency": "EUR", "terms": ["net30"]}]})
    scopes = [Scope.ORDERS_READ, Scope.ORDERS_WRITE, Scope.QUOTES_WRITE]
    for key, customer in (("theirs", "C-1001"), ("others", "C-7")):
        await database.transaction(callers.add_key, key, SECRET, key, scopes, "ada", datetime.now(UTC), None, customer=customer)


@pytest.fixture
async def others(furnished: None, database: Database, client: Client, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with door_of(house_at(database, client, tmp_path), callers.written("others", SECRET)) as caller:
        yield caller


@pytest.fixture
async def theirs(furnished: None, database: Database, client: Client, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with door_of(house_at(database, client, tmp_path), callers.written("theirs", SECRET)) as caller:
        yield caller


async def made(door: httpx.AsyncClient, *said: Any, **changes: Any) -> str:
    answer = await door.post(URL, json=asked(*said, **changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["quote"])


async def test_the_same_request_is_one_quote_and_another_is_its_next_revision(door: httpx.AsyncClient) -> None:
    first = await door.post(URL, json=asked("RFQ-1"))
    again = await door.post(URL, json=asked("RFQ-1"))
    more = await door.post(URL, json=asked("RFQ-1", 3))
    assert [(each.status_code, each.json()["how"], each.json()["revision"]) for each in (first, again, more)] == [
        (201, "made", 1),
        (200, "same", 1),
        (200, "revised", 2),
    ]
    read = (await door.get(more.headers["location"])).json()
    assert (read["quote"], read["total"], read["lines"][0]["net"]) == (
        first.json()["quote"],
        {"minor": 75_290, "currency": "EUR"},
        {"minor": 74_700, "currency": "EUR"},
    )
    assert [(each["revision"], each["total"]["minor"]) for each in read["revisions"]] == [(1, 50_390), (2, 75_290)]
    paper = await door.get(f"{URL}/{read['quote']}/pdf")
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")


async def test_a_quote_is_accepted_as_one_order_at_its_prices_however_often(door: httpx.AsyncClient) -> None:
    quote = await made(door, "RFQ-2", 1, reserve=True)
    wrong = await door.post(f"{URL}/{quote}/accept", json={"revision": 7})
    assert problem_of(wrong)[::2] == (409, f"Quote {quote} was changed: revision 1 counts, not 7.")
    answers = await asyncio.gather(*(door.post(f"{URL}/{quote}/accept", json={"po_number": "PO-9", "revision": 1}) for _ in range(3)))
    assert {answer.json()["order"] for answer in answers} == {f"quote/{quote}"}
    assert sorted(answer.status_code for answer in answers) in ([200, 200, 200], [200, 200, 201])
    order = (await door.get(f"/v1/orders/quote/{quote}")).json()
    assert (order["total"]["minor"], order["po_number"]) == (25_490, "PO-9")
    assert (await door.get(f"{URL}/{quote}")).json()["status"] == "accepted"
    declined = await door.post(f"{URL}/{quote}/decline", json={})
    assert problem_of(declined)[0] == 409
    assert f"it is order quote/{quote}." in problem_of(declined)[2]


async def test_without_a_server_the_acceptance_is_kept(door_without_server: httpx.AsyncClient) -> None:
    quote = await made(door_without_server, "RFQ-3")
    answer = await door_without_server.post(f"{URL}/{quote}/accept", json={})
    assert (answer.status_code, answer.json()["status"], answer.json()["order"]) == (202, "kept", f"quote/{quote}")


async def test_a_declined_quote_gives_its_goods_back_and_a_lapsed_one_is_not_accepted(door: httpx.AsyncClient, database: Database) -> None:
    quote = await made(door, "RFQ-4", 1, reserve=True)
    declined = await door.post(f"{URL}/{quote}/decline", json={"reason": "Too dear"})
    assert (declined.json()["status"], declined.json()["reason"], declined.json()["set_aside"]) == ("declined", "Too dear", 0)
    late = await made(door, "RFQ-5")

    def lapse(session: Session) -> None:
        session.execute(update(Quote).where(Quote.quote == late).values(valid_until=datetime.now(UTC) - timedelta(days=1)))

    await database.transaction(lapse)
    assert problem_of(await door.post(f"{URL}/{late}/accept", json={}))[0] == 409
    with pytest.raises(NotFound):
        await database.read(reading.order_view, f"quote/{late}")
    listed = (await door.get(URL, params={"status": "lapsed"})).json()["quotes"]
    assert [each["quote"] for each in listed] == [late]


@pytest.mark.parametrize(
    ("document", "status", "sentence"),
    [
        (
            asked("bad", order={"lines": [{"number": 1, "item": "NOPE", "quantity": 1, "discount": {"minor": 0, "currency": "EUR"}}]}),
            409,
            "line 1",
        ),
        (asked("bad", 100, reserve=True), 409, "The goods cannot be set aside"),
        (asked("bad", valid_until="2031-01-01T00:00:00Z"), 422, "valid_until: a quote is valid for at most 366 days"),
        (asked("bad", valid_until="2020-01-01T00:00:00Z"), 409, "that has passed"),
        (asked("bad", order={"channel": "quote"}), 422, "order.channel: an order of the channel 'quote' comes from"),
        (asked("bad", because="a friend"), 422, "because: an order has no such field"),
        ({"order": []}, 422, "order: an order was expected here, not a list"),
        ({}, 422, "order: it is missing"),
    ],
)
async def test_what_cannot_be_quoted_is_said_and_uses_no_number(
    door: httpx.AsyncClient, document: dict[str, Any], status: int, sentence: str
) -> None:
    before = (await door.get(URL, params={"limit": 1})).json()["quotes"]
    answer = problem_of(await door.post(URL, json=document))
    assert (answer[0], sentence in answer[2]) == (status, True), answer
    assert (await door.get(URL, params={"limit": 1})).json()["quotes"] == before


async def test_a_customers_key_sees_and_accepts_its_own_quotes_alone(
    door: httpx.AsyncClient, theirs: httpx.AsyncClient, others: httpx.AsyncClient
) -> None:
    quote = await made(door, "RFQ-6")
    assert (await theirs.get(f"{URL}/{quote}")).status_code == 200
    assert (await others.get(URL)).json() == {"quotes": [], "next": None}
    for answer in (
        await others.get(f"{URL}/{quote}"),
        await others.get(f"{URL}/{quote}/pdf"),
        await others.post(f"{URL}/{quote}/accept", json={}),
        await others.post(f"{URL}/{quote}/decline", json={}),
        await others.post(f"{URL}/{quote}/email"),
    ):
        assert problem_of(answer)[::2] == (404, f"There is no quote '{quote}'.")
    foreign = await others.post(URL, json=asked("RFQ-6"))
    assert problem_of(foreign)[::2] == (403, "The key is bound to the customer C-7, and the order is of 'C-1001'.")
    assert (await door.get(f"{URL}/{quote}")).json()["status"] == "open"


async def test_quotes_are_listed_in_pages(door: httpx.AsyncClient) -> None:
    numbers = [await made(door, f"RFQ-page-{number}") for number in range(3)]
    first = (await door.get(URL, params={"limit": 2, "customer": "C-1001"})).json()
    assert [each["quote"] for each in first["quotes"]] == numbers[:0:-1]
    second = (await door.get(URL, params={"limit": 2, "after": first["next"]})).json()
    assert second["quotes"][0]["quote"] == numbers[0]


async def test_a_quote_is_e_mailed_once_for_each_time_it_is_asked_for(door: httpx.AsyncClient, database: Database, tmp_path: Path) -> None:
    refused = await door.post(URL, json=asked("RFQ-mail", email=True))
    assert "C-1001 has no e-mail address, and neither has the order" in problem_of(refused)[2]

    def name(session: Session) -> None:
        session.execute(update(Customer).where(Customer.customer == "C-1001").values(email="einkauf@kontor.example", language="de"))

    await database.transaction(name)
    quote = await made(door, "RFQ-mail", email=True)
    assert (await door.post(f"{URL}/{quote}/email")).json()["mailing"] == "wanted"  # it is under way already
    with Sink(tmp_path / "mail") as sink:
        server = Server(host="127.0.0.1", port=sink.port, security="none", sender="sales@holdfast.example", timeout=10.0)
        mail = SmtpMail(server, MailBook(database))
        assert await mail_quotes(database, mail) == 1
        assert await mail_quotes(database, mail) == 0
        await database.transaction(
            lambda session: session.execute(update(QuoteRevision).where(QuoteRevision.quote == quote).values(mailing="wanted"))
        )
        assert await mail_quotes(database, mail) == 1  # who died before noting it: the mail knows it as sent
        [letter] = sink.letters()
        assert letter.subject.startswith(f"Angebot {quote}, gültig bis ")
        assert letter.attachments == (f"{quote}-1.pdf",)
        assert "503,90" in letter.body
        assert (await door.get(f"{URL}/{quote}")).json()["mailing"] == "sent"
        assert (await door.post(f"{URL}/{quote}/email")).status_code == 202
        assert await mail_quotes(database, mail) == 1
        assert len(sink.letters()) == 2
        await door.post(f"{URL}/{quote}/email")
        await door.post(f"{URL}/{quote}/decline", json={})
        assert await mail_quotes(database, mail) == 0
        assert len(sink.letters()) == 2
    assert (await door.get(f"{URL}/{quote}")).json()["mailing"] == "it is declined"
    assert problem_of(await door.post(f"{URL}/{quote}/email"))[0] == 409
