"""A JSON document that knows its places, so that every refusal says where."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

from domain.errors import InputRefused
from domain.money import parse_amount

DEEPEST = 60
"""Nesting beyond this is no order: real bodies stay below ten levels."""

LONGEST_INTEGER = 40
"""Digits; Python itself refuses integers of more than 4,300 digits with an error of its own."""


@dataclass(frozen=True)
class Node:
    """One value of a document and its place in it (`line_items[2].quantity`; "" is the document itself)."""

    value: object
    place: str = ""

    def child(self, name: str) -> Node:
        """The value under `name`, null where the document does not mention it; InputRefused if this is no object."""
        if not isinstance(self.value, dict):
            raise InputRefused(self.place or "the document", f"an object was expected here, not {kind(self.value)}")
        return Node(self.value.get(name), f"{self.place}.{name}" if self.place else name)

    def maybe(self, name: str) -> Node | None:
        """The object under `name`, or None where it is absent or null; InputRefused for anything but an object."""
        child = self.child(name)
        if child.value is None:
            return None
        if not isinstance(child.value, dict):
            raise InputRefused(child.place, f"an object was expected here, not {kind(child.value)}")
        return child

    def objects(self, name: str) -> list[Node]:
        """The objects in the list under `name`; none where it is absent or null."""
        child = self.child(name)
        if child.value is None:
            return []
        if not isinstance(child.value, list):
            raise InputRefused(child.place, f"a list was expected here, not {kind(child.value)}")
        entries = [Node(entry, f"{child.place}[{i}]") for i, entry in enumerate(child.value)]
        for entry in entries:
            if not isinstance(entry.value, dict):
                raise InputRefused(entry.place, f"an object was expected here, not {kind(entry.value)}")
        return entries

    def text(self, name: str) -> str:
        """Text or a whole number as text, blanks trimmed and runs of blanks made one; "" where absent or null."""
        child = self.child(name)
        if child.value is None:
            return ""
        if isinstance(child.value, bool) or not isinstance(child.value, str | int):
            raise InputRefused(child.place, f"text was expected here, not {kind(child.value)}")
        return clean(str(child.value), child.place)

    def flag(self, name: str) -> bool:
        child = self.child(name)
        if child.value is not None and not isinstance(child.value, bool):
            raise InputRefused(child.place, f"true or false was expected here, not {kind(child.value)}")
        return child.value is True

    def amount(self, name: str) -> Decimal:
        """An amount of zero or more in major units; InputRefused where it is absent."""
        child = self.child(name)
        if child.value is None:
            raise InputRefused(child.place, "there is no amount")
        amount = parse_amount(child.value, child.place)
        if amount < 0:
            raise InputRefused(child.place, f"{amount} is less than zero")
        return amount

    def amount_or_zero(self, name: str) -> Decimal:
        return Decimal(0) if self.child(name).value in (None, "") else self.amount(name)


def read_json(content: bytes) -> Node:
    """The document in `content` (UTF-8, a byte order mark is tolerated), numbers with a point as Decimal.

    InputRefused with line and column for what is not JSON, and for a name that stands twice, for numbers beyond reason, for
    nesting beyond `DEEPEST`.
    """
    try:
        value = json.loads(
            decoded(content), parse_float=_decimal, parse_int=_integer, parse_constant=_no_constant, object_pairs_hook=_without_doubles
        )
    except json.JSONDecodeError as error:
        raise InputRefused(f"line {error.lineno}, column {error.colno}", f"this is not JSON ({error.msg})") from None
    except RecursionError:
        raise InputRefused("the document", f"it is nested deeper than {DEEPEST} levels") from None
    _check_depth(value)
    return Node(value)


def decoded(content: bytes) -> str:
    """UTF-8 text without its byte order mark; InputRefused with the offset of the first byte that is none."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        offset = error.start + (3 if content.startswith(b"\xef\xbb\xbf") else 0)
        byte = content[offset]
        raise InputRefused(f"byte {offset}", f"0x{byte:02x} is not UTF-8; send the document in UTF-8") from None


def clean(text: str, place: str) -> str:
    """Text with blanks and line breaks made single blanks; InputRefused for control characters and half surrogate pairs."""
    text = " ".join(text.split())
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs"):
            raise InputRefused(place, f"the character U+{ord(character):04X} has no business in a text")
    return text


def without_control(value: object, place: str = "") -> None:
    """Refuse control characters and half surrogate pairs anywhere in a value; a text of a person may have lines and tabs."""
    if isinstance(value, str):
        for character in value:
            if character not in "\n\r\t" and unicodedata.category(character) in ("Cc", "Cs"):
                raise InputRefused(place or "the document", f"the character U+{ord(character):04X} has no business in a text")
    elif isinstance(value, dict):
        for name, inner in value.items():
            without_control(name, place)
            without_control(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            without_control(inner, f"{place}[{i}]")


def kind(value: object) -> str:
    """What a value of a document is called in a sentence."""
    names: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "true or false"), (dict, "an object"), (list, "a list"), (str, "a text"), ((int, float, Decimal), "a number"),
    ]  # fmt: skip
    return next((name for types, name in names if isinstance(value, types)), "null")


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        double = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise InputRefused(f"the name {double!r:.60}", "it stands twice in one object, and nobody can say which one counts")
    return entries


def _decimal(written: str) -> Decimal:
    try:
        return Decimal(written)
    except ArithmeticError:
        raise InputRefused("the document", f"the number {written:.40} is beyond reason") from None


def _integer(written: str) -> int:
    if len(written) > LONGEST_INTEGER:
        raise InputRefused("the document", f"a number of {len(written)} digits ({written:.20}...) is beyond reason")
    return int(written)


def _no_constant(name: str) -> NoReturn:
    raise InputRefused("the document", f"{name} is not a number that JSON knows")


def _check_depth(value: object) -> None:
    level: list[object] = [value]
    for _ in range(DEEPEST + 1):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise InputRefused("the document", f"it is nested deeper than {DEEPEST} levels")


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()
