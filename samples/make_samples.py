"""Write the demo's sample orders, their scenarios and the master records they need: `python samples/make_samples.py [FOLDER]`.

The same source gives the same bytes; a test compares them with what stands in the repository.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from source import catalogue, desk, files, planning, shopify, x12
from source.edi_orders import X12_FILES
from source.orders import Order
from source.shop_orders import SHOPIFY


def write_samples(folder: Path) -> None:
    scenarios = []
    for order in SHOPIFY:
        file = f"shopify/{order.number}.json"
        _write(folder / file, shopify.body(order))
        scenarios.append(_scenario("shopify", file, order))
    for order in desk.DESK:
        file = f"manual/{order.number}.json"
        _write(folder / file, desk.body(order))
        scenarios.append(_scenario("manual", file, order))
    for number, (file, (envelope, orders)) in enumerate(X12_FILES.items(), 1):
        _write(folder / "x12" / file, x12.interchange(number, envelope, orders))
        scenarios += [_scenario("x12", f"x12/{file}", order) for order in orders]
    _write(folder / files.TABLE, files.table())
    scenarios += [_scenario("file", files.TABLE, order) for order in files.TABLED]
    _write(folder / files.TYPED, files.typed(files.FAIR))
    scenarios.append(_scenario("desk", files.TYPED, files.FAIR))
    _write(folder / files.QUOTE, files.typed(files.QUOTED))
    scenarios.append(_scenario("quote", files.QUOTE, files.QUOTED) | {"key": "quote/Q-000001"})
    _write_json(folder / "scenarios.json", scenarios)
    _write_json(folder / "catalogue.json", catalogue.document())
    _write(folder / "sales_history.csv", planning.history())


def _scenario(channel: str, file: str, order: Order) -> dict[str, Any]:
    key = f"{channel}/{order.external_id}"
    return {"key": key, "file": file, "title": order.title, "ends": order.ends, "script": order.script}


def _write_json(path: Path, content: Any) -> None:
    _write(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


if __name__ == "__main__":
    write_samples(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
