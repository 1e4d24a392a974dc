"""camt.053: the bank-to-customer statement of ISO 20022 in the versions that banks send (001.02, 001.04, 001.08).

Source: the message definition reports of ISO 20022, "Bank-to-Customer Cash Management". A booked entry with several transaction details
that carry amounts of their own and add up to it (a collective booking) is read as that many entries.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import Any

from domain.bank import BankEntry, Statement
from domain.errors import InputRefused
from domain.money import Money
from integrations.bank import bounds

VERSIONS = {"02": "camt_053_001_02", "04": "camt_053_001_04", "08": "camt_053_001_08"}
_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
_RETURNS = {("IDDT", "UPDD"), ("IDDT", "RRTN"), ("RDDT", "UPDD"), ("RDDT", "RRTN"), ("ICDT", "RRTN"), ("RCDT", "RRTN")}
"""Family and sub-family of bank transaction codes that say "returned": unpaid direct debits, reimbursements, returned transfers."""


def read(content: bytes) -> list[Statement]:
    """The statements of a document; InputRefused with place and reason."""
    root = _root(content)
    version = str(root.tag)[1:].partition("}")[0]
    number = version.removeprefix(_NAMESPACE)
    if not version.startswith(_NAMESPACE) or number not in VERSIONS:
        raise InputRefused("the document", f"its root is {str(root.tag)!r:.120}; camt.053 is read in the versions {', '.join(VERSIONS)}")
    document = _parsed(root, number)
    statements = _get(document, "bk_to_cstmr_stmt.stmt") or []
    if not statements:
        raise InputRefused("BkToCstmrStmt", "there is no statement in it")
    return [
        _statement(each, f"camt.053.001.{number}", f"Stmt {position}" if len(statements) > 1 else "Stmt")
        for position, each in enumerate(statements, 1)
    ]


def _root(content: bytes) -> Any:
    """The root element, parsed without entities, external files and more depth or text than a document of a bank has."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as broken:
        raise InputRefused("the document", f"it is not XML that can be read: {bounds.line(broken, 200)}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise InputRefused("the document", "it defines entities of its own (DOCTYPE), which no bank does")
    return root


def _parsed(root: Any, number: str) -> Any:
    import warnings

    from xsdata.formats.dataclass.parsers import XmlParser
    from xsdata.formats.dataclass.parsers.config import ParserConfig
    from xsdata.formats.dataclass.parsers.handlers import LxmlEventHandler

    document = importlib.import_module(f"pyiso20022.camt.{VERSIONS[number]}").Document
    config = ParserConfig(fail_on_unknown_properties=False, fail_on_unknown_attributes=False, fail_on_converter_warnings=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return XmlParser(config=config, handler=LxmlEventHandler).parse(root, document)
    except Exception as wrong:  # noqa: BLE001  # whatever the generated reader stumbles over is a refusal of the document
        raise InputRefused("the document", f"it does not follow camt.053.001.{number}: {bounds.line(wrong, 200)}") from None


def _statement(stated: Any, form: str, place: str) -> Statement:
    entries = _get(stated, "ntry") or []
    if len(entries) > bounds.MOST_ENTRIES:
        raise InputRefused(place, f"it has {len(entries):,} entries, and at most {bounds.MOST_ENTRIES:,} are read")
    account = bounds.line(_get(stated, "acct.id.iban") or _get(stated, "acct.id.othr.id"), bounds.LONGEST_NAME).replace(" ", "").upper()
    if not account:
        raise InputRefused(f"{place}, Acct", "it does not say which account it is of")
    opening = _balance(stated, _OPENING, place)
    closing = _balance(stated, _CLOSING, place)
    read: list[BankEntry] = []
    pending = 0
    for position, each in enumerate(entries, 1):
        if _code(_get(each, "sts")) == "BOOK":
            read += _entries(each, f"{place}, Ntry {position}")
        else:
            pending += 1
    currency = str(_get(stated, "acct.ccy") or bounds.currency_of(opening, closing, *(entry.amount for entry in read)))
    return Statement(
        account=account,
        statement=bounds.line(_get(stated, "id"), bounds.LONGEST_NAME),
        sequence=bounds.line(_get(stated, "elctrnc_seq_nb") or _get(stated, "lgl_seq_nb"), 40),
        form=form,
        currency=currency,
        opening=opening,
        closing=closing,
        entries=tuple(read),
        pending=pending,
    )


def _balance(stated: Any, kinds: tuple[str, ...], place: str) -> Money | None:
    """The first balance of one of these kinds, below zero where it is a debit; intermediate balances of a paged statement count too."""
    found = [each for each in _get(stated, "bal") or [] if _code(_get(each, "tp.cd_or_prtry")) in kinds]
    if not found:
        return None
    chosen = found[0]
    amount = bounds.positive(_get(chosen, "amt.value"), str(_get(chosen, "amt.ccy")), f"{place}, Bal {kinds[0]}")
    return -amount if _code(_get(chosen, "cdt_dbt_ind")) == "DBIT" else amount


def _entries(stated: Any, place: str) -> Iterator[BankEntry]:
    whole = bounds.positive(_get(stated, "amt.value"), str(_get(stated, "amt.ccy")), f"{place}, Amt")
    details = [detail for group in _get(stated, "ntry_dtls") or [] for detail in _get(group, "tx_dtls") or []]
    parts = [_part(detail, whole.currency, f"{place}, TxDtls {n}") for n, detail in enumerate(details, 1)]
    stands_alone = [part for part in parts if part is not None]
    if len(details) > 1 and len(stands_alone) == len(details) and sum(part.minor for part in stands_alone) == whole.minor:
        for detail, part in zip(details, stands_alone, strict=True):
            yield _entry(stated, [detail], part, place)
    else:
        yield _entry(stated, details, whole, place)


def _part(detail: Any, currency: str, place: str) -> Money | None:
    """The amount of a transaction within its entry, in the entry's currency."""
    for path in ("amt", "amt_dtls.tx_amt.amt"):
        value, stated = _get(detail, f"{path}.value"), _get(detail, f"{path}.ccy")
        if value and stated == currency:
            return bounds.positive(value, currency, place)
    return None


def _entry(stated: Any, details: list[Any], amount: Money, place: str) -> BankEntry:
    credit = _code(_get(stated, "cdt_dbt_ind")) == "CRDT"
    valued = _day(_get(stated, "val_dt"), f"{place}, ValDt")
    booked = _day(_get(stated, "bookg_dt"), f"{place}, BookgDt") or valued
    if booked is None:
        raise InputRefused(f"{place}, BookgDt", "it has neither a booking date nor a value date")
    # Of a return the parties are still those of the payment that comes back: the payer is its debtor.
    reason = _return_reason(stated, details)
    side = "dbtr" if credit != bool(reason or _get(stated, "rvsl_ind")) else "cdtr"
    return BankEntry(
        amount=amount,
        credit=credit,
        reversal=bool(_get(stated, "rvsl_ind")),
        booked_on=booked,
        value_on=valued,
        end_to_end=bounds.given(_first(details, "refs.end_to_end_id")),
        reference=bounds.given(_first(details, "rmt_inf.strd.cdtr_ref_inf.ref")),
        text=bounds.line(" ".join(_texts(stated, details))),
        payer=bounds.line(_first(details, f"rltd_pties.{side}.nm") or _first(details, f"rltd_pties.{side}.pty.nm"), bounds.LONGEST_NAME),
        iban=bounds.line(
            _first(details, f"rltd_pties.{side}_acct.id.iban") or _first(details, f"rltd_pties.{side}_acct.id.othr.id"), bounds.LONGEST_NAME
        ).replace(" ", ""),
        bank_reference=_bank_reference(stated, details),
        return_reason=reason,
        charges=_charges(stated, details, amount, place),
    )


def _bank_reference(stated: Any, details: list[Any]) -> str:
    """The transaction's own where there is one; a reference of the entry is shared by the parts of a collective booking."""
    own = _first(details, "refs.acct_svcr_ref") if len(details) == 1 else ""
    return bounds.given(own or _get(stated, "acct_svcr_ref"))


def _texts(stated: Any, details: list[Any]) -> Iterator[str]:
    told = False
    for detail in details:
        for text in _get(detail, "rmt_inf.ustrd") or []:
            told = True
            yield str(text)
        for structured in _get(detail, "rmt_inf.strd") or []:
            for document in _get(structured, "rfrd_doc_inf") or []:
                if number := _get(document, "nb"):
                    told = True
                    yield str(number)
            yield from (str(text) for text in _get(structured, "addtl_rmt_inf") or [])
    if not told:
        yield from (str(found) for detail in details if (found := _get(detail, "addtl_tx_inf")))
        yield str(_get(stated, "addtl_ntry_inf") or "")


def _return_reason(stated: Any, details: list[Any]) -> str:
    for detail in details:
        if (rtr := _get(detail, "rtr_inf")) is not None:
            return _code(_get(rtr, "rsn")) or "returned"
    for owner in (stated, *details):
        domain = _get(owner, "bk_tx_cd.domn.fmly")
        if domain is not None and (_code(_get(domain, "cd")), _code(_get(domain, "sub_fmly_cd"))) in _RETURNS:
            return "returned"
    return ""


def _charges(stated: Any, details: list[Any], amount: Money, place: str) -> int:
    """Minor units that were kept back, in the entry's currency; version 2 lists charges, later ones put records below them."""
    total = 0
    for owner in (stated, *details):
        charges = _get(owner, "chrgs")
        for record in charges if isinstance(charges, list) else _get(charges, "rcrd") or []:
            value, currency = _get(record, "amt.value"), _get(record, "amt.ccy")
            if value is not None and currency == amount.currency:
                total += bounds.positive(value, amount.currency, f"{place}, Chrgs").minor
    return total


def _day(stated: Any, place: str) -> date | None:
    if stated is None:
        return None
    if (plain := _get(stated, "dt")) is not None:
        return bounds.day(plain.to_date(), place)
    moment = _get(stated, "dt_tm")
    return bounds.day(moment.to_datetime().date(), place) if moment is not None else None


def _first(details: list[Any], path: str) -> Any:
    return next((found for detail in details if (found := _get(detail, path))), None)


def _code(stated: Any) -> str:
    """A code that some versions write plainly and others below Cd or Prtry."""
    if isinstance(stated, Enum):
        return str(stated.value)
    if stated is None or isinstance(stated, str):
        return stated or ""
    return _code(_get(stated, "cd")) or _code(_get(stated, "prtry"))


def _get(owner: Any, path: str) -> Any:
    """What stands at the end of a path of field names, None where any of it is absent; of a list on the way the first that has it."""
    name, _, rest = path.partition(".")
    if isinstance(owner, list):
        return next((found for each in owner if (found := _get(each, path)) is not None), None)
    found = getattr(owner, name, None) if owner is not None else None
    return _get(found, rest) if rest and found is not None else found
