"""Whoever takes files in is killed at every point of it: no order of a file is lost, none is placed twice, every answer goes out once."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from config.settings import Settings
from database import edi
from database.audit import audit
from database.engine import Database
from database.seed import seed
from database.tables import InboxEntry, Intake, Refusal
from starters.cli.main import run
from starters.edi import post as posting
from starters.edi.partners import partners_of
from starters.edi.post import Post
from starters.forms import forms
from starters.intake import Road
from tests.channels.edi_documents import x12_interchange, x12_order
from tests.endurance import points
from tests.fresh import migrated
from workers.processes import Process

PARTNERS = """
[acme]
ids = [{ qualifier = "ZZ", id = "ACME" }]
currency = "EUR"
country = "DE"
"""
CATALOGUE = {
    "items": [{"id": "KET-100"}, {"id": "FLT-100"}, {"id": "401234500001"}],
    "locations": [{"id": "BERLIN"}],
    "customers": [{"id": "C-1", "currency": "EUR", "terms": ["net30", "net60"], "aliases": ["x12:ACME-1"]}],
}
CSV = """order;customer;currency;item;quantity;price;name;street;city;postcode;country
{0}-a;C-1;EUR;KET-100;2;49,95;Ada Byron;Ring 1;Berlin;10115;DE
{0}-b;C-1;EUR;FLT-100;1;4,00;Ada Byron;Ring 1;Berlin;10115;DE
"""


@pytest.fixture
async def house(tmp_path: Path, temporal_server: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    (tmp_path / "partners.toml").write_text(PARTNERS)
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("OMS_DATABASE_URL", url)
    monkeypatch.setenv("OMS_EDI_PARTNERS", str(tmp_path / "partners.toml"))
    monkeypatch.setenv("OMS_EDI_FOLDER", str(tmp_path / "edi"))
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_server.client.service_client.config.target_host)
    database = Database(url)
    await database.transaction(seed, CATALOGUE)
    with temporal_server.with_time_skipping_disabled():
        yield database
    await database.close()


def post_of(database: Database, client: Client) -> Post:
    settings = Settings.load()
    return Post(Road(database, client, settings, forms(settings)), partners_of(settings), settings.edi_folder)


async def killed(kind: str, files: Path, at: range) -> list[int | None]:
    """How the process of each point ended. Every other point will do: after one step is before the next."""
    ends = []
    for point in at:
        (file,) = (files / str(point)).iterdir()
        process = Process(kind, "tests.workers.dying_files", os.environ, files.with_suffix(".log"), kind, str(file), str(point))
        await process.start()
        ends.append(await process.wait())
    return ends


async def all_came_once(database: Database, client: Client, orders: set[str]) -> None:
    assert Counter(await database.read(lambda session: list(session.scalars(select(Intake.order))))) == Counter(dict.fromkeys(orders, 1))
    for order in orders:
        await client.get_workflow_handle(f"order/{order}").describe()  # its life has begun
    assert await database.read(lambda session: list(session.scalars(select(Refusal.reason)))) == []
    assert await database.read(lambda session: set(session.scalars(select(InboxEntry.status)))) == {"done"}
    assert await database.read(audit) == []


@pytest.mark.timeout(600)
async def test_whoever_serves_the_folder_is_killed_at_every_point(
    house: Database, temporal_server: WorkflowEnvironment, tmp_path: Path
) -> None:
    at, client, run_of = points(range(1, 38, 2)), temporal_server.client, f"{os.getpid()}"
    post = post_of(house, client)
    for point in at:
        content = x12_interchange(*(x12_order(f"000{n}", f"K{run_of}.{point}-{n}") for n in (1, 2)), control=point)
        (tmp_path / "files" / str(point)).mkdir(parents=True)
        (tmp_path / "files" / str(point) / f"{point:02d}.edi").write_bytes(content)
    ends = await killed("folder", tmp_path / "files", at)
    assert ends.count(-9) > len(at) * 2 // 3, ends
    for _ in range(3):
        await post.round()
        await post.road.sweep()
    await all_came_once(house, client, {f"acme/K{run_of}.{point}-{n}" for point in at for n in (1, 2)})
    assert sorted(file.name for file in (tmp_path / "edi" / "done").iterdir()) == [f"{point:02d}.edi" for point in at]
    assert [file.name for file in (tmp_path / "edi" / "in").iterdir()] == []
    sent = await house.read(edi.outgoing, "", "", "", "", 1_000)
    assert [(one.kind, one.status) for one in sent] == [("997", "sent")] * len(at)
    assert sorted(one.control for one in sent) == list(range(1, len(at) + 1))
    assert sorted(file.name for file in (tmp_path / "edi" / "out" / "acme").iterdir()) == sorted(one.file for one in sent)


@pytest.mark.timeout(600)
async def test_the_command_that_places_a_file_is_killed_at_every_point_and_typed_again(
    house: Database, temporal_server: WorkflowEnvironment, tmp_path: Path
) -> None:
    at, client, run_of = points(range(1, 16, 2)), temporal_server.client, f"{os.getpid()}"
    for point in at:
        (tmp_path / "files" / str(point)).mkdir(parents=True)
        (tmp_path / "files" / str(point) / "orders.csv").write_text(CSV.format(f"F{run_of}.{point}"))
    ends = await killed("place", tmp_path / "files", at)
    assert ends.count(-9) > len(at) // 2, ends
    await post_of(house, client).road.sweep()  # what was kept needs nobody
    for point in at:
        assert await asyncio.to_thread(run, ["place", str(tmp_path / "files" / str(point) / "orders.csv")]) == 0
    await all_came_once(house, client, {f"file/F{run_of}.{point}-{n}" for point in at for n in "ab"})


@pytest.mark.timeout(300)
async def test_two_processes_that_serve_one_folder_take_every_file_once(
    house: Database, temporal_server: WorkflowEnvironment, tmp_path: Path
) -> None:
    client, run_of, files = temporal_server.client, f"{os.getpid()}", range(1, 13)
    first, second = post_of(house, client), post_of(house, client)
    for n in files:
        content = x12_interchange(x12_order("0001", f"T{run_of}.{n}"), control=n)
        (tmp_path / "edi" / "in" / f"{n:02d}.edi").write_bytes(content)

    async def serve(post: Post) -> int:
        taken = 0
        while any((tmp_path / "edi" / "in").iterdir()):
            taken += len(await post.round())
            await asyncio.sleep(0.01)
        return taken

    async with asyncio.timeout(120):
        assert sum(await asyncio.gather(serve(first), serve(second))) == len(files)
    await all_came_once(house, client, {f"acme/T{run_of}.{n}" for n in files})
    assert sorted(file.name for file in (tmp_path / "edi" / "done").iterdir()) == [f"{n:02d}.edi" for n in files]
    entries = await house.read(lambda session: list(session.scalars(select(InboxEntry.topic))))
    assert sorted(entries) == [f"{n:02d}.edi" for n in files]
    assert len(await house.read(edi.outgoing)) == len(files)


async def test_a_file_whose_name_is_no_text_is_taken_like_any_other(
    house: Database, temporal_server: WorkflowEnvironment, tmp_path: Path
) -> None:
    post, number = post_of(house, temporal_server.client), f"N{os.getpid()}"
    for name, content in ((b"b\xe4r.edi", x12_interchange(x12_order("0001", number))), (b"n\xe4h.txt", b"Dear sirs")):
        (tmp_path / "edi" / "in" / os.fsdecode(name)).write_bytes(content)
    for _ in range(2):
        await post.round()
    assert [os.fsencode(file.name) for file in (tmp_path / "edi" / "done").iterdir()] == [b"b\xe4r.edi"]
    assert sorted(os.fsencode(file.name) for file in (tmp_path / "edi" / "refused").iterdir()) == [b"n\xe4h.txt", b"n\xe4h.txt.reason.txt"]
    assert await house.read(lambda session: list(session.scalars(select(InboxEntry.topic)))) == ["b?r.edi"]
    assert await house.read(lambda session: list(session.scalars(select(Intake.order)))) == [f"acme/{number}"]


async def test_a_file_that_cannot_be_read_holds_up_no_other(
    house: Database, temporal_server: WorkflowEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, readable = post_of(house, temporal_server.client), posting._read

    def unless_forbidden(file: Path) -> tuple[bytes, str]:
        if file.name == "01.edi":
            raise PermissionError(13, "Permission denied", str(file))
        return readable(file)

    monkeypatch.setattr(posting, "_read", unless_forbidden)
    for n in (1, 2):
        (tmp_path / "edi" / "in" / f"{n:02d}.edi").write_bytes(x12_interchange(x12_order("0001", f"R{os.getpid()}.{n}"), control=n))
    for _ in range(2):
        await post.round()
    assert [file.name for file in (tmp_path / "edi" / "in").iterdir()] == ["01.edi"]
    await all_came_once(house, temporal_server.client, {f"acme/R{os.getpid()}.2"})
