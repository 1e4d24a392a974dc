"""Fulfilment: one shipment from its reserved stock to the customer's door."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.parts import Shipment

from workflows.chapter import Chapter
from workflows.stages import delivery, floor, shipping


async def fulfil(chapter: Chapter, shipment: Shipment) -> None:
    """Each step skips itself when it is done; a shipment that was given up ends at once."""
    if shipment.unshippable:
        await shipping.cancel_shipment(chapter, shipment)
    for step in (floor.release, floor.pick, floor.pack, shipping.capture, shipping.ship, shipping.invoice, delivery.deliver):
        if shipment.settled:
            return
        await step(chapter, shipment)
