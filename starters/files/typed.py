"""An order as a sales representative types it: a few lines of YAML, in which every value is the text that stands there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from domain.column_map import RowFinding
from domain.errors import InputRefused
from domain.intake import LeftOut
from domain.money import Money, is_currency
from domain.order import LONGEST_DESCRIPTION, MOST_LINES, Address, OrderLine, PlaceOrder
from starters.channels.bounds import refusal, within_reason
from starters.channels.reading import clean, decoded
from starters.files import reading
from starters.files.reading import Unexpected
from starters.files.rows import HOUSE_CURRENCY, OrderRead, key_of, key_of_po, noon
from starters.files.table import Cell

CHANNEL = "desk"
LARGEST = 400_000
"""Bytes of what somebody typed."""
DEEPEST = 8
MOST_EVENTS = 60_000
MOST_ORDERS = 200

FIELDS = ("customer", "number", "po", "placed", "wanted", "terms", "currency", "freight", "service", "ship to", "lines")
OF_ADDRESS = ("name", "street", "postcode", "city", "region", "country", "email")
OF_A_LINE = ("item", "quantity", "price", "discount", "description", "wanted")
LONGEST = {
    "customer": 120, "number": 100, "po": 100, "terms": 40, "currency": 3, "service": 60, "ship to": 200, "name": 200, "street": 400,
    "postcode": 40, "city": 200, "region": 100, "country": 60, "email": 320,
}  # fmt: skip

TEMPLATE = """\
# An order, typed. `oms place FILE --dry-run` says what is wrong with it; `oms place FILE` places it; `oms quote make FILE` quotes it.
customer: C-1001
po: PO-2026-117            # or `number:`; the same number again is the same order
wanted: 2026-12-04         # may be left out
ship to: Kaffeekontor Nord GmbH   # a name that goods went to before, or written out:
# ship to:
#   name: Kaffeekontor Nord GmbH
#   street: Am Sandtorkai 12
#   postcode: 20457
#   city: Hamburg
#   country: DE
lines:
  KET-100: 12              # the price is ours
  FLT-100: 48 at 3.90      # a price for one, agreed with the customer
