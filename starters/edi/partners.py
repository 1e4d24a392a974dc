"""Partner maps are read from a file: TOML, with a table for each partner, or the same as JSON."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from domain.edi_partners import DEFAULT_EDIFACT, DEFAULT_X12, Partners
from domain.errors import InputRefused, Refused
from domain.money import is_currency
from starters.channels.bounds import refusal
from starters.channels.reading import read_json

if TYPE_CHECKING:
    from config.settings import Settings


def partners_of(settings: Settings) -> Partners:
    """The partners of this installation; without a file everybody is read by the default maps. Raises Refused, naming the setting."""
    if settings.edi_partners is None:
        return Partners()
    try:
        return read_partners(settings.edi_partners)
    except InputRefused as wrong:
        raise Refused(f"OMS_EDI_PARTNERS names {settings.edi_partners}: {wrong}") from wrong


def read_partners(file: Path) -> Partners:
    """The partners of a file. Raises InputRefused with the place of the first mistake."""
    try:
        content = file.read_bytes()
    except OSError as absent:
        raise InputRefused("the partners", f"the file cannot be read: {absent.strerror}") from None
    return load(content) if file.suffix == ".json" else load_toml(content)


def load(content: bytes) -> Partners:
    """The partners of a JSON document (`{"partners": [...]}`). Raises InputRefused."""
    document = read_json(content).value
    if not isinstance(document, dict):
        raise InputRefused("the partners", "an object with a list of partners was expected")
    return _checked(document)


def load_toml(content: bytes) -> Partners:
    """The partners of a TOML document: `[name]` is a partner, who speaks X12 unless `syntax` says EDIFACT; what a table leaves out is as in
    the default map of its syntax. `[defaults]` may switch the default maps off (`x12 = false`). Raises InputRefused.
    """
    try:
        tables = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise InputRefused("the partners", f"this is not TOML: {wrong}") from None
    defaults = tables.pop("defaults", {})
    document: dict[str, Any] = {"partners": [_partner(name, table) for name, table in tables.items()]}
    for syntax in ("x12", "edifact"):
        if isinstance(defaults, dict) and defaults.get(syntax) is False:
            document[syntax] = None
    return _checked(document)


def _partner(name: str, table: Any) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise InputRefused(name, "it stands outside of a partner; a partner is a table such as [acme]")
    usual = DEFAULT_EDIFACT if table.get("syntax") == "edifact" else DEFAULT_X12
    found = usual.model_dump(exclude={"ids"}) | {"channel": name} | table | {"name": name}
    if isinstance(units := table.get("units"), dict):  # the units that everybody knows stay known
        found["units"] = usual.units | units
    return found


def _checked(document: dict[str, Any]) -> Partners:
    try:
        found = Partners.model_validate(document)
    except ValidationError as error:
        raise refusal(error) from None
    for partner in found.partners:
        if not is_currency(partner.currency):
            raise InputRefused(partner.name, f"{partner.currency!r} is not a currency (ISO 4217, such as EUR)")
    return found
