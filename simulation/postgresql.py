"""A PostgreSQL server in a temporary folder, from the programs that the distribution installed; it needs no rights and leaves nothing."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import Unavailable

READY_WITHIN = 30.0
"""Seconds from the start to the first answer; one is usual."""

CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""For a test's database, which need not survive a power cut."""


def programs() -> Path | None:
    """The folder of the newest server programs that are installed; None without any."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda program: int(program.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def temporary_server(*options: str) -> Iterator[str]:
    """Its URL without a database name, `postgresql://postgres@127.0.0.1:<port>`, for as long as the block lasts.

    `options` are the server's own, as `name=value`. Raises Unavailable when PostgreSQL is not installed or does not start.
    """
    installed = programs()
    if installed is None:
        raise Unavailable("PostgreSQL is not installed: its server programs are not under /usr/lib/postgresql.")
    owner = _unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="holdfast-postgresql-"))
    if owner is not None:
        shutil.chown(folder, owner, pwd.getpwnam(owner).pw_gid)
    cluster, port = folder / "cluster", free_port()
    log = (folder / "log").open("wb")
    try:
        subprocess.run(
            [installed / "initdb", "-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            stdout=log,
            stderr=log,
            cwd=folder,
            user=owner,
        )
        stated = [*options, f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "max_connections=200"]
        server = subprocess.Popen(
            [str(installed / "postgres"), "-D", str(cluster), *(word for option in stated for word in ("-c", option))],
            stdout=log,
            stderr=log,
            cwd=folder,
            user=owner,
        )
        try:
            _wait_until_ready(installed, port, folder / "log")
            os.environ["PGSSLMODE"] = "disable"  # this server has no certificate; the drivers would ask it for one at every connection
            yield f"postgresql://postgres@127.0.0.1:{port}"
        finally:
            server.send_signal(2)  # SIGINT: PostgreSQL's fast shutdown
            server.wait(timeout=30)
    finally:
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def temporary_database(server: str, name: str) -> Iterator[str]:
    """The URL of a new database of that server, dropped at the end of the block."""
    installed = programs()
    assert installed is not None, "a server runs, so its programs are there"
    subprocess.run([installed / "createdb", f"--maintenance-db={server}/postgres", name], check=True, capture_output=True)
    try:
        yield f"{server}/{name}"
    finally:
        subprocess.run([installed / "dropdb", "--force", f"--maintenance-db={server}/postgres", name], check=True, capture_output=True)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root: the user to become, or None to stay who we are."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _wait_until_ready(installed: Path, port: int, log: Path) -> None:
    question = [str(installed / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + READY_WITHIN
    while subprocess.run(question, check=False).returncode != 0:
        if time.monotonic() > deadline:
            raise Unavailable(f"PostgreSQL did not start within {READY_WITHIN:.0f} s: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.05)
