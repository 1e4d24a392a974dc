"""Recording the lives that the replay test goes through again: `python -m tests.replay.record` (`make histories`).

Names of lives after the command record these alone. A change that a recorded history does not survive would break orders that are alive:
record again only while no order of the older code lives anywhere, else let the workflow tell old from new (`workflow.patched`).
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHistory

from tests.conftest import virtual_time
from tests.replay.lives import LIVES
from tests.workflows.shop import installed

HISTORIES = Path(__file__).parent / "histories"

UNTOLD = frozenset({"identity", "taskId", "requestId", "workerVersion", "stackTrace"})
"""What says where a history was made, and nothing of the order."""


async def runs(client: Client, workflow_id: str) -> list[WorkflowHistory]:
    """The histories of a workflow, one for each of its runs."""
    found: list[WorkflowHistory] = []
    description = await client.get_workflow_handle(workflow_id).describe()
    run_id = description.raw_description.workflow_execution_info.first_run_id
    while run_id:
        history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        found.append(history)
        run_id = history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return found


def bare(value: Any) -> Any:
    """JSON without what is untold; a worker's own queue goes by the name of the common one."""
    if isinstance(value, dict):
        if "normalName" in value:
            return {"name": value["normalName"], "kind": "TASK_QUEUE_KIND_NORMAL"}
        return {name: bare(inner) for name, inner in value.items() if name not in UNTOLD}
    return [bare(inner) for inner in value] if isinstance(value, list) else value


def write(name: str, history: WorkflowHistory) -> None:
    """One event a line, so that two recordings can be compared."""
    events = [json.dumps(bare(event), separators=(",", ":")) for event in history.to_json_dict()["events"]]
    path = HISTORIES / f"{name}.json"
    path.write_text('{"events":[\n' + ",\n".join(events) + "\n]}\n")
    print(f"{path.name}: {len(events)} events, {path.stat().st_size / 1000:.0f} kB")


async def record(names: list[str]) -> None:
    """Live every life on a server of its own, then put its history in the place of the older one."""
    with tempfile.TemporaryDirectory() as folder:
        async with await virtual_time() as env, installed(env, Path(folder)) as shop:
            for name in names:
                histories = await runs(env.client, await LIVES[name](shop, name))
                for old in [*HISTORIES.glob(f"{name}.json"), *HISTORIES.glob(f"{name}.[0-9]*.json")]:
                    old.unlink()
                for number, history in enumerate(histories, 1):
                    write(name if len(histories) == 1 else f"{name}.{number}", history)


if __name__ == "__main__":
    unknown = [name for name in sys.argv[1:] if name not in LIVES]
    if unknown:
        sys.exit(f"No life is called {unknown[0]!r}; there are: {', '.join(LIVES)}.")
    logging.getLogger("temporalio.activity").setLevel(logging.ERROR)  # an outage is part of a life
    HISTORIES.mkdir(exist_ok=True)
    asyncio.run(record(sys.argv[1:] or list(LIVES)))
