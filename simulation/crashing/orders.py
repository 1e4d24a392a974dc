"""The orders of a crash run: the samples with their stories, and further customers with the same stories."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from starters.channels.recognise import recognise
from starters.demonstration import Scenario, read_scenarios

SHORT = (
    "shopify/5001", "shopify/5007", "shopify/5013", "shopify/5014", "shopify/5015", "shopify/5019", "shopify/5020", "shopify/5021",
    "shopify/5023", "shopify/5024", "shopify/5025", "shopify/5026", "shopify/5030", "shopify/5031", "shopify/5032", "shopify/5033",
    "x12/BG-1", "x12/SK-201", "x12/GB-202", "x12/W7-203",
)  # fmt: skip
"""Twenty stories that between them label, capture, refund, remind, undo and exchange."""

UNIQUE_STOCK = ("shopify/5007", "shopify/5035")
"""Stories that take the last of an item, which cannot be told twice."""


def prepare(samples: Path, folder: Path, orders: int) -> list[Scenario]:
    """Write samples for so many orders into the empty `folder`; beyond those that there are, the shop orders come once more."""
    stories = read_scenarios(samples)
    if orders <= len(SHORT):
        stories = [story for story in stories if story.key in SHORT][:orders]
    chosen = stories[:orders]
    for file in {story.file for story in chosen}:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(samples / file, folder / file)
    again = [story for story in stories if story.key.startswith("shopify/") and story.key not in UNIQUE_STOCK]
    turn = 1
    while len(chosen) < orders:
        chosen += [_retold(story, samples, folder, turn) for story in again[: orders - len(chosen)]]
        turn += 1
    (folder / "scenarios.json").write_text(json.dumps([story.model_dump() for story in chosen]))
    return chosen


def _retold(story: Scenario, samples: Path, folder: Path, turn: int) -> Scenario:
    """The same story of another order."""
    (order,) = recognise((samples / story.file).read_bytes(), story.file)
    later = order.model_copy(update={"external_id": f"{order.external_id}-{turn}"})
    file = f"again/{later.external_id}.json"
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(later.model_dump_json())
    return story.model_copy(update={"key": later.key, "file": file})
