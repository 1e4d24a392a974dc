"""A process that sends a subscription what is due and is killed once it was taken; its one word is the subscription.

It dies by SIGKILL between the receiver's answer and the row that says so: no handler of it runs.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.webhooks import WebhookActivities
from config.settings import Settings
from database import webhook_deliveries
from database.engine import Database
from domain.webhooks import SendEvents
from integrations.simulated import SimulatedMail, World
from starters.subscribing import subscribers_of


async def main() -> None:
    settings, subscription = Settings.load(), sys.argv[1]
    lived = Database.transaction

    async def deadly(self: Database, function: Any, *args: Any, **named: Any) -> Any:
        if function is webhook_deliveries.record:
            os.kill(os.getpid(), signal.SIGKILL)
        return await lived(self, function, *args, **named)

    Database.transaction = deadly  # type: ignore[method-assign]  # what this process is for
    with World(settings.home / "world.db") as world:
        acts = WebhookActivities(Database(settings.database_url), subscribers_of(settings), SimulatedMail(world))
        await ActivityEnvironment().run(acts.send_events, SendEvents(subscription=subscription))
