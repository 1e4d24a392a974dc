"""The fixtures that every other test leans on: both database engines answer, and virtual time moves."""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    import asyncpg  # this module's workflow loads it into its sandbox, and its C part does not survive being loaded twice

    from tests.conftest import require


async def test_each_engine_gives_an_empty_database(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        connection = sqlite3.connect(database_url.removeprefix("sqlite:///"))
        tables = connection.execute("select count(*) from sqlite_master").fetchone()[0]
        connection.close()
    else:
        answering = await asyncpg.connect(database_url)
        tables = await answering.fetchval("select count(*) from information_schema.tables where table_schema = 'public'")
        await answering.close()

    assert tables == 0


@workflow.defn
class UnpaidInvoice:
    """A wait of 120 days that says when it began and when it ended."""

    @workflow.run
    async def run(self) -> list[datetime]:
        began = workflow.now()
        await workflow.sleep(timedelta(days=120))
        return [began, workflow.now()]


async def test_120_days_of_an_unpaid_invoice_pass_in_seconds(temporal_server: WorkflowEnvironment) -> None:
    client = temporal_server.client
    async with Worker(client, task_queue="unpaid-invoices", workflows=[UnpaidInvoice]):
        with temporal_server.with_time_skipping_disabled():
            started = await client.start_workflow(UnpaidInvoice.run, id="invoice/2026-0001", task_queue="unpaid-invoices")
        invoice: WorkflowHandle[UnpaidInvoice, list[datetime]] = client.get_workflow_handle(started.id, result_type=list[datetime])

        await temporal_server.fast_forward(invoice, timedelta(days=121))
        began, ended = await invoice.result()

    assert timedelta(days=120) <= ended - began < timedelta(days=120, seconds=5)


def test_the_browser_is_a_program(chromium: Path) -> None:
    assert chromium.is_file()


def test_what_is_missing_skips_here_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOLDFAST_REQUIRE_ALL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="A pigeon is not installed"):
        require("A pigeon", None)

    monkeypatch.setenv("HOLDFAST_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="A pigeon is not installed, and HOLDFAST_REQUIRE_ALL=1 asks for it"):
        require("A pigeon", None)
