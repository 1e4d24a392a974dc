"""The sheet: one look for all papers, on A4, in a font that has the letters of Europe.

Only the modules that draw import this one: reportlab takes a third of a second to load.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache, partial
from importlib.resources import as_file, files
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

from domain.money import Money, exponent
from domain.order import Address, Moment
from integrations.documents.language import Voice, spoken
from integrations.documents.models import Seller

INK, QUIET, LINE, SHADE, ACCENT = (HexColor(code) for code in ("#1f2933", "#5f6c7b", "#cbd2d9", "#f3f6f8", "#1d4e6f"))
MARGIN = 20 * mm
WIDTH = A4[0] - 2 * MARGIN
"""The printable width, in points."""
COUNTRIES = {
    "AT": "Austria", "BE": "Belgium", "CA": "Canada", "CH": "Switzerland", "CZ": "Czechia", "DE": "Germany", "DK": "Denmark",
    "ES": "Spain", "FI": "Finland", "FR": "France", "GB": "United Kingdom", "GR": "Greece", "HU": "Hungary", "IE": "Ireland",
    "IT": "Italy", "JP": "Japan", "LU": "Luxembourg", "NL": "Netherlands", "NO": "Norway", "PL": "Poland", "PT": "Portugal",
    "SE": "Sweden", "SI": "Slovenia", "SK": "Slovakia", "US": "United States",
}  # fmt: skip


def sheet(title: str, number: str, seller: Seller, story: Sequence[Flowable], language: str = "en") -> bytes:
    """The finished PDF: the seller's letterhead, the title, the story, and a foot with the seller's details and page numbers."""
    voice = Voice(language)
    fonts()
    written = io.BytesIO()
    document = BaseDocTemplate(
        written,
        pagesize=A4,
        title=f"{title} {number}",
        author=seller.name,
        subject=title,
        creator="Holdfast",
        lang=spoken(language),
        invariant=1,  # no clock and no chance in the file: the same paper has the same bytes
    )
    frame = Frame(MARGIN, 30 * mm, WIDTH, A4[1] - 68 * mm, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)

    def letterhead(canvas: Canvas, _document: object) -> None:
        _letterhead(canvas, title, number, seller, voice)

    document.addPageTemplates(PageTemplate(frames=[frame], onPage=letterhead))
    document.build(list(story), canvasmaker=partial(_NumberedPages, voice))
    return written.getvalue()


def text(content: str, *, bold: bool = False, quiet: bool = False, right: bool = False, size: float = 9) -> Paragraph:
    """A paragraph; what customers and channels wrote is shown as it is, never read as markup."""
    fonts()
    return Paragraph(escape(content).replace("\n", "<br/>"), _style(bold, quiet, right, size))


@cache
def _style(bold: bool, quiet: bool, right: bool, size: float) -> ParagraphStyle:
    return ParagraphStyle(
        f"{bold}{quiet}{right}{size}",
        fontName="Sheet-Bold" if bold else "Sheet",
        fontSize=size,
        leading=size * 1.42,
        textColor=QUIET if quiet else INK,
        alignment=TA_RIGHT if right else 0,
        splitLongWords=True,
    )


def addressed(left: Sequence[tuple[str, Address]], facts: Sequence[tuple[str, str]]) -> Flowable:
    """Addresses under their headings on the left, facts (name, content) on the right."""
    blocks: list[Flowable] = []
    for heading, address in left:
        if blocks:
            blocks.append(Spacer(0, 4 * mm))
        blocks += [text(heading, quiet=True, size=7.5), text(postal(address), size=9.5)]
    rows = [[text(name, quiet=True, size=8.5), text(content, size=8.5)] for name, content in facts if content]
    table = Table(rows, colWidths=[30 * mm, 50 * mm])
    table.setStyle(TableStyle([*_FLUSH, ("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 1), *_TOP]))
    both = Table([[blocks, table]], colWidths=[WIDTH - 80 * mm, 80 * mm])
    both.setStyle(TableStyle([*_FLUSH, *_TOP]))
    return both


def listing(columns: Sequence[tuple[str, float, bool]], rows: Sequence[Sequence[str]]) -> Flowable:
    """A table whose head comes again on every page; `columns` are (title, share of the width, right-aligned)."""
    head = [text(title, bold=True, right=right, size=8) for title, _share, right in columns]
    body = [[text(cell, right=columns[i][2], size=8.5) for i, cell in enumerate(row)] for row in rows]
    total = sum(share for _title, share, _right in columns)
    table = Table([head, *body], colWidths=[WIDTH * share / total for _title, share, _right in columns], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), SHADE),
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, ACCENT),
                ("LINEBELOW", (0, 1), (-1, -1), 0.3, LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 4),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
                ("LEFTPADDING", (0, 0), (-1, -1), 4),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ]
        )
    )
    return table


def sums(rows: Sequence[tuple[str, str]], *, final: int) -> Flowable:
    """Amounts under each other on the right; the row `final` is the one that counts."""
    cells = [
        [text(name, bold=i == final, right=True), text(amount, bold=i == final, right=True, size=10.5 if i == final else 9)]
        for i, (name, amount) in enumerate(rows)
    ]
    table = Table(cells, colWidths=[85 * mm, 40 * mm], hAlign="RIGHT")
    table.setStyle(
        TableStyle(
            [
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LINEABOVE", (0, final), (-1, final), 0.8, ACCENT),
                ("BACKGROUND", (0, final), (-1, final), SHADE),
                ("TOPPADDING", (0, final), (-1, final), 4),
                ("BOTTOMPADDING", (0, final), (-1, final), 5),
            ]
        )
    )
    return table


def gap(millimetres: float) -> Flowable:
    return Spacer(0, millimetres * mm)


def boxed(content: Sequence[Flowable], *, dashed: bool = False) -> Flowable:
    """A frame over the whole width; dashed, it is to be cut out."""
    table = Table([[list(content)]], colWidths=[WIDTH])
    outline: tuple[Any, ...] = ("BOX", (0, 0), (-1, -1), 0.8, QUIET if dashed else LINE, None, (4, 3) if dashed else None)
    padding = [(f"{side}PADDING", (0, 0), (-1, -1), 5 * mm) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
    table.setStyle(TableStyle([outline, *padding]))
    return table


def postal(address: Address) -> str:
    """The address as one writes it on an envelope, line by line; the country in words."""
    town = " ".join(part for part in (address.postcode, address.city) if part)
    town = f"{town}, {address.region}" if address.region else town
    return "\n".join(part for part in (address.name, address.street, town, COUNTRIES.get(address.country, address.country)) if part)


def date(moment: Moment) -> str:
    return f"{moment.day} {moment:%B %Y}"


def amount(money: Money) -> str:
    """The amount with its decimals and thousands, without the currency: that stands in the table's head."""
    return f"{money.major:,.{exponent(money.currency)}f}"


