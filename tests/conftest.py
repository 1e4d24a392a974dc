"""What every test may ask for: sample files, a Temporal server with virtual time, a fresh database on both engines, a browser."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from workers.server import SEARCH_ATTRIBUTES, temporal_command

CHECKOUT = Path(__file__).parents[1]


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
        data_converter=pydantic_data_converter,
        dev_server_existing_path=str(temporal_command()),
        dev_server_log_level="error",
        dev_server_extra_args=[
            *(word for name, kind in SEARCH_ATTRIBUTES.items() for word in ("--search-attribute", f"{name}={kind}")),
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
            *("--dynamic-config-value", 'history.workflowIdReuseMinimalInterval="0s"'),  # else continue-as-new waits a second
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
    programs = _postgresql_programs()
    require("PostgreSQL", programs)
    assert programs is not None
    owner = _unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="holdfast-postgresql-"))
    if owner is not None:
        shutil.chown(folder, owner, pwd.getpwnam(owner).pw_gid)
    cluster, port = folder / "cluster", free_port()
    log = (folder / "log").open("wb")
    try:
        subprocess.run(
            [programs / "initdb", "-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            stdout=log,
            stderr=log,
            cwd=folder,
            user=owner,
        )
        durability = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]  # a test's database need not survive a power cut
        options = [*durability, f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "max_connections=200"]
        server = subprocess.Popen(
            [str(programs / "postgres"), "-D", str(cluster), *(word for option in options for word in ("-c", option))],
            stdout=log,
            stderr=log,
            cwd=folder,
            user=owner,
        )
        try:
            _wait_until_ready(programs, port, folder / "log")
            os.environ["PGSSLMODE"] = "disable"  # this server has no certificate; the drivers would ask it for one at every connection
            yield f"postgresql://postgres@127.0.0.1:{port}"
        finally:
            server.send_signal(2)  # SIGINT: PostgreSQL's fast shutdown
            server.wait(timeout=30)
    finally:
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of this test alone, once on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'holdfast.db'}"
        return
    server: str = request.getfixturevalue("postgresql")
    programs = _postgresql_programs()
    assert programs is not None
    name = f"test_{uuid.uuid4().hex}"
    subprocess.run([programs / "createdb", f"--maintenance-db={server}/postgres", name], check=True, capture_output=True)
    try:
        yield f"{server}/{name}"
    finally:
        subprocess.run([programs / "dropdb", "--force", f"--maintenance-db={server}/postgres", name], check=True, capture_output=True)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The distribution's Chromium, for Playwright's `executable_path`."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    require("Chromium", found)
    assert found is not None
    return Path(found)


def _postgresql_programs() -> Path | None:
    """The folder of the newest server programs that the distribution installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda program: int(program.parts[-3]))
    return versions[-1].parent if versions else None


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root: the user to become, or None to stay who we are."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _wait_until_ready(programs: Path, port: int, log: Path) -> None:
    question = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + 30
    while subprocess.run(question, check=False).returncode != 0:
        if time.monotonic() > deadline:
            pytest.fail(f"PostgreSQL did not start within 30 s: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.05)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
