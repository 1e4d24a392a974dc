"""An order that comes by EDI lives on a real server, is shipped by a warehouse of another company, and its partners get their documents."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from config.settings import Settings
from database import edi, reading
from database.audit import audit
from database.engine import Database
from starters.edi.post import write_whole
from tests.channels.edi_documents import x12_set
from workers.embedded import Everything

PARTNERS = """
[terreaux]
ids = [{ qualifier = "ZZ", id = "3012345000012" }]
currency = "EUR"
country = "FR"
prices = "ours"
taxes = "ours"
wants = ["997", "855", "856", "810"]

[waalhaven]
ids = [{ qualifier = "ZZ", id = "WAALHAVEN" }]
location = "ROTTERDAM"
"""
ORDER = [
    "BEG*00*SA*JUG-1**20261120",
    "CUR*BY*EUR",
    "ITD*01*3*****30",
    "N1*BY*Brulerie des Terreaux SARL*92*3012345000012",
    "N1*ST*Brulerie des Terreaux SARL",
    "N3*14 Rue Merciere",
    "N4*Lyon**69002*FR",
    "PO1*1*2*EA***VN*JUG-230*BP*B00999",
    "CTT*1",
]
SHIPPED = [
    "W06*F*terreaux/JUG-1/1*20261127",
    "N1*SF*Waalhaven*92*ROTTERDAM",
    "LX*1",
    "MAN*GM*00340123450000000017",
    "W12*CC*2*2**EA**VN*JUG-230",
    "W03*2",
]


def interchange(sender: str, group: str, control: int, body: list[str], kind: str) -> bytes:
    rows = [
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*HOLDFAST       *261120*0600*U*00401*{control:09d}*0*P*>",
        f"GS*{group}*{sender}*HOLDFAST*20261120*0600*{control}*X*004010",
        *x12_set(kind, body),
        f"GE*1*{control}",
        f"IEA*1*{control:09d}",
    ]
    return "".join(f"{row}~\n" for row in rows).encode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "partners.toml").write_text(PARTNERS)
    return Settings.load(
        home=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'holdfast.db'}",
        world_url=f"sqlite:///{tmp_path / 'world.db'}",
        temporal_address=f"127.0.0.1:{free_port()}",
        ui_address=f"http://127.0.0.1:{free_port()}",
        day_seconds=0.5,
        edi_partners=tmp_path / "partners.toml",
        edi_folder=tmp_path / "edi",
    )


async def until(found: Callable[[], bool], what: str) -> None:
    for _ in range(480):
        if await asyncio.to_thread(found):
            return
        await asyncio.sleep(0.25)
    raise AssertionError(f"never came: {what}")


@pytest.mark.xdist_group("crash")
@pytest.mark.timeout(400)
async def test_an_order_by_edi_gets_its_answer_its_ship_notice_and_its_invoice_though_a_worker_is_killed(settings: Settings) -> None:
    folder = settings.edi_folder
    assert folder is not None

    def put(name: str, content: bytes) -> None:
        (folder / "in").mkdir(parents=True, exist_ok=True)
        write_whole(folder / "in" / name, content)

    def out(partner: str, kind: str) -> list[Path]:
        return sorted((folder / "out" / partner).glob(f"*-{kind}-*.edi"))

    async with Everything(settings) as everything:
        order = interchange("3012345000012", "PO", 7, ORDER, "850")
        put("order.edi", order)
        await until(lambda: bool(out("terreaux", "997") and out("terreaux", "855") and out("waalhaven", "940")), "997, 855 and 940")
        assert b"ACK*IA*2*EA" in out("terreaux", "855")[0].read_bytes()
        asked = out("waalhaven", "940")[0].read_text("iso-8859-1")
        assert "W05*N*terreaux/JUG-1/1*JUG-1" in asked
        assert "W01*2*EA**VN*JUG-230" in asked

        worker = next(process for process in everything._processes if process.name == "worker")  # to be killed
        await worker.kill()
        put("shipped.edi", interchange("WAALHAVEN", "SW", 3, SHIPPED, "945"))
        put("again.edi", order)
        await worker.start()

        await until(lambda: bool(out("terreaux", "856") and out("terreaux", "810")), "856 and 810")
        await until(lambda: bool(len(out("terreaux", "997")) == 2 and out("waalhaven", "997")), "the acknowledgement of the repetition")
        notice = out("terreaux", "856")[0].read_text("iso-8859-1")
        assert "MAN*GM*00340123450000000017" in notice
        assert "LIN*1*VN*JUG-230*BP*B00999" in notice
        assert "PRF*JUG-1***20261120" in notice
        invoice = out("terreaux", "810")[0]
        control = int(invoice.stem.rpartition("-")[2])
        put("receipt.edi", interchange("3012345000012", "FA", 8, [f"AK1*IN*{control}", "AK2*810*0001", "AK5*A", "AK9*A*1*1*1"], "997"))

        database = Database(settings.database_url)
        try:
            statuses: dict[str, str] = {}
            for _ in range(240):
                statuses = {one.kind: one.status for one in await database.read(edi.outgoing, "terreaux")}
                if statuses["810"] == "accepted":
                    break
                await asyncio.sleep(0.25)
            assert statuses == {"997": "sent", "855": "sent", "856": "sent", "810": "accepted"}
            view = await database.read(reading.order_view, "terreaux/JUG-1")
            (bill,) = view.invoices
            total = next(row for row in invoice.read_text("iso-8859-1").splitlines() if row.startswith("TDS"))
            assert total == f"TDS*{bill.total.minor}~"
            sent = await database.read(edi.outgoing, "terreaux")
            assert sorted(one.control for one in sent) == [1, 2, 3, 4, 5]
            assert sorted(one.kind for one in sent) == ["810", "855", "856", "997", "997"]
            assert len(await database.read(reading.list_orders)) == 1
            assert await database.read(audit) == []
        finally:
            await database.close()
