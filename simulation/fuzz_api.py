"""`make fuzz-api`: ask a real process of ours everything that its description allows and forbids, for as long as one likes.

A Temporal server, the door (`python -m workers.api`), a worker and a database are started in a scratch folder; schemathesis asks over a
real socket, also what hangs together (an order that was placed is read, told and asked). Exit code 1 when anything broke.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import httpx

from database import callers
from database.engine import Database
from database.migrate import migrate
from database.seed import seed
from domain.callers import Scope
from workers.server import TemporalServer

CATALOGUE = Path(__file__).parents[1] / "samples" / "catalogue.json"
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,"
    "unsupported_method,ignored_auth"
)


async def fuzz(examples: int, seconds: int) -> int:
    """The exit code of schemathesis."""
    with tempfile.TemporaryDirectory(prefix="holdfast-fuzz-") as folder:
        home = Path(folder)
        url = f"sqlite:///{home / 'holdfast.db'}"
        migrate(url)
        key = await _furnished(url)
        async with TemporalServer(home, ui=False) as server:
            address = f"127.0.0.1:{_free_port()}"
            settings = {"OMS_HOME": folder, "TEMPORAL_ADDRESS": server.address, "OMS_API_ADDRESS": address}
            settings |= {"OMS_API_RATE": "10000", "OMS_API_BURST": "100000", "OMS_STRIPE_WEBHOOK_SECRET": "whsec_fuzz"}
            log = home / "processes.log"
            with log.open("wb") as written:
                ours = [_started(module, {**os.environ, **settings}, written) for module in ("workers.api", "workers")]
                try:
                    await _listens(f"http://{address}/health")
                    return await asyncio.to_thread(_asked, f"http://{address}/openapi.json", key, examples, seconds)
                finally:
                    for process in ours:
                        process.terminate()
                    for process in ours:
                        process.wait(30)
                    broke = [line for line in log.read_text(errors="replace").splitlines() if "broke" in line]
                    sys.stdout.write("".join(f"{line}\n" for line in broke[:20]))


def _started(module: str, environment: dict[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", module], env=environment, stdout=log, stderr=subprocess.STDOUT)


async def _furnished(url: str) -> str:
    database = Database(url)
    await database.transaction(seed, json.loads(CATALOGUE.read_text()))
    secret = secrets.token_urlsafe(32)
    await database.transaction(callers.add_key, "fuzz", secret, "fuzz", list(Scope), "fuzz", datetime.now(UTC), None)
    await database.close()
    return callers.written("fuzz", secret)


async def _listens(health: str) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(60):
        while True:
            try:
                if (await client.get(health)).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.2)


def _asked(description: str, key: str, examples: int, seconds: int) -> int:
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", description, "--header", f"X-API-Key: {key}"]
    command += ["--checks", CHECKS, "--max-examples", str(examples), "--request-timeout", "45", "--continue-on-failure", "--no-color"]
    return subprocess.run([*command, "--max-time", str(seconds)] if seconds else command, check=False).returncode


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulation.fuzz_api", description=__doc__)
    parser.add_argument("--examples", type=int, default=200, help="of each operation")
    parser.add_argument("--seconds", type=int, default=0, help="stop after so many [default: when everything was asked]")
    chosen = parser.parse_args()
    return asyncio.run(fuzz(chosen.examples, chosen.seconds))


if __name__ == "__main__":
    sys.exit(main())
