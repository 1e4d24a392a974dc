"""Partners' files come in: kept, acknowledged, handed over; the folder that is watched, and what a crash leaves of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from config.settings import Settings
from database import edi, edi_facts, inbox
from database.engine import Database
from database.inbox import EntryView
from database.seed import seed
from database.tables import EdiOrder, InboxEntry, Intake, Refusal
from domain.edi_documents import Receipt
from domain.edi_partners import Partners
from domain.intake import NeedKind
from starters.edi.desk import EdiDesk
from starters.edi.normalise import text_of
from starters.edi.post import Post
from starters.edi.x12 import receipts
from starters.edi.x12.opening import open_x12
from starters.intake import Road
from tests.channels.edi_documents import (
    CHANGE,
    CONTRL,
    PARTNERS,
    REMITTANCE,
    STOCK,
    edifact_interchange,
    edifact_message,
    edifact_order,
    x12_interchange,
    x12_order,
    x12_set,
)
from tests.fresh import migrated

CHECKOUT = Path(__file__).parents[2]
CATALOGUE = {
    "items": [{"id": "KET-100"}, {"id": "FLT-100"}, {"id": "401234500001"}],
    "locations": [{"id": "BERLIN"}],
    "customers": [{"id": "C-1", "currency": "EUR", "terms": ["net30", "net60"], "aliases": ["x12:ACME-1", "edifact:4012345000016"]}],
}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    opened = Database(url)
    await opened.transaction(seed, CATALOGUE)
    yield opened
    await opened.close()


@pytest.fixture
async def client(temporal_server: WorkflowEnvironment) -> AsyncIterator[Client]:
    with temporal_server.with_time_skipping_disabled():
        yield temporal_server.client


@pytest.fixture
def post(database: Database, client: Client, tmp_path: Path) -> Post:
    return post_with(database, client, tmp_path, PARTNERS)


def post_with(database: Database, client: Client, home: Path, partners: Partners) -> Post:
    desks = {syntax: EdiDesk(syntax, partners) for syntax in ("x12", "edifact")}
    return Post(Road(database, client, Settings.load(home=home), desks), partners, home / "edi")


def put(post: Post, name: str, content: bytes) -> Path:
    assert post.folder is not None
    file = post.folder.root / "in" / name
    file.write_bytes(content)
    return file


def names(post: Post, where: str) -> list[str]:
    assert post.folder is not None
    return sorted(str(file.relative_to(post.folder.root / where)) for file in (post.folder.root / where).rglob("*") if file.is_file())


async def taken(post: Post) -> list[EntryView]:
    """Two looks: a file is read when the second one finds it as the first did."""
    await post.round()
    came = await post.round()
    return [await post.database.read(inbox.entry_view, one.entry) for one in came if one.entry]


async def receipt_of(post: Post, kind: str = "997") -> Receipt:
    """The newest acknowledgement, as its partner reads it."""
    (found,) = await post.database.read(edi.outgoing, "", kind, "", "", 1)
    (interchange,) = open_x12(text_of(await post.database.read(edi.body, found.number)))
    ((_, one),) = interchange.sets()
    return receipts.receipt(one.segments, one.place)  # type: ignore[arg-type]  # those of X12


async def orders(post: Post) -> list[str]:
    return await post.database.read(lambda session: sorted(session.scalars(select(Intake.order))))


async def test_a_file_is_taken_in_acknowledged_and_put_away(post: Post) -> None:
    bad = x12_order("0002", "PO-2", {"PO1*2": "PO1*2*x*EA*4.00*PE*UP*401234500001"})
    put(post, "orders.edi", x12_interchange(x12_order(), bad, x12_order("0003", "PO-3")))
    (entry,) = await taken(post)
    assert (entry.channel, entry.form, entry.status) == ("edi/acme", "x12", "done")
    assert [part.status for part in entry.parts] == ["done", "refused", "done"]
    assert await orders(post) == ["acme/PO-1", "acme/PO-3"]
    assert (names(post, "in"), names(post, "done")) == ([], ["orders.edi"])
    assert names(post, "out") == ["acme/000001-997-000000001.edi"]
    said = await receipt_of(post)
    assert [(one.control, one.code) for one in said.sets] == [("0001", "A"), ("0002", "R"), ("0003", "A")]
    (sent,) = await post.database.read(edi.outgoing)
    assert sent.status == "sent"


async def test_the_same_interchange_again_is_acknowledged_again_and_booked_once(post: Post) -> None:
    content = x12_interchange(x12_order())
    put(post, "monday.edi", content)
    await taken(post)
    put(post, "tuesday.edi", content)
    (entry,) = await taken(post)
    assert [(part.status, part.reason) for part in entry.parts] == [("ignored", "interchange 000000007 came before, with the same content")]
    assert names(post, "out") == ["acme/000001-997-000000001.edi", "acme/000002-997-000000002.edi"]
    assert await orders(post) == ["acme/PO-1"]
    assert (await receipt_of(post)).accepted


async def test_a_known_control_number_with_another_content_is_refused_and_answered_by_a_ta1(post: Post) -> None:
    put(post, "first.edi", x12_interchange(x12_order()))
    await taken(post)
    put(post, "second.edi", x12_interchange(x12_order("0001", "PO-9")))
    (entry,) = await taken(post)
    assert entry.parts[0].reason.endswith("its control number came before, with another content")
    assert names(post, "out") == ["acme/000001-997-000000001.edi", "acme/000002-TA1-000000002.edi"]
    assert await orders(post) == ["acme/PO-1"]


async def test_a_broken_interchange_may_be_sent_again_under_its_number(post: Post) -> None:
    content = x12_interchange(x12_order())
    put(post, "cut.edi", content[: len(content) - 30])
    (entry,) = await taken(post)
    assert [part.status for part in entry.parts] == ["refused"]
    assert names(post, "out") == ["acme/000001-TA1-000000001.edi"]
    put(post, "whole.edi", content)
    await taken(post)
    assert await orders(post) == ["acme/PO-1"]


async def test_an_edifact_order_is_answered_by_a_contrl(post: Post) -> None:
    put(post, "orders.edi", edifact_interchange(edifact_order()))
    (entry,) = await taken(post)
    assert (entry.channel, [part.order for part in entry.parts]) == ("edi/euro", ["euro/PO-7"])
    assert names(post, "out") == ["euro/000001-CONTRL-000000001.edi"]


async def test_what_is_no_edi_is_refused_with_its_reason_beside_it(post: Post) -> None:
    put(post, "letter.txt", b"Dear sirs")
    assert await taken(post) == []
    assert names(post, "refused") == ["letter.txt", "letter.txt.reason.txt"]
    assert post.folder is not None
    assert "neither with an X12 interchange header" in (post.folder.root / "refused" / "letter.txt.reason.txt").read_text()
    refusals = await post.database.read(lambda session: [row.place for row in session.scalars(select(Refusal))])
    assert refusals == ["file letter.txt, the document"]
    assert await post.database.read(lambda session: list(session.scalars(select(InboxEntry.entry)))) == []


async def test_a_file_that_is_still_being_written_is_left_alone(post: Post) -> None:
    content = x12_interchange(x12_order())
    file = put(post, "slow.edi", content[:100])
    for name in (".hidden.edi", "upload.edi.part", "draft.tmp"):
        put(post, name, content)
    await post.round()
    with file.open("ab") as opened:
        opened.write(content[100:])
    assert await post.round() == []
    assert len(await post.round()) == 1
    assert names(post, "in") == [".hidden.edi", "draft.tmp", "upload.edi.part"]
    assert await orders(post) == ["acme/PO-1"]


async def test_a_file_with_a_known_name_overwrites_nothing(post: Post) -> None:
    for n in (7, 8):
        put(post, "orders.edi", x12_interchange(x12_order("0001", f"PO-{n}"), control=n))
        await taken(post)
    assert names(post, "done") == ["orders.2.edi", "orders.edi"]


async def test_a_sender_whom_nobody_knows_waits_and_is_answered_once_somebody_says_who_it_is(
    database: Database, client: Client, tmp_path: Path
) -> None:
    post = post_with(database, client, tmp_path, PARTNERS.model_copy(update={"x12": None}))
    put(post, "stranger.edi", x12_interchange(x12_order()).replace(b"ACME           ", b"ACME-NORTH     "))
    (entry,) = await taken(post)
    assert [(part.status, part.reason) for part in entry.parts] == [("mapping", "nobody has mapped partner 'ZZ:ACME-NORTH'")]
    assert names(post, "out") == []
    await database.transaction(inbox.learn, entry.channel, NeedKind.PARTNER, "ZZ:ACME-NORTH", "acme", "ada", datetime.now(UTC))
    await post.road.sweep()
    await post.round()
    assert names(post, "out") == ["acme/000001-997-000000001.edi"]
    assert await orders(post) == ["acme/PO-1"]


async def test_it_is_remembered_whose_order_it_is_and_what_the_partner_calls_its_items(post: Post) -> None:
    put(post, "orders.edi", x12_interchange(x12_order(changes={"PO1*1": "PO1*1*2*EA*15.00*PE*VN*KET-100*BP*THEIRS-7"})))
    await taken(post)

    def look(session: object) -> tuple[str, str, str, str]:
        row = session.get_one(EdiOrder, "acme/PO-1")  # type: ignore[attr-defined]  # a Session
        return row.partner, row.receiver, row.wants, row.items

    assert await post.database.read(look) == ("acme", "ACME", " 810 855 856 997 ", '{"1": "THEIRS-7"}')


async def test_what_partners_say_beside_orders_is_kept(post: Post) -> None:
    put(post, "820.edi", x12_interchange(x12_set("820", REMITTANCE), group="RA", control=11))
    put(post, "846.edi", x12_interchange(x12_set("846", STOCK), group="IB", control=12))
    await taken(post)
    (paid,) = await post.database.read(edi_facts.remittances)
    assert (paid.partner, paid.reference, str(paid.amount)) == ("acme", "PAY-4711", "1,150.00 EUR")
    assert [(invoice, str(amount)) for invoice, amount in paid.lines] == [
        ("acme/PO-1/invoice/1", "650.00 EUR"),
        ("acme/PO-2/invoice/1", "500.00 EUR"),
    ]
    stock = await post.database.read(edi_facts.stock_of_partners)
    assert [(one.item, one.kind, one.quantity) for one in stock] == [("FLT-100", "33", 36), ("KET-100", "29", 40), ("KET-100", "33", 120)]


async def test_a_change_waits_for_its_order_and_then_for_a_person(database: Database, client: Client, tmp_path: Path) -> None:
    careful = Partners(partners=tuple(one.model_copy(update={"changes_by_rule": False}) for one in PARTNERS.partners))
    post = post_with(database, client, tmp_path, careful)
    put(post, "change.edi", x12_interchange(x12_set("860", CHANGE), group="PC", control=21))
    (entry,) = await taken(post)
    assert [(part.status, part.reason) for part in entry.parts] == [("parked", "There is no order acme/PO-1 yet.")]
    put(post, "order.edi", x12_interchange(x12_order()))
    await taken(post)
    await post.road.sweep()
    (change,) = await database.read(edi_facts.changes)
    assert (change.partner, change.order, change.why) == ("acme", "acme/PO-1", "the partner's changes are decided by a person")


async def test_a_receipt_for_what_we_never_sent_is_refused(post: Post) -> None:
    put(post, "contrl.edi", edifact_interchange(edifact_message("CONTRL", CONTRL, version="D:3:UN")))
    (entry,) = await taken(post)
    assert [part.reason for part in entry.parts] == ["we sent 14:4012345000016 nothing under the control number 31"]
    assert names(post, "out") == []
