"""Documents of real shops: each is translated or not for the reason that docs/channels.md gives."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import InputRefused
from domain.intake import Delivery, IgnoredIn, MessageIn, OrderIn, OrderStatedIn, Part, RefusedIn
from starters.forms import FORMS

PAGE = Path(__file__).parents[2] / "docs" / "channels.md"
FOLDERS = ("shopify", "woocommerce", "amazon")
TOPICS = {"shopify": ("orders/create", "orders/updated"), "woocommerce": ("order.created", "order.updated"), "amazon": ("", "")}
ROW = re.compile(r"^\| `((?:shopify|woocommerce|amazon)/[^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
TABLE = {name: (new.strip(), changed.strip()) for name, _, new, changed in ROW.findall(PAGE.read_text())}


def outcome(folder: str, content: bytes, topic: str) -> str:
    """What becomes of a document by its topic, as the page says it."""
    delivery = Delivery(channel=folder, delivery="d-1", form=folder, topic=topic, body=content, received_at=datetime.now(UTC))
    try:
        (part,) = FORMS[folder](delivery, {})
    except InputRefused as refused:
        return f"refused: {refused}"
    return _in_words(part)


def _in_words(part: Part) -> str:
    match part:
        case OrderIn() | OrderStatedIn():
            total, stated = part.order.total, part.order.stated_total
            adds_up = "" if stated in (None, total) else f", its shop says {stated}"
            called = "an order" if isinstance(part, OrderIn) else "how it stands"
            return f"{called}: {part.order.key}, {len(part.order.lines)} lines, {total}{adds_up}"
        case MessageIn():
            return part.message.called()
        case RefusedIn() | IgnoredIn():
            return f"{'refused' if isinstance(part, RefusedIn) else 'ignored'}: {part.reason}"
    raise AssertionError(part)


def test_the_page_names_every_document(shared_samples: Path) -> None:
    assert {f"{folder}/{path.name}" for folder in FOLDERS for path in (shared_samples / folder).iterdir()} == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_real_document_becomes_what_the_page_says(shared_samples: Path, name: str) -> None:
    folder = name.partition("/")[0]
    content = (shared_samples / name).read_bytes()
    assert tuple(outcome(folder, content, topic) for topic in TOPICS[folder]) == TABLE[name]