# - or one after the other, with all that a line may say:
# lines:
#   - item: KET-100
#     quantity: 12
#     price: 39.50
#     discount: 20.00
#     wanted: 2026-12-11
# May also be said: placed, terms (else the customer's usual ones), currency (else EUR), freight, service.
# Several orders in one file are separated by a line of three dashes.
"""

_AT = re.compile(r"(?P<units>\S+)\s+(?:at|@|zu|à)\s+(?P<price>\S+)")

Got = TypeVar("Got")


def read(content: bytes, received_at: datetime) -> list[OrderRead]:
    """The orders of a file, each with all that is wrong with it. InputRefused for what is no YAML, holds no order, or holds anchors."""
    if len(content) > LARGEST:
        raise InputRefused("the document", f"it has {len(content):,} bytes, and at most {LARGEST:,} are typed")
    text = decoded(content)
    try:
        _check(text)
        documents = [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if not _nothing(node)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "the document"
        raise InputRefused(where, f"this is not YAML ({error.problem or 'it cannot be read'})") from None
    except yaml.YAMLError as error:
        raise InputRefused("the document", f"this is not YAML ({str(error).splitlines()[0]:.120})") from None
    if not documents:
        raise InputRefused("the document", "it is empty")
    return [_Typed(received_at).built(document) for document in documents]


def _check(text: str) -> None:
    """Refuse what makes a small text a large order: anchors, tags, nesting; InputRefused with the line."""
    depth = documents = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader), 1):
        line = f"line {_line_of(event)}"
        if count > MOST_EVENTS:
            raise InputRefused(line, f"it says more than the {MOST_EVENTS:,} things that somebody types")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise InputRefused(line, "an order has no anchors and no references to them (& and *); put a text that begins so in quotes")
        if tag := getattr(event, "tag", None):
            raise InputRefused(line, f"an order has no tags ({str(tag)[:40]}); put a text that begins with ! in quotes")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > DEEPEST:
            raise InputRefused(line, f"it is nested deeper than {DEEPEST} levels")
        if documents > MOST_ORDERS:
            raise InputRefused(line, f"it holds more than {MOST_ORDERS} orders")


def _nothing(node: yaml.Node | None) -> bool:
    return node is None or (isinstance(node, yaml.ScalarNode) and not node.value.strip())


def _line_of(node: yaml.Node | yaml.Event) -> int:
    return int(node.start_mark.line) + 1 if node.start_mark else 1


@dataclass
class _Typed:
    """One order while it is read; every value that cannot be taken is a finding with its line, and the next one goes on."""

    received_at: datetime
    findings: list[RowFinding] = field(default_factory=list)

    def built(self, document: yaml.Node) -> OrderRead:
        first = _line_of(document)
        said = self._mapping(document, FIELDS, "an order")
        currency = self._currency(said)
        customer = self._text(said, "customer")
        stated = self._text(said, "number")
        number = stated or self._text(said, "po")
        if not key_of(number) and "number" not in said and "po" not in said:
            self._found(first, "number", "", "a number of the order or of the purchase order (po) was expected")
        elif not key_of(number):
            self._found(first, "number", number, "a number of letters and digits was expected")
        if not customer:
            self._found(first, "customer", "", "a customer was expected")
        placed, wanted, terms = self._day(said, "placed"), self._day(said, "wanted"), self._text(said, "terms")
        address, name = self._ship_to(said.get("ship to"))
        freight = self._of(said, "freight", lambda cell: Money.of(reading.number(cell, ".", currency), currency))
        fields: dict[str, Any] = {
            "channel": CHANNEL,
            "external_id": key_of(number) if stated else key_of_po(customer, number),
            "customer": customer,
            "currency": currency,
            "po_number": self._text(said, "po"),
            "shipping_service": self._text(said, "service"),
            "placed_at": noon(placed) if placed else self.received_at,
            "requested_at": noon(wanted) if wanted else None,
            "ship_to": address,
            "to_tax": True,
            "discount": Money.zero(currency),
            "freight": freight or Money.zero(currency),
            "lines": self._lines(said.get("lines"), first, currency),
        }
        if terms:
            fields["terms"] = terms.lower().replace(" ", "")
        left_out = LeftOut(placed_at=placed is None, terms=not terms, ship_to=name)
        order = None if self.findings else self._order(fields, first)
        findings = tuple(sorted(self.findings, key=lambda finding: (finding.row, finding.column)))
        last = max(int(document.end_mark.line) if document.end_mark else first, first)
        return OrderRead(number=number, rows=(first, last), counted="line", order=order, left_out=left_out, findings=findings)

    def _order(self, fields: dict[str, Any], line: int) -> PlaceOrder | None:
        try:
            return within_reason(PlaceOrder.model_validate(fields))
        except ValidationError as error:
            refused = refusal(error)
        except InputRefused as bounds:
            refused = bounds
        self._found(line, refused.place, "", refused.reason)
        return None

    def _lines(self, node: yaml.Node | None, first: int, currency: str) -> tuple[OrderLine, ...]:
        """Lines as `item: quantity`, or one after the other."""
        if node is None or _nothing(node):
            self._found(_line_of(node) if node else first, "lines", "", "at least one line was expected, as `ITEM: QUANTITY`")
            return ()
        if isinstance(node, yaml.MappingNode):
            written = [self._short(key, value) for key, value in self._pairs(node, "lines")]
        elif isinstance(node, yaml.SequenceNode):
            written = [(each, self._mapping(each, OF_A_LINE, "a line")) for each in node.value]
        else:
            self._found(_line_of(node), "lines", str(node.value), "lines were expected, as `ITEM: QUANTITY`")
            return ()
        if len(written) > MOST_LINES:
            self._found(_line_of(node), "lines", f"{len(written):,} lines", f"at most {MOST_LINES:,} were expected")
            return ()
        lines = [self._line(number, _line_of(where), said, currency) for number, (where, said) in enumerate(written, 1)]
        return tuple(line for line in lines if line is not None)

    def _short(self, key: yaml.ScalarNode, value: yaml.Node) -> tuple[yaml.Node, dict[str, yaml.Node]]:
        """`KET-100: 12`, `KET-100: 12 at 39.50`, or `KET-100:` with fields of its own below."""
        if isinstance(value, yaml.MappingNode):
            return key, {"item": key, **self._mapping(value, OF_A_LINE[1:], "a line")}
        said: dict[str, yaml.Node] = {"item": key, "quantity": value}
        if isinstance(value, yaml.ScalarNode) and (found := _AT.fullmatch(value.value.strip())):
            for name, text in (("quantity", found["units"]), ("price", found["price"])):
                said[name] = yaml.ScalarNode(value.tag, text, value.start_mark, value.end_mark)
        return key, said

    def _line(self, number: int, where: int, said: dict[str, yaml.Node], currency: str) -> OrderLine | None:
        before = len(self.findings)
        for name in ("item", "quantity"):
            if name not in said:
                self._found(where, name, "", f"the {name} of the line was expected")
        item = self._of(said, "item", reading.item)
        quantity = self._of(said, "quantity", lambda cell: reading.units(cell, "."))
        price = self._of(said, "price", lambda cell: reading.number(cell, ".", currency))
        discount = self._of(said, "discount", lambda cell: Money.of(reading.number(cell, ".", currency), currency))
        description = self._of(said, "description", lambda cell: reading.text(cell, LONGEST_DESCRIPTION))
        wanted = self._day(said, "wanted")
        if len(self.findings) == before and not item:
            self._found(where, "item", "", "an item was expected")
        if len(self.findings) == before and quantity is None:
            self._found(where, "quantity", "", "a quantity was expected")
        if len(self.findings) > before:
            return None
        fields: dict[str, Any] = {"number": number, "item": item, "quantity": quantity, "description": description or ""}
        fields |= {"discount": discount or Money.zero(currency), "requested_at": noon(wanted) if wanted else None}
        if price is not None:
            fields["unit_price"] = price
        return OrderLine.model_validate(fields)

    def _ship_to(self, node: yaml.Node | None) -> tuple[Address | None, str]:
        """An address that is written out, or the name of one that the customer has had before."""
        if node is None or _nothing(node):
            return None, ""
        if isinstance(node, yaml.ScalarNode):
            return None, self._text({"ship to": node}, "ship to")
        before = len(self.findings)
        said = self._mapping(node, OF_ADDRESS, "an address")
        written = {name: self._text(said, name) for name in OF_ADDRESS}
        written["country"] = written["country"].upper()
        for name in ("name", "street", "city", "country"):
            if not written[name]:
                self._found(_line_of(node), f"ship to, {name}", "", f"an address is written out, and its {name} was expected")
        if written["country"] and not re.fullmatch("[A-Z]{2}", written["country"]):
            self._found(_line_of(said["country"]), "country", written["country"], "a country code of two letters was expected (such as DE)")
        return (Address.model_validate(written), "") if len(self.findings) == before else (None, "")

    def _currency(self, said: dict[str, yaml.Node]) -> str:
        code = self._text(said, "currency").upper() or HOUSE_CURRENCY
        if is_currency(code):
            return code
        self._found(_line_of(said["currency"]), "currency", code, "a currency was expected (ISO 4217, such as EUR)")
        return HOUSE_CURRENCY

    def _mapping(self, node: yaml.Node, known: Sequence[str], what: str) -> dict[str, yaml.Node]:
        """The values of a mapping by their names, which are taken in any case and with - or _ for blanks."""
        found: dict[str, yaml.Node] = {}
        if not isinstance(node, yaml.MappingNode):
            self._found(
                _line_of(node), "", str(getattr(node, "value", ""))[:60], f"{what} was expected, as `name: value` ({', '.join(known)})"
            )
            return found
        for key, value in self._pairs(node, what):
            name = " ".join(re.sub("[-_]", " ", str(key.value)).casefold().split())
            if name not in known:
                self._found(_line_of(key), "", str(key.value), f"a field of {what} was expected ({', '.join(known)})")
            elif name in found:
                self._found(_line_of(key), name, str(key.value), f"nothing was expected; it is said in line {_line_of(found[name])}")
            else:
                found[name] = value
        return found

    def _pairs(self, node: yaml.MappingNode, what: str) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
        """The pairs of a mapping whose names are texts and stand once."""
        seen: dict[str, int] = {}
        pairs: list[tuple[yaml.ScalarNode, yaml.Node]] = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._found(_line_of(key), "", "", f"the name of a field of {what} was expected")
            elif key.value in seen:
                self._found(_line_of(key), "", key.value, f"it stands in line {seen[key.value]} too, and nobody can say which one counts")
            else:
                seen[key.value] = _line_of(key)
                pairs.append((key, value))
        return pairs

    def _text(self, said: dict[str, yaml.Node], name: str) -> str:
        return self._of(said, name, lambda cell: reading.text(cell, LONGEST[name])) or ""

    def _day(self, said: dict[str, yaml.Node], name: str) -> date | None:
        return self._of(said, name, reading.day)

    def _of(self, said: dict[str, yaml.Node], name: str, take: Callable[[Cell], Got]) -> Got | None:
        node = said.get(name)
        if node is None or _nothing(node):
            return None
        line = _line_of(node)
        if not isinstance(node, yaml.ScalarNode):
            self._found(line, name, "", "one value was expected")
            return None
        try:
            return take(Cell(clean(node.value, name)))
        except InputRefused as refused:
            self._found(line, name, ascii(node.value), refused.reason)
        except Unexpected as unexpected:
            self._found(line, name, node.value, str(unexpected))
        return None

    def _found(self, line: int, name: str, found: str, expected: str) -> None:
        self.findings.append(RowFinding(row=line, column=name, found=found[:80], expected=expected, counted="line"))
