"""Trading partners by EDI: what one partner's documents mean and which ones the partner wants back, as data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.order import Key
from domain.values import Value

PIECES = {"": 1, "EA": 1, "PC": 1, "PCE": 1, "UN": 1, "C62": 1, "H87": 1, "NAR": 1, "PCS": 1, "DZ": 12, "DZN": 12}
"""Pieces of one unit (X12 element 355, UN/ECE Recommendation 20), where everybody means the same by it."""

X12_ITEMS = ("VN", "VP", "VC", "UP", "UK", "EN", "IN", "CB", "BP", "SK")
"""Whose number names the item, best first (X12 element 235): ours, the trade's, then the buyer's."""

EDIFACT_ITEMS = ("SA", "EN", "SRV", "UP", "IN", "BP")
"""The same of EDIFACT (element 7143)."""

CREDIT_NOTES = "credit"
"""What a partner wants who takes credit notes too, as 810 or INVOIC."""

WRITTEN = {
    "x12": frozenset({"997", "855", "865", "856", "810", "846", CREDIT_NOTES}),
    "edifact": frozenset({"CONTRL", "ORDRSP", "DESADV", "INVOIC", CREDIT_NOTES}),
}
"""What goes out by a syntax, as a partner may want it."""

Code = Annotated[str, Field(max_length=4)]
DateFormat = Literal["%Y%m%d", "%y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%y%m%d%H%M"]


class Separators(Value):
    """What parts the segments, elements and components of a document that goes out (X12; EDIFACT has those of level A)."""

    segment: Annotated[str, Field(min_length=1, max_length=1)] = "~"
    element: Annotated[str, Field(min_length=1, max_length=1)] = "*"
    component: Annotated[str, Field(min_length=1, max_length=1)] = ">"
    repetition: Annotated[str, Field(min_length=1, max_length=1)] = "^"

    @model_validator(mode="after")
    def _apart(self) -> Separators:
        if len({self.segment, self.element, self.component, self.repetition}) < 4:
            raise ValueError("the separators of a document have to differ")
        if any(one.isalnum() or one.isspace() for one in (self.element, self.component, self.repetition)):
            raise ValueError("a letter, a digit or a blank cannot part elements")
        return self


class PartnerId(Value):
    """An id in an envelope: X12 ISA05 and ISA06 (ISA07 and ISA08), EDIFACT 0007 and 0004 (0010)."""

    qualifier: Code = ""
    id: Annotated[str, Field(min_length=1, max_length=35)]

    def __str__(self) -> str:
        return f"{self.qualifier}:{self.id}" if self.qualifier else self.id


class Partner(Value):
    """One trading partner.

    `channel` is that of the partner's orders: two partners may use the same order numbers. `units` are pieces per unit; what is not there
    is asked for in the mapping queue. `items` is the preference of item numbers, `dates` the formats that are tried in their order.
    `wants` names the documents that the partner takes back (997, 855, 865, 856, 810, 846; CONTRL, ORDRSP, DESADV, INVOIC), and `credit`
    where credit notes go the way of invoices. With
    `changes_by_rule` a change of quantities or of the requested date is asked of the order at once; with `cancellations_by_rule` so is the
    end of an order of which nothing is picked. Every other change is a person's. What a partner marks as a test is read and acknowledged,
    and has an effect with `takes_tests` only. `prices` and `taxes` say whether a line that states none is refused (or free of tax), or
    priced by our lists (or taxed by our rules). `location` is one of ours that the partner runs as a warehouse: shipments from there are
    asked for with a 940.
    """

    name: Key
    syntax: Annotated[str, Field(pattern=r"^(x12|edifact)$")] = "x12"
    ids: tuple[PartnerId, ...] = ()
    ours: PartnerId = PartnerId(qualifier="ZZ", id="HOLDFAST")
    channel: Key = "x12"
    version: Annotated[str, Field(max_length=12)] = "004010"
    interchange_version: Annotated[str, Field(max_length=5)] = "00401"
    separators: Separators = Separators()
    wants: frozenset[str] = frozenset()
    units: dict[str, Annotated[int, Field(ge=1, le=1_000_000)]] = PIECES
    items: tuple[Code, ...] = X12_ITEMS
    dates: tuple[DateFormat, ...] = ("%Y%m%d", "%y%m%d")
    currency: Annotated[str, Field(min_length=3, max_length=3)] = "USD"
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "US"
    changes_by_rule: bool = False
    cancellations_by_rule: bool = False
    takes_tests: bool = False
    prices: Literal["theirs", "ours"] = "theirs"
    taxes: Literal["theirs", "ours"] = "theirs"
    location: Annotated[str, Field(max_length=100)] = ""

    @model_validator(mode="after")
    def _fits_its_syntax(self) -> Partner:
        longest = 15 if self.syntax == "x12" else 35
        for one in (self.ours, *self.ids):
            if len(one.id) > longest:
                raise ValueError(f"the id {one} has more than the {longest} characters of its envelope")
        if not re.fullmatch(r"00[0-9]{4}[A-Z0-9]{0,6}" if self.syntax == "x12" else r"D:[0-9]{2}[AB]:UN", self.version):
            raise ValueError(f"{self.version!r} is not a version such as {'004010' if self.syntax == 'x12' else 'D:96A:UN'}")
        if self.interchange_version not in ("00401", "00501"):
            raise ValueError(f"{self.interchange_version!r} is neither 00401 nor 00501, the versions of interchanges that are written")
        if unknown := sorted(self.wants - WRITTEN[self.syntax]):
            known = ", ".join(sorted(WRITTEN[self.syntax]))
            raise ValueError(f"it wants {', '.join(unknown)}, and what goes out by {self.syntax} is {known}")
        return self


DEFAULT_X12 = Partner(name="any-x12", wants=frozenset({"997"}))
DEFAULT_EDIFACT = Partner(
    name="any-edifact",
    syntax="edifact",
    channel="edifact",
    version="D:96A:UN",
    ours=PartnerId(qualifier="14", id="4098765000010"),
    items=EDIFACT_ITEMS,
    dates=("%Y%m%d%H%M", "%Y%m%d", "%y%m%d"),
    currency="EUR",
    country="DE",
    wants=frozenset({"CONTRL"}),
)


class Partners(Value):
    """All partners, and what holds for a sender that is none of them; without a default such a sender has to be mapped first."""

    partners: tuple[Partner, ...] = ()
    x12: Partner | None = DEFAULT_X12
    edifact: Partner | None = DEFAULT_EDIFACT

    @model_validator(mode="after")
    def _told_apart(self) -> Partners:
        _once("partner", (partner.name for partner in self.partners))
        _once("sender's id", (f"{partner.syntax} {identity}" for partner in self.partners for identity in partner.ids))
        return self

    def named(self, name: str) -> Partner | None:
        everybody = (*self.partners, *(default for default in (self.x12, self.edifact) if default))
        return next((partner for partner in everybody if partner.name == name), None)

    def of(self, syntax: str, sender: PartnerId) -> Partner | None:
        """The partner of a sender, by qualifier and id, or by the id alone where the map names no qualifier; else the default."""
        mine = [partner for partner in self.partners if partner.syntax == syntax]
        for wanted in (sender, PartnerId(id=sender.id)):
            for partner in mine:
                if wanted in partner.ids:
                    return partner
        return self.x12 if syntax == "x12" else self.edifact


def _once(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"the {what} {name} stands twice")
        seen.add(name)
