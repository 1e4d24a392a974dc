"""Papers: what a customer reads on them, to the cent, and that the same rows always give the same bytes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import which
from string import Formatter

from domain.money import Money
from domain.money_steps import TaxShare
from domain.order import Address
from integrations import documents
from integrations.documents.language import LOCALES, PHRASES
from tests.conftest import require
from tests.integrations import papers


def read(pdf: bytes, tmp_path: Path) -> str:
    """The text of a PDF as a person sees it, with single blanks; a test that reads is skipped where Poppler is not installed."""
    require("pdftotext (Debian: poppler-utils)", which("pdftotext"))
    (tmp_path / "paper.pdf").write_bytes(pdf)
    command = ["pdftotext", "-layout", str(tmp_path / "paper.pdf"), "-"]
    written = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    return "\n".join(" ".join(line.split()) for line in written.splitlines() if line.strip())


def test_an_invoice_states_every_line_and_its_total_to_the_cent(tmp_path: Path) -> None:
    text = read(documents.invoice(papers.invoice()), tmp_path)
    assert "1 GRD-200 Burr grinder 40 mm, black 2 249.00 -25.00 89.87 473.00" in text
    assert "40 4.955 37.65 198.20" in text  # a price finer than a cent keeps its digits
    assert "Goods 2,390.40\nShipping 18.90\nTax 457.75\nTotal (EUR) 2,867.05" in text
    assert "Please pay 2,867.05 EUR by 3 December 2026 and state INV-000042." in text
    assert "Payment reference RF29 INV0 0004 2" in text
    assert "Page 1 of 1" in text


def test_an_invoice_that_was_paid_in_advance_asks_for_nothing(tmp_path: Path) -> None:
    text = read(documents.invoice(papers.invoice(paid=papers.euros(286705))), tmp_path)
    assert "Paid -2,867.05\nAmount due (EUR) 0.00" in text
    assert "This invoice is paid. Nothing is due." in text
    assert "Please pay" not in text


def test_an_invoice_whose_prices_contain_the_tax_says_so(tmp_path: Path) -> None:
    whole = papers.invoice(taxes_included=True, total=papers.euros(239040 + 1890))
    assert "Shipping 18.90\nTotal (EUR) 2,409.30\nof which tax 457.75" in read(documents.invoice(whole), tmp_path)


def test_an_invoice_says_what_its_tax_is_made_of_and_how_it_was_rounded(tmp_path: Path) -> None:
    """247.50 at 19 % is 47.03 and at 1 % of a city 2.48; 18.90 of freight is taxed alike with 3.59 and 0.19; 319.69 becomes 319.70."""
    pdf = documents.invoice(papers.taxed_invoice())
    text = read(pdf, tmp_path)
    assert "1 249.00 -6.00 4.50 49.51 247.50" in text
    assert "black · Hazardous" in text
    taxes = "VAT 19 % on 266.40 50.62\nCity levy 1 % on 266.40 2.67"
    assert f"Goods 247.50\nShipping 18.90\n{taxes}\nRounding 0.01\nTotal (EUR) 319.70" in text
    within = read(documents.invoice(papers.taxed_invoice(taxes_included=True, total=papers.euros(26641))), tmp_path)
    assert "Total (EUR) 266.41\nof which VAT 19 % on 213.11 50.62\nof which City levy 1 % on 213.11 2.67" in within


def test_an_invoice_speaks_the_language_of_its_customer(tmp_path: Path) -> None:
    text = read(documents.invoice(papers.invoice(language="de")), tmp_path)
    assert "1 GRD-200 Burr grinder 40 mm, black 2 249,00 -25,00 89,87 473,00" in text
    assert "40 4,955 37,65 198,20" in text
    assert "Waren 2.390,40\nVersand 18,90\nSteuer 457,75\nGesamtbetrag (EUR) 2.867,05" in text
    assert "Bitte zahlen Sie 2.867,05 EUR bis zum 3. Dezember 2026 und nennen Sie dabei INV-000042." in text
    assert "Seite 1 von 1" in text
    credit = read(documents.credit_note(papers.credit_note().model_copy(update={"language": "fr"})), tmp_path)
    assert "Total de l'avoir (EUR) 281,43\nImputé sur INV-000042 -200,00\nEn votre faveur 81,43" in credit
    assert "Page 1 sur 1" in credit
    assert documents.invoice(papers.invoice(language="pl")) == documents.invoice(papers.invoice(language="en"))


def test_every_phrase_is_said_in_every_language_with_the_same_blanks() -> None:
    for name, said in PHRASES.items():
        blanks = {language: sorted(part for _, part, _, _ in Formatter().parse(words) if part) for language, words in said.items()}
        assert blanks == dict.fromkeys(LOCALES, blanks["en"]), name


def test_an_exempt_customer_reads_why_there_is_no_tax(tmp_path: Path) -> None:
    nothing = (TaxShare(title="Reverse charge", amount=papers.euros(0)),)
    line = papers.billed(1, "GRD-200", 1, "249.00").model_copy(update={"tax": papers.euros(0), "taxes": nothing})
    zero = papers.euros(0)
    whole = papers.invoice(lines=(line,), freight=zero, freight_tax=zero, total=papers.euros(24900))
    assert "Goods 249.00\nReverse charge 0.00\nTotal (EUR) 249.00" in read(documents.invoice(whole), tmp_path)
    german = read(documents.invoice(whole.model_copy(update={"language": "de"})), tmp_path)
    assert "Steuerschuldnerschaft des Leistungsempfängers 0,00" in german


def test_yen_have_no_decimals(tmp_path: Path) -> None:
    yen = Money(minor=0, currency="JPY")
    lines = (papers.billed(1, "GRD-200", 3, "12500", currency="JPY"),)
    total = Money(minor=37500 + 7125, currency="JPY")
    text = read(documents.invoice(papers.invoice(lines=lines, freight=yen, freight_tax=yen, paid=yen, total=total)), tmp_path)
    assert "3 12,500 7,125 37,500" in text
    assert "Total (JPY) 44,625" in text


def test_letters_of_every_european_customer_are_in_the_embedded_font(tmp_path: Path) -> None:
    address = Address(name="Łukasz Groß & Ünal Şahin <b>€</b>", street="Οδός Ερμού 5", city="Пловдив", postcode="4000", country="BG")
    pdf = documents.invoice(papers.invoice(bill_to=address))
    text = read(pdf, tmp_path)
    assert "Łukasz Groß & Ünal Şahin <b>€</b>" in text  # what somebody wrote is never read as markup
    assert "Οδός Ερμού 5" in text
    assert "4000 Пловдив" in text
    assert b"OpenSans-Regular" in pdf


def test_a_long_invoice_repeats_its_head_and_counts_its_pages(tmp_path: Path) -> None:
    lines = tuple(papers.billed(n, f"ITEM-{n:03}", 1, "10.00") for n in range(1, 101))
    pdf = documents.invoice(papers.invoice(lines=lines, total=papers.euros(100_000 + 19_000 + 1890 + 359)))
    text = read(pdf, tmp_path)
    pages = text.count("Unit price")
    assert pages == 4
    assert [f"Page {n} of {pages}" in text for n in range(1, pages + 1)] == [True] * pages
    assert "100 ITEM-100 1 10.00 1.90 10.00" in text
    assert "Total (EUR) 1,212.49" in text


def test_a_credit_note_says_what_is_set_off_and_what_is_left(tmp_path: Path) -> None:
    text = read(documents.credit_note(papers.credit_note()), tmp_path)
    assert "On invoice INV-000042" in text
    assert "Total credit (EUR) 281.43\nSet off against INV-000042 -200.00\nIn your favour 81.43" in text


def test_a_reminder_adds_its_fee_and_names_the_new_date(tmp_path: Path) -> None:
    text = read(documents.reminder_letter(papers.reminder()), tmp_path)
    assert "Invoice INV-000042 (EUR) 2,867.05\nPaid, credited and charged since -985.00\nFee for this reminder 25.00" in text
    assert "Please pay 1,907.05 EUR by 25 December 2026 and state INV-000042." in text
    assert "Until this balance is paid, your further orders are on hold." in text


def test_the_first_reminder_threatens_nobody(tmp_path: Path) -> None:
    friendly = papers.reminder(level=1, fee=papers.euros(0), balance=papers.euros(188205), holds_customer=False)
    text = read(documents.reminder_letter(friendly), tmp_path)
    assert "on hold" not in text
    assert "Fee" not in text


def test_a_packing_slip_tells_parcels_and_no_price(tmp_path: Path) -> None:
    text = read(documents.packing_slip(papers.packing_slip()), tmp_path)
    assert "2 FLT-100 Paper filters size 4, unbleached, 100 pieces 40 18" in text
    assert "1 of 2 2 × GRD-200, 8 × FLT-100 5.35 kg" in text
    assert "Parcels 2, 10.70 kg in all" in text
    assert "EUR" not in text


def test_a_return_form_has_a_label_with_its_tracking_number(tmp_path: Path) -> None:
    text = read(documents.return_form(papers.return_form()), tmp_path)
    assert "Return RMA-000003" in text
    assert "by 3 December 2026. As soon as we have looked at the goods, your replacement is sent." in " ".join(text.split())
    assert text.count("RR482719032NO") == 1
    assert "Märkische Allee 7" in text


def test_the_same_rows_give_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    program = (
        "import hashlib\nfrom integrations import documents as d\nfrom tests.integrations import papers as p\n"
        "print(hashlib.sha256(d.invoice(p.invoice()) + d.return_form(p.return_form()) + d.packing_slip(p.packing_slip())"
        " + d.credit_note(p.credit_note()) + d.reminder_letter(p.reminder())).hexdigest())"
    )
    root = Path(__file__).parents[2]
    hashes = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, cwd=root).stdout.decode().strip() for _ in range(2)
    }
    assert len(hashes) == 1
    assert len(hashes.pop()) == 64


def test_nothing_that_draws_is_loaded_before_the_first_paper() -> None:
    program = "import sys\nimport integrations.documents\nprint('reportlab' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.decode().strip() == "False"
