"""The connection to Temporal, and the server of this machine."""

import re
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from config.settings import ConfigError, Settings
from config.temporal import connect
from domain.errors import Unavailable
from workers.server import TemporalServer


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_connecting_to_nobody_says_what_to_start() -> None:
    address = f"127.0.0.1:{unused_port()}"

    with pytest.raises(Unavailable) as refused:
        await connect(Settings.load(temporal_address=address))

    sentence = str(refused.value)
    assert sentence.startswith(
        f"No Temporal server answers at {address}: start one with `oms up` or `oms server`, or name another in TEMPORAL_ADDRESS ("
    )
    assert "\n" not in sentence


async def test_an_order_survives_the_power_cut_of_its_server(tmp_path: Path) -> None:
    order = "order/shopify/1001"
    status = SearchAttributeKey.for_keyword("OrderStatus")
    server = TemporalServer(tmp_path)
    await server.start()
    try:
        client = await connect(Settings.load(temporal_address=server.address))
        attributes = TypedSearchAttributes([SearchAttributePair(status, "allocated")])
        await client.start_workflow("Order", id=order, task_queue="orders", search_attributes=attributes)
        await server.kill()
        assert server.pid is None

        await server.start()

        client = await connect(Settings.load(temporal_address=server.address))
        described = await client.get_workflow_handle(order).describe()
        assert described.status is WorkflowExecutionStatus.RUNNING
        assert [found.id async for found in client.list_workflows("OrderStatus = 'allocated'")] == [order]
    finally:
        await server.stop()


async def test_the_server_keeps_closed_orders_for_90_days_and_shows_its_ui(tmp_path: Path) -> None:
    async with TemporalServer(tmp_path) as server:
        client = await connect(Settings.load(temporal_address=server.address))
        namespace = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))
        assert namespace.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=90)
        assert server.ui_address is not None
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.ui_address)
    assert server.pid is None


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux knows how late a timer may be.")
def test_what_is_started_may_have_late_timers_and_who_starts_it_has_its_own_again() -> None:
    asked = "import ctypes; print(ctypes.CDLL(None).prctl(30), flush=True)"  # PR_GET_TIMERSLACK of prctl(2): nanoseconds
    script = f"""
import subprocess, sys
from workers.server import late_timers
{asked}
late_timers(1_000_000)
subprocess.run([sys.executable, "-c", {asked!r}])
late_timers(0)
{asked}
"""
    begun = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    before, started, after = map(int, begun.communicate()[0].split())
    assert started == 1_000_000
    assert before == after != started


async def test_two_servers_never_share_one_file(tmp_path: Path) -> None:
    async with TemporalServer(tmp_path, ui=False):
        second = TemporalServer(tmp_path, ui=False)

        with pytest.raises(ConfigError) as refused:
            await second.start()

        assert str(refused.value) == f"Another Temporal server already keeps its state in {tmp_path}; stop it first."
        assert second.pid is None


async def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(ConfigError) as refused:
            await TemporalServer(tmp_path / "state", port=port).start()

    assert str(refused.value) == f"Port {port} of this machine is taken, perhaps by another Temporal server: stop it or choose another."
    assert not (tmp_path / "state").exists()


async def test_a_server_that_ends_at_once_says_why_and_where_its_log_is(tmp_path: Path) -> None:
    server = TemporalServer(tmp_path, ui=False, dynamic_config={"history.shortage": "{not json"})

    with pytest.raises(Unavailable) as refused:
        await server.start()

    sentence = str(refused.value)
    assert sentence.startswith("The Temporal server ended at once: ")
    assert "history.shortage" in sentence
    assert sentence.endswith(f"(its log is {tmp_path / 'temporal.log'}).")
    assert server.pid is None
