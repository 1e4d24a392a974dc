"""One simulated outside world: `python -m simulation`, until SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import signal

from config.settings import Settings
from config.temporal import connect
from database.engine import Database
from integrations.simulated import World
from simulation.bank import Bank
from simulation.post import sink_at
from simulation.reading import DatabaseReading
from simulation.telephone import TemporalTelephone
from simulation.waves import Crew
from simulation.world import OutsideWorld
from workers.processes import run


async def main() -> None:
    settings = Settings.load()
    client, database = await connect(settings), Database(settings.database_url)
    with World(settings.world_url) as world, sink_at(settings.mail_sink, settings.smtp_port):
        crew = Crew(database, settings.own_floor) if settings.own_floor else None
        bank, telephone = Bank(client, database, settings.home / "bank"), TemporalTelephone(client, database)
        outside = OutsideWorld(world, DatabaseReading(database), telephone, settings.day, crew=crew, bank=bank)
        for wanted in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(wanted, outside.stop)
        try:
            await outside.run()
        finally:
            await database.close()


if __name__ == "__main__":
    run(main)
