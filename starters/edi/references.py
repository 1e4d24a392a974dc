"""Our numbers in partners' documents: what we call a shipment comes back from carriers and warehouses."""

from __future__ import annotations

import re

_SHIPMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._:#-]*/[A-Za-z0-9][A-Za-z0-9._:#-]*)/([1-9][0-9]{0,5})")


def shipment_reference(order: str, shipment: int) -> str:
    """`{order}/{shipment}`, as labels, ship notices and orders to a warehouse name it."""
    return f"{order}/{shipment}"


def shipment_of(reference: str) -> tuple[str, int] | None:
    """The order and the shipment of one of our references, None for anything else."""
    found = _SHIPMENT.fullmatch(reference)
    return (found.group(1), int(found.group(2))) if found else None
