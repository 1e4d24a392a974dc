"""The published form of an order: what it allows is read, and what the description shows can be sent as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from database.inbox import EntryView
from database.promise_answers import PromiseAnswer
from database.reading import AuditView
from domain.errors import InputRefused
from domain.messages import FACTS, REQUESTS, Receipt
from starters.channels import generic, manual
from starters.cli.main import run
from starters.http import examples
from starters.http.messages import ReturnAsked, Told
from starters.http.orders import OrderPage, OrderRead, Taken
from starters.schemas import DIALECT, ORDER_ID, order_schema

VALIDATOR = jsonschema_rs.Draft202012Validator(order_schema(), validate_formats=True)


def test_the_schema_is_one_and_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    jsonschema_rs.meta.validate(order_schema())
    assert run(["schema", "order"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == order_schema()
    assert (printed["$schema"], printed["$id"]) == (DIALECT, ORDER_ID)


async def test_it_is_served_to_anybody_at_a_stable_address(door: httpx.AsyncClient) -> None:
    answer = await door.get("/schemas/order.json", headers={"X-API-Key": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")
    assert answer.json() == order_schema()


def test_every_field_says_what_it_is() -> None:
    schema = order_schema()
    for name, part in {"Order": schema, **schema["$defs"]}.items():
        for field, described in part.get("properties", {}).items():
            assert described.get("description"), f"{name}.{field}"


def test_what_it_allows_is_read_and_what_it_forbids_is_refused(samples_dir: Path) -> None:
    ours = [json.loads(file.read_bytes()) for file in sorted((samples_dir / "manual").glob("*.json"))]
    for document in [examples.ORDER, *(order for each in ours for order in (each if isinstance(each, list) else [each]))]:
        VALIDATOR.validate(document)
        assert manual.read(json.dumps(document).encode())
    [line] = examples.ORDER["lines"]
    changes: list[dict[str, Any]] = [
        {"currency": "euro"},
        {"lines": []},
        {"lines": [{**line, "quantity": 0}]},
        {"lines": [{**line, "quantity": "2"}]},
        {"placed_at": "yesterday"},
        {"weather": "snow"},
        {"external_id": "a/b"},
        {"ship_to": {"name": "x"}},
    ]
    for change in changes:
        assert not VALIDATOR.is_valid({**examples.ORDER, **change}), change
        with pytest.raises(InputRefused):
            manual.read(json.dumps({**examples.ORDER, **change}).encode())


def test_a_channel_that_is_left_out_is_that_of_the_address_and_numbers_stay_as_written() -> None:
    body = (
        b'\xef\xbb\xbf {"external_id": "1", "lines": [{"number": 1, "item": "A", "quantity": 1, "unit_price": "0.10000000000000000001",'
        b'"discount": {"minor": 0, "currency": "EUR"}}], "customer": "C", "currency": "EUR", "placed_at": "2026-11-23T12:00:00Z", '
        b'"discount": {"minor": 0, "currency": "EUR"}, "freight": {"minor": 0, "currency": "EUR"}}'
    )
    order = generic.order_of(body, "fair")
    assert (order.key, str(order.lines[0].unit_price)) == ("fair/1", "0.10000000000000000001")
    for wrong, place in ((b'{"channel": "web"}', "channel"), (b"{}", "external_id"), (b"[{}]", "the document"), (b"7", "the document")):
        with pytest.raises(InputRefused) as refused:
            generic.order_of(wrong, "fair")
        assert refused.value.place == place


async def test_a_generic_order_is_placed_and_mapped_by_its_channel(door: httpx.AsyncClient) -> None:
    body = {name: value for name, value in examples.ORDER.items() if name != "channel"} | {"external_id": "generic-1"}
    answers = [await door.post("/channels/generic/fair", json=body) for _ in range(2)]
    assert [(answer.status_code, answer.json()["order"]) for answer in answers] == [(201, "fair/generic-1"), (200, "fair/generic-1")]
    waits = await door.post(
        "/channels/generic/fair", json=body | {"external_id": "generic-2", "lines": [{**body["lines"][0], "item": "Mühle"}]}
    )
    assert (waits.status_code, waits.json()["reason"]) == (202, "nobody has mapped item 'Mühle'")
    entry = (await door.get(f"/v1/inbox/{waits.json()['entry']}")).json()
    assert (entry["channel"], entry["form"]) == ("fair", "generic")


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (Taken, examples.TAKEN),
        (Told, examples.TOLD),
        (Receipt, examples.RECEIPT),
        (ReturnAsked, examples.RETURN),
        (OrderPage, examples.PAGE),
        (OrderRead, {name: value for name, value in examples.READ.items() if name != "stage"}),
        (AuditView, examples.TIMELINE[0]),
        (PromiseAnswer, examples.AVAILABILITY),
        (EntryView, examples.ENTRY),
    ],
)
def test_every_answer_that_is_shown_can_be_one(model: Any, example: Any) -> None:
    assert model.model_validate_json(json.dumps(example))


def test_every_message_that_is_shown_can_be_sent() -> None:
    stamp = {"message_id": "m", "occurred_at": "2026-11-25T09:30:00Z", "actor": "shop"}
    for name, example in examples.MESSAGES.items():
        message = {**FACTS, **REQUESTS}[name].model_validate_json(json.dumps(stamp | example["value"]))
        assert message.called() == name


async def test_every_body_and_every_good_answer_has_an_example(door: httpx.AsyncClient) -> None:
    described = (await door.get("/openapi.json")).json()
    lacking = []
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            shown = [(operation["requestBody"]["content"], "body")] if "requestBody" in operation else []
            shown += [
                (answer["content"], status) for status, answer in operation["responses"].items() if status < "300" and "content" in answer
            ]
            for content, where in shown:
                [(kind, media)] = content.items()
                if (
                    kind == "application/json"
                    and not {"example", "examples"} & media.keys()
                    and "examples" not in str(_resolved(media.get("schema", {}), described))
                ):
                    lacking.append(f"{method} {path} {where}")
    assert lacking == []


async def test_the_page_of_the_description_shows_every_operation_and_asks_no_other_host(door: httpx.AsyncClient) -> None:
    described = (await door.get("/openapi.json")).json()
    page = await door.get("/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    untold = [
        operation["operationId"]
        for methods in described["paths"].values()
        for operation in methods.values()
        if f'id="{operation["operationId"]}"' not in page.text
    ]
    assert untold == []
    for other in ("<script", "<link", "src=", "@import"):
        assert other not in page.text


def _resolved(schema: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return described["components"]["schemas"][name] if name else schema
