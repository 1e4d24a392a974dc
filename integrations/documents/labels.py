"""Parcel labels as PDF: one page of 4 by 6 inches each, for any printer."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.colors import black
from reportlab.lib.units import inch, mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from domain.sscc import spaced
from integrations.documents.layout import QUIET, fonts, postal
from integrations.documents.models import ParcelLabel

WIDE, HIGH, EDGE = 4 * inch, 6 * inch, 4 * mm

FNC1 = "\xf1"
"""The character with which a Code 128 becomes a GS1-128."""

MODULE = 0.5 * mm
"""The narrowest bar of an SSCC: the GS1 General Specifications ask for 0.495 mm at least on a logistic label, and for 32 mm of height."""


def draw_labels(labels: Sequence[ParcelLabel]) -> bytes:
    fonts()
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=(WIDE, HIGH), invariant=1)
    canvas.setTitle(f"Labels of {labels[0].order} / {labels[0].shipment}" if labels else "Labels")
    canvas.setCreator("Holdfast")
    for label in labels:
        _draw(canvas, label)
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def _draw(canvas: Canvas, label: ParcelLabel) -> None:
    top = HIGH - EDGE
    _small(canvas, EDGE, top - 2.5 * mm, "FROM")
    _lines(canvas, EDGE, top - 6 * mm, postal(label.sender).split("\n"), size=7, leading=3.1 * mm, wide=52 * mm)
    canvas.setFillColor(black)
    _fitted(canvas, WIDE - EDGE, top - 5 * mm, label.carrier or "No carrier yet", size=15, wide=38 * mm, right=True)
    _fitted(canvas, WIDE - EDGE, top - 10.5 * mm, label.service.replace("_", " ").upper(), size=10, wide=38 * mm, right=True)
    canvas.setFont("Sheet-Bold", 22)
    canvas.drawRightString(WIDE - EDGE, top - 19.5 * mm, f"{label.parcel}/{label.parcels}")
    _rule(canvas, top - 22 * mm, thick=True)

    _small(canvas, EDGE, top - 25.5 * mm, "SHIP TO")
    name, *rest = postal(label.ship_to).split("\n")
    _fitted(canvas, EDGE, top - 31.5 * mm, name, size=14, wide=WIDE - 2 * EDGE)
    _lines(canvas, EDGE, top - 37 * mm, rest, size=11.5, leading=5 * mm, wide=WIDE - 2 * EDGE)
    _rule(canvas, top - 55 * mm)

    facts = (
        ("ORDER", label.order),
        ("YOUR REFERENCE", label.po_number),
        ("SHIPMENT", str(label.shipment)),
        ("WEIGHT", _kilos(label.weight_g)),
    )
    for (name, content), at in zip(facts, (0, 36 * mm, 64 * mm, 78 * mm), strict=True):
        _small(canvas, EDGE + at, top - 58 * mm, name)
        _fitted(canvas, EDGE + at, top - 62.5 * mm, content, size=8.5, wide={0: 34, 36 * mm: 27}.get(at, 16) * mm)
    _rule(canvas, top - 65 * mm)

    if label.tracking:
        _small(canvas, EDGE, top - 68.5 * mm, "TRACKING NUMBER")
        _bars(canvas, label.tracking, top - 92 * mm, height=21 * mm, module=_module_for(label.tracking))
        _centred(canvas, top - 96.5 * mm, label.tracking, size=11)
    _rule(canvas, top - 99 * mm)
    if label.sscc:
        _small(canvas, EDGE, top - 102.5 * mm, "SSCC")
        _bars(canvas, f"{FNC1}00{label.sscc}", top - 137 * mm, height=32.5 * mm, module=MODULE)
        _centred(canvas, top - 142 * mm, spaced(label.sscc), size=11)


def _bars(canvas: Canvas, content: str, bottom: float, *, height: float, module: float) -> None:
    code = Code128(content, barHeight=height, barWidth=module, quiet=False, humanReadable=False)
    code.drawOn(canvas, (WIDE - code.width) / 2, bottom)


def _module_for(content: str) -> float:
    """The widest bars with which the code still leaves quiet zones of ten modules on both sides."""
    code = Code128(content, barWidth=1.0, quiet=False)
    return min(0.6 * mm, WIDE / (float(code.width) + 20))


def _rule(canvas: Canvas, y: float, *, thick: bool = False) -> None:
    canvas.setStrokeColor(black)
    canvas.setLineWidth(1.4 if thick else 0.6)
    canvas.line(EDGE, y, WIDE - EDGE, y)


def _small(canvas: Canvas, x: float, y: float, words: str) -> None:
    canvas.setFillColor(QUIET)
    canvas.setFont("Sheet", 5.5)
    canvas.drawString(x, y, words)
    canvas.setFillColor(black)


def _lines(canvas: Canvas, x: float, y: float, lines: Sequence[str], *, size: float, leading: float, wide: float) -> None:
    for number, line in enumerate(lines):
        _fitted(canvas, x, y - number * leading, line, size=size, wide=wide, font="Sheet")


def _fitted(
    canvas: Canvas, x: float, y: float, words: str, *, size: float, wide: float, right: bool = False, font: str = "Sheet-Bold"
) -> None:
    """In the size that was asked for, or smaller where the words are long; what does not fit at half the size is cut."""
    while size > 5 and stringWidth(words, font, size) > wide:
        size -= 0.5
    while words and stringWidth(words, font, size) > wide:
        words = words[:-1]
    canvas.setFont(font, size)
    (canvas.drawRightString if right else canvas.drawString)(x, y, words)


def _centred(canvas: Canvas, y: float, words: str, *, size: float) -> None:
    canvas.setFont("Sheet-Bold", size)
    canvas.drawCentredString(WIDE / 2, y, words)


def _kilos(grams: int) -> str:
    return f"{grams / 1000:.2f} kg"
