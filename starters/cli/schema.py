"""What a document has to look like, for programs."""

from __future__ import annotations

import json
import sys

import typer

app = typer.Typer()
group = typer.Typer(help="JSON Schemas of our own forms, for programs that make them.", no_args_is_help=True)
app.add_typer(group, name="schema", rich_help_panel="Bring in")


@group.callback()
def _schemas() -> None:
    """JSON Schemas of our own forms, for programs that make them."""


@group.command()
def order() -> None:
    """The JSON Schema (draft 2020-12) of an order, as `GET /schemas/order.json` serves it."""
    from starters.schemas import order_schema

    sys.stdout.write(json.dumps(order_schema(), indent=2) + "\n")
