"""The disturbance: worker processes die without a word every few seconds, partners' answers get lost, and once the server dies too."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from config.settings import Settings
from integrations.simulated import Port, World
from starters.demonstration import Progress
from workers.embedded import environment_of
from workers.processes import Process
from workers.server import TemporalServer

WORKERS = 2
BETWEEN_KILLS = (2.0, 4.0)  # seconds
ANSWERS_LOST = 2  # of each partner, after every kill
SERVER_IS_DOWN = 1.0  # seconds
STARTS_WITHIN = 30.0  # seconds; only a worker that carries orders is worth killing

Report = Callable[[str], None]


@dataclass
class Damage:
    """What was done to the orders."""

    worker_kills: int = 0
    server_kills: int = 0


class Disturbance:
    """Runs the workers of `settings` and kills them until `stop_killing`; then it lets the orders come to their ends."""

    def __init__(
        self, settings: Settings, server: TemporalServer, *, kills: int, kill_server: bool, report: Report, seed: int = 2026
    ) -> None:
        self.damage = Damage()
        self.progress: Progress | None = None
        self._settings, self._server, self._report = settings, server, report
        self._kills, self._kill_server, self._random = kills, kill_server, random.Random(seed)
        environment = environment_of(settings)
        self._workers = [
            Process(f"worker {n}", "simulation.crashing.worker", environment, settings.home / f"worker-{n}.log")
            for n in range(1, WORKERS + 1)
        ]

    def watch(self, progress: Progress) -> None:
        """Where the orders are: the server is killed only when all of them have been placed."""
        self.progress = progress

    async def run(self) -> None:
        """Start the workers, and disturb them as often as was asked for; ended from outside, the workers are ended too."""
        try:
            for worker in self._workers:
                await worker.start()
            with World(self._settings.world_url) as world:
                while self.damage.worker_kills < self._kills and not self._over():
                    await self._carrying()
                    await asyncio.sleep(self._random.uniform(*BETWEEN_KILLS))
                    await self._kill_one(world)
                    if (
                        self._kill_server
                        and not self.damage.server_kills
                        and self._placed()
                        and self.damage.worker_kills >= self._kills // 2
                    ):
                        await self._kill_the_server()
            await asyncio.Event().wait()
        finally:
            for worker in self._workers:
                await worker.kill()

    async def _carrying(self) -> None:
        """Until every worker process that was started carries orders."""
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            if all(f"worker {worker.pid} started" in worker.log.read_text(errors="replace") for worker in self._workers):
                return
            await asyncio.sleep(0.1)

    async def _kill_one(self, world: World) -> None:
        worker = self._random.choice(self._workers)
        await worker.kill()
        self.damage.worker_kills += 1
        for port in Port:
            await world.off_loop(world.lose_answers, port, ANSWERS_LOST)
        await worker.start()
        self._report(f"{worker.name} killed and started again")

    async def _kill_the_server(self) -> None:
        await self._server.kill()
        self.damage.server_kills += 1
        await asyncio.sleep(SERVER_IS_DOWN)
        await self._server.start()
        self._report("Temporal server killed and started again")

    def _placed(self) -> bool:
        return self.progress is not None and len(self.progress.orders) >= self.progress.expected

    def _over(self) -> bool:
        return self.progress is not None and self.progress.ended >= self.progress.expected