@cache
def fonts() -> None:
    """Open Sans: Latin, Greek and Cyrillic letters, under the Apache licence, from a package that ships nothing else."""
    for name, style in (("Sheet", "Regular"), ("Sheet-Bold", "SemiBold")):
        with as_file(files("ttf_opensans") / "ttf" / f"OpenSans-{style}.ttf") as path:
            pdfmetrics.registerFont(TTFont(name, str(path)))


class _NumberedPages(Canvas):
    """Keeps its pages until their number is known."""

    def __init__(self, voice: Voice, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._voice = voice
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 -- reportlab's name
        self._pages.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # the stubs leave it out

    def save(self) -> None:
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            self.setFont("Sheet", 7.5)
            self.setFillColor(QUIET)
            said = self._voice.said("page", number=str(number), pages=str(len(self._pages)))
            self.drawRightString(A4[0] - MARGIN, 12 * mm, said)
            super().showPage()
        super().save()


def _letterhead(canvas: Canvas, title: str, number: str, seller: Seller, voice: Voice) -> None:
    canvas.saveState()
    top = A4[1] - 20 * mm
    canvas.setFillColor(ACCENT)
    canvas.rect(0, A4[1] - 3 * mm, A4[0], 3 * mm, stroke=0, fill=1)
    canvas.setFont("Sheet-Bold", 15)
    canvas.drawString(MARGIN, top, seller.name)
    canvas.setFillColor(INK)
    canvas.drawRightString(A4[0] - MARGIN, top, title)
    canvas.setFillColor(QUIET)
    canvas.setFont("Sheet", 9.5)
    canvas.drawRightString(A4[0] - MARGIN, top - 5.5 * mm, number)
    canvas.setFont("Sheet", 8)
    canvas.drawString(MARGIN, top - 5.5 * mm, " · ".join(postal(seller.address).split("\n")[1:]))
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, 25 * mm, A4[0] - MARGIN, 25 * mm)
    canvas.setFont("Sheet", 7.5)
    contact = [seller.name, seller.email, seller.phone, voice.said("vat_id", number=seller.tax_id) if seller.tax_id else ""]
    canvas.drawString(MARGIN, 20 * mm, " · ".join(part for part in contact if part))
    canvas.drawString(MARGIN, 16 * mm, " · ".join(seller.bank))
    canvas.restoreState()


_FLUSH: list[Any] = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)]
_TOP: list[Any] = [("VALIGN", (0, 0), (-1, -1), "TOP")]
