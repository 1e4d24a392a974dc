"""What every test may ask for: sample files, a Temporal server with virtual time, a fresh database on both engines, a browser."""

import gc
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from temporalio.testing import WorkflowEnvironment

from config.payloads import DATA_CONVERTER
from simulation.postgresql import CARELESS, programs, temporary_database, temporary_server
from tests.endurance import examples
from workers.processes import load_ahead
from workers.server import SEARCH_ATTRIBUTES, TIMERS_LATE_BY, UNHINDERED, late_timers, temporal_command

CHECKOUT = Path(__file__).parents[1]

gc.disable()  # until `pytest_collection_finish`: what is loaded stays


def pytest_collection_finish() -> None:
    """What was loaded and collected is never looked through for garbage; loading and collecting takes a third less time so."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


# A test's server has little to do at a time: on one processor it spends a third less of it, and it may hold more memory.
os.environ.setdefault("GOMAXPROCS", "1")
os.environ.setdefault("GOGC", "400")
late_timers(2 * TIMERS_LATE_BY)


load_ahead(
    *("workers.__main__", "workers.api", "simulation.__main__", "simulation.crashing.worker", "simulation.stockbench.race"),
    *("starters.cli.main", "tests.workers.dying", "tests.workers.dying_files", "tests.workers.dying_teller"),
)

settings.register_profile("holdfast", max_examples=examples(100), deadline=None)  # counts are checked, never seconds
settings.load_profile("holdfast")


def require(name: str, found: object) -> None:
    """Skip the test where `name` is not installed (`found` is false); fail it where everything must be, as in CI."""
    if found:
        return
    if os.environ.get("HOLDFAST_REQUIRE_ALL") == "1":
        pytest.fail(f"{name} is not installed, and HOLDFAST_REQUIRE_ALL=1 asks for it.")
    pytest.skip(f"{name} is not installed.")


@pytest.fixture(scope="session")
def samples_dir() -> Path:
    """The documents of the channels that the project ships."""
    return CHECKOUT / "samples"


@pytest.fixture(scope="session")
def shared_samples() -> Path:
    """Documents of real systems, kept in a folder beside the checkout."""
    folder = CHECKOUT.parent / "shared" / "samples"
    if not folder.is_dir():
        pytest.skip("The folder shared/samples with documents of real systems is not beside this checkout.")
    return folder


async def virtual_time(*dynamic_config: str) -> WorkflowEnvironment:
    """A real server with a virtual clock per workflow, to be used as `async with await virtual_time() as env`.

    `dynamic_config` adds values of the server's dynamic configuration, each as `name=JSON`. A workflow started under
    `with_time_skipping_disabled()` lives in real time until `await env.fast_forward(handle, delta)` with a handle that names no run;
    `env.sleep` is not supported.
    """
    return await WorkflowEnvironment.start_time_skipping_v2(
        data_converter=DATA_CONVERTER,
        dev_server_existing_path=str(temporal_command()),
        dev_server_log_level="error",
        dev_server_extra_args=[
            *(word for name, kind in SEARCH_ATTRIBUTES.items() for word in ("--search-attribute", f"{name}={kind}")),
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
            *("--dynamic-config-value", 'history.workflowIdReuseMinimalInterval="0s"'),  # else continue-as-new waits a second
            *(word for name, value in UNHINDERED.items() for word in ("--dynamic-config-value", f"{name}={value}")),
            *(word for value in dynamic_config for word in ("--dynamic-config-value", value)),
        ],
    )


@pytest.fixture(scope="session")
async def temporal_server() -> AsyncIterator[WorkflowEnvironment]:
    """The server of the session (`virtual_time`). Ids and task queues are shared: choose your own."""
    async with await virtual_time() as env:
        yield env


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server of the session, without a database name: `postgresql://postgres@127.0.0.1:<port>`."""
    require("PostgreSQL", programs())
    with temporary_server(*CARELESS) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of this test alone, once on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'holdfast.db'}"
        return
    server: str = request.getfixturevalue("postgresql")
    with temporary_database(server, f"test_{uuid.uuid4().hex}") as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The distribution's Chromium, for Playwright's `executable_path`."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    require("Chromium", found)
    assert found is not None
    return Path(found)
