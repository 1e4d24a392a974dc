"""Which column is which: by the channel's map, else by the headings that people usually write, in English and German."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.column_map import ColumnMap, OrderField
from domain.errors import InputRefused
from starters.files.table import Row, letters

LOOKED_AT = 40
"""Rows among which the headings are looked for."""

F = OrderField
USUAL_HEADINGS: Mapping[OrderField, str] = {
    F.NUMBER: "order|order number|order no|order id|sales order|auftrag|auftragsnummer|auftragsnr|auftrag nr|belegnummer",
    F.PO: "po|po number|po no|purchase order|purchase order number|customer po|your reference|your order|reference|bestellung|"
    "bestellnummer|bestellnr|bestell nr|ihr zeichen|ihre bestellung|kundenreferenz|referenz",
    F.CUSTOMER: "customer|customer number|customer no|customer id|account|account number|buyer|kunde|kundennummer|kundennr|"
    "kunden nr|debitor",
    F.PLACED: "order date|ordered|ordered on|placed|date|bestelldatum|auftragsdatum|datum|belegdatum",
    F.WANTED: "wanted|wanted on|requested|requested date|requested delivery|delivery date|deliver by|required date|due date|wunschtermin|"
    "liefertermin|lieferdatum|wunschdatum|gewünscht",
    F.TERMS: "terms|payment terms|zahlungsbedingung|zahlungsbedingungen|zahlungsziel",
    F.CURRENCY: "currency|währung|waehrung",
    F.FREIGHT: "freight|shipping cost|shipping costs|fracht|versandkosten|frachtkosten",
    F.SERVICE: "service|shipping service|ship via|shipping method|versandart|versand",
    F.NAME: "ship to|ship to name|deliver to|recipient|consignee|name|lieferadresse|lieferanschrift|empfänger|empfaenger|warenempfänger",
    F.STREET: "street|address|address line 1|ship to street|ship to address|straße|strasse|adresse",
    F.POSTCODE: "postcode|post code|zip|zip code|postal code|ship to zip|plz|postleitzahl",
    F.CITY: "city|town|ship to city|ort|stadt",
    F.REGION: "region|state|province|bundesland|kanton",
    F.COUNTRY: "country|country code|ship to country|land|länderkennzeichen",
    F.EMAIL: "email|e mail|mail",
    F.ITEM: "item|item no|item number|item code|sku|article|article no|article number|product|product code|part|part no|part number|"
    "material|artikel|artikelnummer|artikelnr|artikel nr|art nr|artnr|materialnummer|teilenummer",
    F.QUANTITY: "quantity|qty|units|pieces|pcs|order quantity|ordered quantity|menge|anzahl|stück|stueck|stk|bestellmenge",
    F.PRICE: "price|unit price|net price|price each|preis|einzelpreis|stückpreis|nettopreis|ep|preis pro stück|vk preis",
    F.DISCOUNT: "discount|line discount|rabatt|nachlass",
    F.DESCRIPTION: "description|item description|product name|text|bezeichnung|beschreibung|artikelbezeichnung",
}
"""Headings as `plain` makes them of what is written."""


@dataclass(frozen=True)
class Columns:
    """Where each field stands. `unread` are the headings of columns that say nothing of an order."""

    row: int
    places: Mapping[OrderField, int]
    headings: Mapping[OrderField, str]
    unread: Sequence[str]

    def called(self, field: OrderField) -> str:
        """The column of a field as a person finds it."""
        return f"column {letters(self.places[field])} ({self.headings[field]})"


def plain(heading: str) -> str:
    """A heading without what people vary: case, dots, dashes, accents on nothing but its letters kept."""
    text = unicodedata.normalize("NFC", heading).casefold().replace("ß", "ss")
    return " ".join("".join(sign if sign.isalnum() else " " for sign in text).split())


_KNOWN = {plain(name): field for field, names in USUAL_HEADINGS.items() for name in names.split("|")}
_SQUEEZED = {name.replace(" ", ""): field for name, field in _KNOWN.items()}


def usual(heading: str) -> OrderField | None:
    return _SQUEEZED.get(plain(heading).replace(" ", ""))


def score(rows: Iterable[Row], columns: ColumnMap) -> int:
    """How many fields the best row of headings names: by this the separator of a text file is known."""
    return max((len(_fields(row, columns)) for row in _candidates(rows, columns)), default=0)


def find(rows: Sequence[Row], columns: ColumnMap) -> Columns:
    """The row of the headings and what stands under each. InputRefused when there is none, one is missing, or two say the same."""
    candidates = _candidates(rows, columns)
    if not candidates:
        raise InputRefused("the document", f"there is no row {columns.header_row} with headings" if columns.header_row else "it is empty")
    best = max(candidates, key=lambda row: (len(_fields(row, columns)), -row.number))
    found = _fields(best, columns)
    place = f"row {best.number}"
    for field, where in found.items():
        if len(where) > 1:
            both = " and ".join(f"{letters(column)} ({best.cell(column)})" for column in where[:3])
            raise InputRefused(
                place, f"the columns {both} both say {field.value}; a column map (`oms columns learn`) says which one counts"
            )
    wanted = [*columns.columns, *(field for field in (F.ITEM, F.QUANTITY) if field not in columns.columns)]
    missing = [field for field in wanted if field not in found]
    if missing or not found:
        raise InputRefused(place, _missing(missing, best, columns))
    places = {field: where[0] for field, where in found.items()}
    read = set(places.values())
    unread = [str(cell) for column, cell in enumerate(best.cells) if column not in read and not cell.empty]
    return Columns(best.number, places, {field: str(best.cell(column)) for field, column in places.items()}, unread)


def _candidates(rows: Iterable[Row], columns: ColumnMap) -> list[Row]:
    found = []
    for row in rows:
        if columns.header_row and row.number != columns.header_row:
            continue
        found.append(row)
        if len(found) == LOOKED_AT:
            break
    return found


def _fields(row: Row, columns: ColumnMap) -> dict[OrderField, list[int]]:
    """The columns of each field in this row, as the map names them; fields that the map leaves out by their usual headings."""
    mapped = {plain(heading): field for field, heading in columns.columns.items()}
    found: dict[OrderField, list[int]] = {}
    for column, cell in enumerate(row.cells):
        if cell.empty or cell.trouble or not isinstance(cell.value, str):
            continue
        field = mapped.get(plain(cell.value))
        if field is None:
            field = usual(cell.value)
            if field in columns.columns or field in columns.fixed:
                continue
        if field is not None:
            found.setdefault(field, []).append(column)
    return found


def _missing(missing: Sequence[OrderField], row: Row, columns: ColumnMap) -> str:
    named = ", ".join(f"{field.value} ({columns.columns[field]!r})" if field in columns.columns else field.value for field in missing)
    there = ", ".join(repr(str(cell))[:42] for cell in row.cells if not cell.empty)[:300]
    return f"no column says {named}; the headings are {there}. `oms columns learn` says what they mean"
