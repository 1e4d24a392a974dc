"""Orders that began on older code go on with the current one: every recorded history replays without a difference."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from config.payloads import DATA_CONVERTER
from tests.replay.lives import LIVES
from tests.replay.record import HISTORIES
from workers.runner import watched
from workflows.collective import InvoiceRun
from workflows.distribution import Reallocation
from workflows.feedback import ShopFeedback
from workflows.order import Order
from workflows.receipt import StockReceipt
from workflows.replenishment import Replenishment
from workflows.supply import SupplyCancellation, SupplySlip
from workflows.webhooks import TellSubscriber

RECORDED = sorted(path.stem for path in HISTORIES.glob("*.json"))


def recorded(name: str) -> dict[str, Any]:
    history: dict[str, Any] = json.loads((HISTORIES / f"{name}.json").read_text())
    return history


async def replay(history: dict[str, Any]) -> None:
    """Raises NondeterminismError where the current code would go another way than the history went."""
    started = history["events"][0]["workflowExecutionStartedEventAttributes"]
    workflows = [InvoiceRun, Order, Reallocation, StockReceipt, SupplyCancellation, SupplySlip, Replenishment, ShopFeedback, TellSubscriber]
    replayer = Replayer(workflows=workflows, data_converter=DATA_CONVERTER, workflow_runner=watched())
    await replayer.replay_workflow(WorkflowHistory.from_json(started["workflowId"], history))


def attributes(history: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The attributes of all events of a kind, in their order."""
    return [event[kind] for event in history["events"] if kind in event]


@pytest.mark.parametrize("name", RECORDED)
async def test_a_recorded_history_replays_on_the_current_code(name: str) -> None:
    await replay(recorded(name))


def test_every_life_is_recorded() -> None:
    assert len(LIVES) >= 8
    assert {name.split(".")[0] for name in RECORDED} == set(LIVES), "make histories"


def test_an_order_that_was_continued_as_new_is_recorded_run_by_run() -> None:
    chain = [name for name in RECORDED if name.startswith("continued_as_new.")]
    assert len(chain) >= 3
    ends = [recorded(name)["events"][-1]["eventType"].removeprefix("EVENT_TYPE_WORKFLOW_EXECUTION_") for name in chain]
    assert ends == [*["CONTINUED_AS_NEW"] * (len(chain) - 1), "COMPLETED"]


# --- the replay notices ----------------------------------------------------------------------------------------------------------------


async def test_another_step_is_noticed() -> None:
    history = recorded("prepaid")
    step = next(s for s in attributes(history, "activityTaskScheduledEventAttributes") if s["activityType"]["name"] == "allocate_stock")
    step["activityType"]["name"] = "release_stock"
    with pytest.raises(NondeterminismError, match="release_stock"):
        await replay(history)


async def test_a_step_that_is_taken_no_more_is_noticed() -> None:
    """The order's validation now finds what nobody can mend, so the current code allocates nothing; the history does."""
    history = recorded("prepaid")
    (answer,) = attributes(history, "activityTaskCompletedEventAttributes")[0]["result"]["payloads"]
    accepted = json.loads(base64.b64decode(answer["data"]))
    accepted["findings"] = [{"place": "line 1", "reason": "nobody sells this", "severity": "fatal"}]
    answer["data"] = base64.b64encode(json.dumps(accepted).encode()).decode()
    with pytest.raises(NondeterminismError, match="'authorize_payment' does not match activity type of activity command 'close_order'"):
        await replay(history)


# --- what is kept ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
def test_a_recording_is_small_and_says_neither_who_nor_where(path: Path) -> None:
    text = path.read_text()
    said = text + " ".join(base64.b64decode(found).decode(errors="replace") for found in re.findall(r'"data":"([A-Za-z0-9+/=]+)"', text))
    assert len(text) < 200_000
    for told in ("Ada Byron", "A. Byron", "Elbchaussee", "@", "site-packages", "/tests/", "/workflows/"):
        assert told not in said
