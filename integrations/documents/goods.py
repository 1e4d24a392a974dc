"""Papers about goods: the packing slip in the box, and the form with which goods come back."""

from __future__ import annotations

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Table, TableStyle

from domain.messages import ReturnKind
from integrations.documents.layout import ACCENT, QUIET, WIDTH, addressed, boxed, date, fonts, gap, listing, postal, sheet, text
from integrations.documents.models import CarrierManifest, PackingSlip, ReturnForm


def draw_packing_slip(slip: PackingSlip) -> bytes:
    facts = [
        ("Order", slip.order),
        ("Your reference", slip.po_number),
        ("Shipment", f"{slip.shipment} from {slip.location}"),
        ("Packed on", date(slip.packed_at)),
        ("Carrier", " ".join(part for part in (slip.carrier, slip.service) if part)),
        ("Tracking number", slip.tracking),
        ("Parcels", f"{len(slip.parcels)}, {_kilograms(sum(parcel.weight_g for parcel in slip.parcels))} in all"),
    ]
    columns = [("Line", 10, False), ("Item", 30, False), ("Description", 80, False), ("Ordered", 20, True), ("In this shipment", 30, True)]
    lines = [[str(line.line), line.item, line.description, f"{line.ordered:,}", f"{line.packed:,}"] for line in slip.lines]
    items = {line.line: line.item for line in slip.lines}
    numbered = any(parcel.sscc for parcel in slip.parcels)
    parcels = [
        [
            f"{parcel.number} of {len(slip.parcels)}",
            ", ".join(f"{part.quantity} × {items.get(part.line, f'line {part.line}')}" for part in parcel.contents),
            *([parcel.sscc] if numbered else []),
            _kilograms(parcel.weight_g),
        ]
        for parcel in slip.parcels
    ]
    sscc = [("SSCC", 44, False)] if numbered else []
    story: list[Flowable] = [
        addressed([("Ship to", slip.ship_to)], facts),
        gap(9),
        listing(columns, lines),
        gap(8),
        text("Parcels", bold=True, size=10.5),
        gap(1.5),
        listing([("Parcel", 22, False), ("Contents", 118 - 44 * numbered, False), *sscc, ("Weight", 30, True)], parcels),
        gap(8),
        text(
            "What is missing here comes in a shipment of its own or was cancelled. Please check the goods when they arrive and tell us of "
            "any damage within seven days.",
            quiet=True,
            size=8.5,
        ),
    ]
    return sheet("Packing slip", f"{slip.order} / {slip.shipment}", slip.seller, story)


def draw_manifest(manifest: CarrierManifest) -> bytes:
    shipments = manifest.shipments
    facts = [
        ("Manifest", manifest.number),
        ("Carrier", manifest.carrier),
        ("Carrier's number", manifest.reference),
        ("Closed on", f"{date(manifest.closed_at)}, {manifest.closed_at:%H:%M} UTC"),
        ("Shipments", f"{len(shipments)}, {sum(each.parcels for each in shipments)} parcels"),
        ("Weight", _kilograms(sum(each.weight_g for each in shipments))),
    ]
    columns = [
        ("Shipment", 46, False),
        ("Service", 24, False),
        ("Tracking number", 40, False),
        ("SSCC", 46, False),
        ("Parcels", 19, True),
        ("Weight", 22, True),
    ]
    rows = [
        [
            f"{each.order} / {each.shipment}\n{each.town}",
            each.service.replace("_", " "),
            each.tracking,
            "\n".join(each.sscc),
            str(each.parcels),
            _kilograms(each.weight_g),
        ]
        for each in shipments
    ]
    signature = Table([["", "", ""], ["Date and time", "Driver, name in block letters", "Signature"]], colWidths=[WIDTH / 3] * 3)
    signature.setStyle(
        TableStyle(
            [
                ("LINEABOVE", (0, 1), (-1, 1), 0.6, QUIET),
                ("FONT", (0, 1), (-1, 1), "Sheet", 7.5),
                ("TEXTCOLOR", (0, 1), (-1, 1), QUIET),
                ("TOPPADDING", (0, 0), (-1, 0), 14 * mm),
            ]
        )
    )
    story: list[Flowable] = [
        addressed([("Fetched at", manifest.address)], facts),
        gap(9),
        listing(columns, rows),
        gap(8),
        KeepTogether([text("Received in good order and complete:", size=9), signature]),
    ]
    return sheet("Manifest", manifest.number, manifest.seller, story)


def draw_return_form(form: ReturnForm) -> bytes:
    what = "Exchange" if form.kind is ReturnKind.EXCHANGE else "Refund"
    facts = [
        ("Return", form.number),
        ("Order", form.order),
        ("Authorized on", date(form.authorized_at)),
        ("Valid until", date(form.expires_at)),
        ("You asked for", what.lower()),
        ("Reason", form.reason),
    ]
    columns = [("Line", 10, False), ("Item", 32, False), ("Description", 98, False), ("Quantity", 30, True)]
    lines = [[str(line.line), line.item, line.description, f"{line.quantity:,}"] for line in form.lines]
    outcome = "your replacement is sent" if form.kind is ReturnKind.EXCHANGE else "your refund is paid the way you paid"
    story: list[Flowable] = [
        addressed([("From", form.sender)], facts),
        gap(8),
        listing(columns, lines),
        gap(6),
        text(
            f"Pack the goods safely and put this page inside. Cut out the label, fix it to the parcel and hand it to {form.carrier} "
            f"by {date(form.expires_at)}. As soon as we have looked at the goods, {outcome}.",
        ),
        gap(9),
        KeepTogether([text("Cut along the line", quiet=True, size=7.5), gap(1), _label(form)]),
    ]
    return sheet("Return form", form.number, form.seller, story)


def _label(form: ReturnForm) -> Flowable:
    fonts()
    barcode = Code128(form.tracking, barHeight=20 * mm, barWidth=0.5 * mm, quiet=False)
    inner = WIDTH - 10 * mm
    addresses = Table(
        [
            [text("From", quiet=True, size=7.5), text("To", quiet=True, size=7.5)],
            [text(postal(form.sender), size=8.5), text(postal(form.to), bold=True, size=12)],
        ],
        colWidths=[inner * 0.42, inner * 0.58],
    )
    addresses.setStyle(TableStyle([("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    head = Table(
        [[text(f"{form.carrier} {form.service}", bold=True, size=13), text(f"Return {form.number}", bold=True, right=True, size=11)]],
        colWidths=[inner * 0.6, inner * 0.4],
    )
    head.setStyle(
        TableStyle(
            [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0), ("LINEBELOW", (0, 0), (-1, -1), 1.2, ACCENT)]
        )
    )
    return boxed([head, gap(3), addresses, gap(5), barcode, gap(1.5), text(form.tracking, bold=True, size=11)], dashed=True)


def _kilograms(grams: int) -> str:
    return f"{grams / 1000:,.2f} kg"
