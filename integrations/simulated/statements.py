"""Statements as a bank writes them: camt.053 in the versions that banks send, and MT940 with the German sub-fields."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from xml.etree import ElementTree as Xml

from domain.bank import BankEntry, Statement
from domain.money import Money

PIECE = 27
"""Characters in one sub-field of MT940's :86:."""


def camt053(statement: Statement, version: str = "08", *, on: date) -> bytes:
    """The statement as camt.053.001.`version` (02, 04 or 08), created on a day."""
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    document = Xml.Element("Document", {"xmlns": namespace})
    told = Xml.SubElement(document, "BkToCstmrStmt")
    _put(told, "GrpHdr/MsgId", f"MSG-{statement.statement}")
    _put(told, "GrpHdr/CreDtTm", f"{on}T18:00:00+00:00")
    stated = Xml.SubElement(told, "Stmt")
    _put(stated, "Id", statement.statement)
    if statement.sequence:
        _put(stated, "ElctrncSeqNb", statement.sequence)
    _put(stated, "CreDtTm", f"{on}T18:00:00+00:00")
    _put(stated, "Acct/Id/IBAN", statement.account)
    _put(stated, "Acct/Ccy", statement.currency)
    for kind, balance in (("OPBD", statement.opening), ("CLBD", statement.closing)):
        if balance is not None:
            _balance(stated, kind, balance, on)
    for entry in statement.entries:
        _entry(stated, entry, version)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(document, encoding="unicode").encode()


def mt940(*statements: Statement, on: date) -> bytes:
    """The statements as one MT940 file, closed on a day."""
    lines: list[str] = []
    for statement in statements:
        lines += [f":20:{statement.statement[:16]}", f":25:{statement.account}", f":28C:{statement.sequence or '1'}"]
        if statement.opening is not None:
            lines.append(f":60F:{_mt_balance(statement.opening, on)}")
        for entry in statement.entries:
            lines += _mt_entry(entry)
        if statement.closing is not None:
            lines.append(f":62F:{_mt_balance(statement.closing, on)}")
        lines.append("-")
    return "\r\n".join(lines).encode()


def _balance(stated: Xml.Element, kind: str, balance: Money, on: date) -> None:
    element = Xml.SubElement(stated, "Bal")
    _put(element, "Tp/CdOrPrtry/Cd", kind)
    _amount(element, Money(minor=abs(balance.minor), currency=balance.currency))
    _put(element, "CdtDbtInd", "DBIT" if balance.minor < 0 else "CRDT")
    _put(element, "Dt/Dt", str(on))


def _entry(stated: Xml.Element, entry: BankEntry, version: str) -> None:
    element = Xml.SubElement(stated, "Ntry")
    _amount(element, entry.amount)
    _put(element, "CdtDbtInd", "CRDT" if entry.credit else "DBIT")
    if entry.reversal:
        _put(element, "RvslInd", "true")
    _put(element, "Sts/Cd" if version == "08" else "Sts", "BOOK")
    _put(element, "BookgDt/Dt", str(entry.booked_on))
    if entry.value_on:
        _put(element, "ValDt/Dt", str(entry.value_on))
    if entry.bank_reference:
        _put(element, "AcctSvcrRef", entry.bank_reference)
    _put(element, "BkTxCd/Domn/Cd", "PMNT")
    _put(element, "BkTxCd/Domn/Fmly/Cd", "RCDT" if entry.credit else "ICDT")
    _put(element, "BkTxCd/Domn/Fmly/SubFmlyCd", "ESCT")
    if entry.charges:
        charged = Money(minor=entry.charges, currency=entry.amount.currency)
        _amount(Xml.SubElement(element, "Chrgs") if version == "02" else Xml.SubElement(Xml.SubElement(element, "Chrgs"), "Rcrd"), charged)
    detail = Xml.SubElement(Xml.SubElement(element, "NtryDtls"), "TxDtls")
    _put(detail, "Refs/EndToEndId", entry.end_to_end or "NOTPROVIDED")
    if version != "02":
        _amount(detail, entry.amount)
        _put(detail, "CdtDbtInd", "CRDT" if entry.credit else "DBIT")
    backwards = bool(entry.return_reason) or entry.reversal
    side = "Dbtr" if entry.credit != backwards else "Cdtr"
    if entry.payer:
        _put(detail, f"RltdPties/{side}/Pty/Nm" if version == "08" else f"RltdPties/{side}/Nm", entry.payer)
    if entry.iban:
        _put(detail, f"RltdPties/{side}Acct/Id/IBAN", entry.iban)
    if entry.text:
        _put(detail, "RmtInf/Ustrd", entry.text)
    if entry.reference:
        _put(detail, "RmtInf/Strd/CdtrRefInf/Tp/CdOrPrtry/Cd", "SCOR")
        _put(detail, "RmtInf/Strd/CdtrRefInf/Ref", entry.reference)
    if entry.return_reason:
        _put(detail, "RtrInf/Rsn/Cd", entry.return_reason)


def _amount(parent: Xml.Element, amount: Money) -> None:
    Xml.SubElement(parent, "Amt", {"Ccy": amount.currency}).text = str(amount.major)


def _put(parent: Xml.Element, path: str, text: str) -> None:
    """A text at the end of a path; what stands there on the way is used again."""
    *way, last = path.split("/")
    for name in way:
        there = parent.find(name)
        parent = there if there is not None else Xml.SubElement(parent, name)
    Xml.SubElement(parent, last).text = text


def _mt_balance(balance: Money, on: date) -> str:
    mark = "D" if balance.minor < 0 else "C"
    return f"{mark}{on:%y%m%d}{balance.currency}{_comma(Money(minor=abs(balance.minor), currency=balance.currency))}"


def _mt_entry(entry: BankEntry) -> Iterator[str]:
    mark = ("RD" if entry.credit else "RC") if entry.reversal else ("C" if entry.credit else "D")
    bank = f"//{entry.bank_reference}" if entry.bank_reference else ""
    valued = entry.value_on or entry.booked_on
    yield f":61:{valued:%y%m%d}{entry.booked_on:%m%d}{mark}{_comma(entry.amount)}NTRFNONREF{bank}"
    said = f"EREF+{entry.end_to_end}" if entry.end_to_end else ""
    fields = [*_pieces(said), *_pieces(f"SVWZ+{entry.text or entry.reference}")]
    written = "".join(f"?{20 + n if n < 10 else 50 + n}{piece}" for n, piece in enumerate(fields[:14]))
    party = (f"?31{entry.iban}" if entry.iban else "") + "".join(f"?{32 + n}{piece}" for n, piece in enumerate(_pieces(entry.payer)[:2]))
    back = f"?34{entry.return_reason}" if entry.return_reason else ""
    yield f":86:166?00{'RETOURE' if entry.return_reason else 'GUTSCHRIFT'}{written}{party}{back}"


def _pieces(text: str) -> list[str]:
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)]


def _comma(amount: Money) -> str:
    text = str(amount.major).replace(".", ",")
    return text if "," in text else f"{text},"
