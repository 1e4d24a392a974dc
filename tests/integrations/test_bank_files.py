"""Bank statements are read as they are written in every form, and whatever else comes is refused in a sentence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.bank import BankEntry, Statement
from domain.creditor_reference import creditor_reference
from domain.errors import InputRefused
from domain.money import Money
from integrations.bank import MOST_BYTES, read_statements
from integrations.simulated.statements import camt053, mt940
from tests.endurance import examples

SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "bank"
MONDAY = date(2026, 11, 23)


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def sample(name: str) -> bytes:
    file = SAMPLES / name
    if not file.is_file():
        pytest.skip(f"the sample statements are not at {SAMPLES}")
    return file.read_bytes()


def statement() -> Statement:
    """A credit with everything that a bank may say, a debit, a returned debit, and a corrected booking."""
    entries = (
        BankEntry(
            amount=eur(119_00),
            credit=True,
            booked_on=MONDAY,
            value_on=date(2026, 11, 24),
            end_to_end="E2E-7",
            text="Invoice INV-000042, with many thanks and greetings from Köln",
            payer="Kaffeekontor Nord GmbH",
            iban="DE75512108001245126199",
            bank_reference="BANK-1",
        ),
        BankEntry(amount=eur(50), credit=False, booked_on=MONDAY, value_on=MONDAY, text="Account fee", bank_reference="BANK-2"),
        BankEntry(
            amount=eur(119_00),
            credit=False,
            booked_on=MONDAY,
            value_on=MONDAY,
            end_to_end="E2E-6",
            text="Return of INV-000041",
            payer="Röstwerk",
            iban="DE02500105170137075030",
            bank_reference="BANK-3",
            return_reason="AM04",
        ),
        BankEntry(amount=eur(7), credit=False, reversal=True, booked_on=MONDAY, value_on=MONDAY, text="Corrected", bank_reference="BANK-4"),
    )
    return Statement(
        account="DE02120300000000202051",
        statement="2026-231",
        sequence="231",
        form="camt.053.001.08",
        currency="EUR",
        opening=eur(-1_000),
        closing=eur(-1_000 + sum(entry.signed for entry in entries)),
        entries=entries,
    )


@pytest.mark.parametrize("version", ["02", "04", "08"])
def test_camt_053_is_read_as_it_was_written(version: str) -> None:
    (read,) = read_statements(camt053(statement(), version, on=MONDAY))
    assert read == statement().model_copy(update={"form": f"camt.053.001.{version}"})
    assert read.trouble == ""


def test_the_structured_reference_and_charges_of_camt_are_read() -> None:
    entry = statement().entries[0].model_copy(update={"reference": creditor_reference("INV-000042"), "text": "", "charges": 150})
    told = statement().model_copy(update={"entries": (entry,)})
    for version in ("02", "04", "08"):
        (read,) = read_statements(camt053(told, version, on=MONDAY))
        assert (read.entries[0].reference, read.entries[0].charges) == ("RF29INV000042", 150)


def test_mt940_is_read_as_it_was_written() -> None:
    (read,) = read_statements(mt940(statement(), on=MONDAY))
    assert read == statement().model_copy(update={"form": "MT940"})


def test_a_file_of_several_statements_is_several_statements() -> None:
    other = statement().model_copy(update={"statement": "2026-232", "sequence": "232"})
    assert [read.statement for read in read_statements(mt940(statement(), other, on=MONDAY))] == ["2026-231", "2026-232"]


@given(
    st.lists(st.tuples(st.integers(1, 10**9), st.booleans(), st.text(alphabet="ABC abc 0123-/.äß", min_size=1, max_size=90)), max_size=6),
    st.sampled_from(["02", "04", "08", "MT940"]),
)
@settings(max_examples=examples(40), deadline=None)
def test_any_entries_come_back_to_the_cent_in_every_form(moved: list[tuple[int, bool, str]], form: str) -> None:
    entries = tuple(
        BankEntry(amount=eur(minor), credit=credit, booked_on=MONDAY, value_on=MONDAY, text=text, bank_reference=f"R{number}")
        for number, (minor, credit, text) in enumerate(moved)
    )
    told = statement().model_copy(
        update={"entries": entries, "closing": eur(-1_000 + sum(entry.signed for entry in entries))},
    )
    (read,) = read_statements(mt940(told, on=MONDAY) if form == "MT940" else camt053(told, form, on=MONDAY))
    assert read.trouble == ""
    assert [entry.signed for entry in read.entries] == [entry.signed for entry in entries]
    if form != "MT940":
        assert [entry.text for entry in read.entries] == [" ".join(text.split()) for _, _, text in moved]


# --- real documents ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "form", "payer", "reference"),
    [
        ("camt053.v2.minimal.xml", "camt.053.001.02", "NAME NAME", "4654654654654654"),
        ("camt053.v4.xml", "camt.053.001.04", "NAME NAME", "4654654654654654"),
        ("camt053.v8.xml", "camt.053.001.08", "NAME NAME", "4654654654654654"),
    ],
)
def test_camt_samples_are_read_and_the_one_that_mixes_currencies_is_marked(name: str, form: str, payer: str, reference: str) -> None:
    (read,) = read_statements(sample(name), name)
    assert (read.account, read.form, read.trouble) == ("NL26VAYB8060476890", form, "it mixes EUR, SEK")
    (entry,) = read.entries
    assert (entry.amount, entry.credit, entry.payer, entry.iban, entry.reference) == (
        eur(885),
        True,
        payer,
        "NL56AGDH9619008421",
        reference,
    )
    assert (entry.booked_on, entry.value_on) == (date(2014, 12, 31), date(2015, 1, 2))


def test_a_camt_sample_of_several_statements_leads_from_balance_to_balance() -> None:
    read = read_statements(sample("camt053.v2.multi.statement.xml"))
    assert [(each.opening, each.closing, each.trouble) for each in read] == [(eur(1815), eur(2700), ""), (eur(2700), eur(2000), "")]
    assert [entry.end_to_end for each in read for entry in each.entries] == ["000000001", "000000002"]


def test_the_german_mt940_sample_adds_up_message_by_message() -> None:
    read = read_statements(sample("sepa_mt9401.sta"))
    assert (len(read), sum(len(each.entries) for each in read)) == (26, 97)
    assert [each.trouble for each in read if each.trouble] == []
    first = read[0]
    assert (first.statement, first.opening, len(first.entries)) == ("T089413946000001", eur(-123_471_836), 7)
    assert [entry.return_reason for entry in first.entries[:2]] == ["914", "914"]
    assert [(entry.credit, entry.reversal) for entry in first.entries if entry.reversal] == [(False, True)]
    richter = read[1].entries[0]
    assert (richter.payer, richter.iban) == ("Richter Renate 70 Zeichen Beginn Fuellzeichen xxxxxxxx", "DE42100100100043921105")
    assert (richter.end_to_end, richter.bank_reference) == ("EndToEndIdTFNR2000400001", "0724710290621954")


def test_a_currency_that_is_gone_is_refused_with_its_place_and_the_other_messages_are_read() -> None:
    content = sample("mt940.sta")
    with pytest.raises(InputRefused) as refused:
        read_statements(content, "mt940.sta")
    assert str(refused.value) == "mt940.sta, message 1, :60:: 'DEM' is not a currency (ISO 4217, such as EUR)"
    _, *rest = content.split(b":20:")
    euros, zloty = (read_statements(b":20:" + message)[0] for message in rest[1:])
    assert (euros.trouble, [entry.signed for entry in euros.entries]) == ("", [-80_000, 300_000])
    assert zloty.account == "BPHKPLPK/320000546101"
    assert [(entry.signed, entry.bank_reference) for entry in zloty.entries] == [
        (2_000_000, "8327000090031789"),
        (-1_000_000, "8327000090031790"),
        (4_000, "8327000090031791"),
    ]
    assert zloty.trouble == ""


# --- what strangers send -------------------------------------------------------------------------------------------------------------

BOMB = b"""<?xml version="1.0"?><!DOCTYPE Document [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>&b;</BkToCstmrStmt></Document>"""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the document: it is empty"),
        (b"\xef\xbb\xbf  \n", "the document: it is empty"),
        (b"%PDF-1.7", "the document: it is neither a camt.053 statement (XML) nor an MT940 statement (:20:)"),
        (b" " * (MOST_BYTES + 1), f"the document: it has {MOST_BYTES + 1:,} bytes, and at most {MOST_BYTES:,} are read"),
        (BOMB, "the document: it defines entities of its own (DOCTYPE), which no bank does"),
        (b"<Document/>", "the document: its root is 'Document'; camt.053 is read in the versions 02, 04, 08"),
        (
            b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr/></BkToCstmrStmt></Document>',
            "the document: it does not follow camt.053.001.08: ",
        ),
        (b":20:X\n:25:Y\n:61:nonsense\n", "the message: "),
        (b":20:X\n:28C:1\n:60F:C261123EUR1,\n:62F:C261123EUR1,\n", "the message, :25:: it does not say which account it is of"),
        (b":20:X\n\0", "the document: it holds zero bytes, which no text has"),
        (b":20:X\n" + b"x" * 3_000, "the document: it has lines of more than 2,000 characters, which MT940 does not know"),
    ],
)
def test_what_no_bank_sends_is_refused_with_place_and_reason(content: bytes, said: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read_statements(content)
    assert str(refused.value).startswith(said)
    assert len(str(refused.value)) < 400


def test_amounts_beyond_reason_are_refused_where_they_stand() -> None:
    written = camt053(statement(), "08", on=MONDAY)
    for amount in (b"1e1000000", b"9" * 30, b"-5.00", b"1.005", b"NaN"):
        with pytest.raises(InputRefused):
            read_statements(written.replace(b">0.50<", b">" + amount + b"<"))


def test_a_latin_file_is_read_as_one() -> None:
    written = mt940(statement(), on=MONDAY).decode().encode("iso-8859-1")
    assert read_statements(written)[0].entries[0].text.endswith("from Köln")
    declared = camt053(statement(), "08", on=MONDAY).decode().replace("UTF-8", "ISO-8859-1").encode("iso-8859-1")
    assert read_statements(declared)[0].entries[2].payer == "Röstwerk"


def test_entries_that_are_announced_and_not_booked_are_left_alone() -> None:
    written = camt053(statement(), "08", on=MONDAY).replace(b"<Sts><Cd>BOOK</Cd></Sts>", b"<Sts><Cd>PDNG</Cd></Sts>", 1)
    (read,) = read_statements(written)
    assert (len(read.entries), read.pending) == (3, 1)


def test_a_collective_booking_is_read_as_its_payments() -> None:
    single = camt053(statement(), "08", on=MONDAY).decode()
    detail = single[single.index("<TxDtls>") : single.index("</TxDtls>") + len("</TxDtls>")]
    halves = detail.replace(">119.00<", ">59.00<") + detail.replace(">119.00<", ">60.00<").replace("E2E-7", "E2E-8")
    (read,) = read_statements(single.replace(detail, halves, 1).encode())
    assert [(entry.amount.minor, entry.end_to_end, entry.bank_reference) for entry in read.entries[:2]] == [
        (5_900, "E2E-7", "BANK-1"),
        (6_000, "E2E-8", "BANK-1"),
    ]
    assert read.trouble == ""


whole = [camt053(statement(), version, on=MONDAY) for version in ("02", "04", "08")] + [mt940(statement(), on=MONDAY)]


@given(st.sampled_from(whole), st.data())
@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_statement_is_read_or_refused_and_nothing_else(content: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(content)))
    damaged = bytearray(content[:cut] if data.draw(st.booleans()) else content)
    for _ in range(data.draw(st.integers(0, 6))):
        if damaged:
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    at = data.draw(st.integers(0, len(damaged)))
    damaged[at:at] = data.draw(
        st.sampled_from([b"", b"<Amt>", b"]]>", b"&#0;", b"\n:61:", b"\n:86:?20", b"99999999999999999999", b"\xff\xfe"])
    )
    try:
        found = read_statements(bytes(damaged))
    except InputRefused as refused:
        found, said = [], str(refused)
        assert 0 < len(said) < 500  # refusing is as right as reading, and has to be a sentence
    for read in found:
        assert read.account
        assert all(entry.amount.minor >= 0 for entry in read.entries)
