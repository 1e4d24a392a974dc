"""Blocked invoices: the goods have left, the customer may not be invoiced yet, and the invoice follows when the block ends."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.credit import StopStage
    from domain.exceptions import ExceptionKind
    from domain.lifecycle import Wait
    from domain.parts import Shipment

from workflows.chapter import Chapter
from workflows.stages.credit_check import judge, question, words
from workflows.stages.shipping import invoice
from workflows.stages.stopping import sentence
from workflows.stages.supply import cause_of


async def invoice_later(chapter: Chapter, shipment: Shipment) -> None:
    subject = f"invoice of {shipment.name}"
    while (stop := shipment.invoice_stop) is not None:

        def news() -> bool:
            return bool(words(chapter, subject))

        cause, released = None, False
        about = f"{subject}: {'; '.join(stop.reasons)}"
        if not await chapter.until(news, Wait.CREDIT, about, stop.review_at, ExceptionKind.INVOICE_BLOCKED):
            async with chapter.question(ExceptionKind.INVOICE_BLOCKED, subject, sentence(stop), news) as answer:
                cause, released = cause_of(answer), answer.choice == "invoice_now"
        asked = question(chapter, StopStage.INVOICE, chapter.now)
        judged = await judge(chapter, asked, subject, cause, released)
        if judged.reasons:
            stop.reasons, stop.review_at = list(judged.reasons), asked.review_at
        else:
            shipment.invoice_stop = None
    await invoice(chapter, shipment)
