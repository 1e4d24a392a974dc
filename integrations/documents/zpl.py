"""Parcel labels in ZPL II, the language of label printers: the same 4 by 6 inches at 203 dots per inch (8 dots to the millimetre).

From Zebra's ZPL II Programming Guide: ^FO places a field, ^A0 sets its type, ^FH lets bytes be written as hex, ^CI28 reads UTF-8, ^BC draws
Code 128, in which >; chooses code set C and >8 is FNC1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.sscc import spaced
from integrations.documents.layout import postal
from integrations.documents.models import ParcelLabel

WIDE, HIGH, EDGE = 812, 1218, 32  # dots
SSCC_MODULE, SSCC_HEIGHT = 4, 260  # 0.5 mm and 32.5 mm, as on the PDF
SSCC_MODULES = 156  # start, FNC1, ten pairs of digits and the check character of 11 modules each, and the stop character of 13


def write_labels(labels: Sequence[ParcelLabel]) -> str:
    return "".join("\n".join(["^XA", f"^PW{WIDE}", f"^LL{HIGH}", "^CI28", *_fields(label), "^XZ"]) + "\n" for label in labels)


def _fields(label: ParcelLabel) -> Iterator[str]:
    yield _text(EDGE, 28, 16, "FROM")
    for number, line in enumerate(postal(label.sender).split("\n")):
        yield _text(EDGE, 52 + 26 * number, 22, line, room=430)
    yield _right(24, 44, label.carrier or "No carrier yet", room=310)
    yield _right(72, 32, label.service.replace("_", " ").upper(), room=310)
    yield _right(118, 64, f"{label.parcel}/{label.parcels}", room=310)
    yield _line(196, 4)
    yield _text(EDGE, 212, 16, "SHIP TO")
    name, *rest = postal(label.ship_to).split("\n")
    yield _text(EDGE, 236, 42, name)
    for number, line in enumerate(rest):
        yield _text(EDGE, 288 + 42 * number, 34, line)
    yield _line(464, 2)
    facts = (
        ("ORDER", label.order),
        ("YOUR REFERENCE", label.po_number),
        ("SHIPMENT", str(label.shipment)),
        ("WEIGHT", _kilos(label.weight_g)),
    )
    for (heading, content), at, room in zip(facts, (0, 290, 510, 620), (280, 210, 100, 130), strict=True):
        yield _text(EDGE + at, 474, 16, heading)
        yield _text(EDGE + at, 498, 26, content, room=room)
    yield _line(536, 2)
    if label.tracking:
        yield _text(EDGE, 548, 16, "TRACKING NUMBER")
        module = 3 if len(label.tracking) <= 18 else 2
        # Code 128 needs 11 modules for a letter and for a pair of digits; centred as if all were letters, the bars stay on the label.
        width = module * (11 * (len(label.tracking) + 2) + 13)
        yield f"^FO{max((WIDE - width) // 2, EDGE)},572^BY{module}^BCN,160,N,N,N,A^FH_^FD{_safe(label.tracking)}^FS"
        yield _centred(742, 34, label.tracking)
    yield _line(790, 2)
    if label.sscc:
        yield _text(EDGE, 802, 16, "SSCC")
        left = (WIDE - SSCC_MODULE * SSCC_MODULES) // 2
        yield f"^FO{left},830^BY{SSCC_MODULE}^BCN,{SSCC_HEIGHT},N,N,N^FD>;>800{label.sscc}^FS"
        yield _centred(1104, 34, spaced(label.sscc))


def _text(x: int, y: int, size: int, words: str, room: int = WIDE - 2 * EDGE) -> str:
    size, words = _fitted(size, words, room)
    return f"^FO{x},{y}^A0N,{size},{size}^FH_^FD{_safe(words)}^FS"


def _right(y: int, size: int, words: str, room: int) -> str:
    size, words = _fitted(size, words, room)
    return f"^FO{WIDE - EDGE - room},{y}^A0N,{size},{size}^FB{room},1,0,R^FH_^FD{_safe(words)}^FS"


def _centred(y: int, size: int, words: str) -> str:
    return f"^FO{EDGE},{y}^A0N,{size},{size}^FB{WIDE - 2 * EDGE},1,0,C^FH_^FD{_safe(words)}^FS"


def _fitted(size: int, words: str, room: int) -> tuple[int, str]:
    """Smaller type for long words, at least 16 dots; font 0 is about half as wide as it is high."""
    while size > 16 and len(words) * size * 0.55 > room:
        size -= 2
    return size, words[: int(room / (size * 0.5))]


def _line(y: int, thick: int) -> str:
    return f"^FO{EDGE},{y}^GB{WIDE - 2 * EDGE},{thick},{thick}^FS"


def _safe(words: str) -> str:
    """What customers write is never read as a command: the printer's own signs become hex, and line breaks blanks."""
    plain = " ".join(words.split())
    return "".join(f"_{ord(sign):02X}" if sign in "^~_" else sign for sign in plain)


def _kilos(grams: int) -> str:
    return f"{grams / 1000:.2f} kg"
