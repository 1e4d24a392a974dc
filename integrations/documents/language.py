"""Amounts, dates and set phrases in the language of whoever reads them: English, German, French; English where we have no other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from domain.money import Money, exponent
from integrations.documents.wording import BEFORE, BILLS, TERMS, WHYS

LOCALES = {"en": "en_GB", "de": "de_DE", "fr": "fr_FR"}


def spoken(language: str) -> str:
    """The language that we write for somebody who wants this one."""
    return language if language in LOCALES else "en"


def money(amount: Money, language: str) -> str:
    """1.234,50 € in German, 1 234,50 € in French; always the currency's own digits."""
    digits = exponent(amount.currency)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    locale = LOCALES[spoken(language)]
    written = format_currency(amount.major, amount.currency, f"{pattern}\u00a0\u00a4\u00a4", locale=locale, currency_digits=False)
    return str(written)


def day(moment: datetime, language: str) -> str:
    """17 March 2027, 17. März 2027, 17 mars 2027."""
    return str(format_date(moment, "d MMMM y" if spoken(language) != "de" else "d. MMMM y", locale=LOCALES[spoken(language)]))


def figure(amount: Money, language: str) -> str:
    """The amount without its currency, for a table whose head names it."""
    digits = exponent(amount.currency)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(amount.major, pattern, locale=LOCALES[spoken(language)]))


def short_day(moment: datetime, language: str) -> str:
    """17/03/2027, 17.03.2027: for tables."""
    return str(format_date(moment, "dd.MM.y" if spoken(language) == "de" else "dd/MM/y", locale=LOCALES[spoken(language)]))


def price(unit_price: Decimal, currency: str, language: str) -> str:
    """A unit price may be finer than the currency: all its digits are shown, and at least the currency's own."""
    digits = max(exponent(currency), -int(unit_price.normalize().as_tuple().exponent))
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(unit_price, pattern, locale=LOCALES[spoken(language)], decimal_quantization=False))


def percent(value: Decimal, language: str) -> str:
    """Of a hundred, without needless zeros: 2.5 %, in German and French 2,5 %."""
    written = format_decimal(value.normalize(), "0.####", locale=LOCALES[spoken(language)])
    return f"{written}\u00a0%"


def phrase(name: str, language: str) -> str:
    return PHRASES[name][spoken(language)]


@dataclass(frozen=True)
class Voice:
    """One language for all that stands on a paper."""

    language: str

    def said(self, name: str, /, **parts: str) -> str:
        return phrase(name, self.language).format(**parts)

    def day(self, moment: datetime) -> str:
        return day(moment, self.language)

    def money(self, amount: Money) -> str:
        return money(amount, self.language)

    def figure(self, amount: Money) -> str:
        return figure(amount, self.language)

    def price(self, unit_price: Decimal, currency: str) -> str:
        return price(unit_price, currency, self.language)

    def percent(self, value: Decimal) -> str:
        return percent(value, self.language)

    def why(self, booked: str) -> str:
        """Why there is no tax; what somebody else wrote stays as it is."""
        return WHYS.get(booked, {}).get(spoken(self.language), booked)


PHRASES: dict[str, dict[str, str]] = {
    **BILLS,
    **BEFORE,
    **TERMS,
    "reminder": {"en": "Reminder", "de": "Zahlungserinnerung", "fr": "Rappel"},
    "reminder_about": {
        "en": "Reminder {number}: {invoices}",
        "de": "Zahlungserinnerung {number}: {invoices}",
        "fr": "Rappel {number} : {invoices}",
    },
    "and_more": {"en": "{invoice} and {more} more", "de": "{invoice} und {more} weitere", "fr": "{invoice} et {more} autres"},
    "dear": {"en": "Dear {name},", "de": "Guten Tag {name},", "fr": "Bonjour {name},"},
    "dear_nobody": {"en": "Dear Sir or Madam,", "de": "Guten Tag,", "fr": "Madame, Monsieur,"},
    "opening_1": {
        "en": "This is a friendly reminder: what is listed below is past its due date.",
        "de": "sicher ist es Ihnen nur entgangen: Die unten genannten Beträge sind fällig und noch offen.",
        "fr": "Sauf erreur de notre part, les montants indiqués ci-dessous sont échus et restent à régler.",
    },
    "opening_2": {
        "en": "This is our second reminder. Please pay what is listed below at once.",
        "de": "dies ist unsere zweite Zahlungserinnerung. Bitte begleichen Sie die unten genannten Beträge umgehend.",
        "fr": "Ceci est notre deuxième rappel. Merci de régler sans délai les montants indiqués ci-dessous.",
    },
    "opening_3": {
        "en": "This is our last reminder. Please pay what is listed below, or tell us today what stands against it.",
        "de": "dies ist unsere letzte Mahnung. Bitte zahlen Sie die unten genannten Beträge oder sagen Sie uns heute, was dagegen spricht.",
        "fr": "Ceci est notre dernier rappel. Merci de régler les montants ci-dessous ou de nous dire aujourd'hui ce qui s'y oppose.",
    },
    "held": {
        "en": "Until it is paid, your further orders are on hold.",
        "de": "Bis zur Zahlung halten wir Ihre weiteren Bestellungen an.",
        "fr": "Jusqu'au paiement, vos autres commandes sont suspendues.",
    },
    "please_pay": {
        "en": "Please pay {amount} by {date} and state {number}.",
        "de": "Bitte zahlen Sie {amount} bis zum {date} und nennen Sie dabei {number}.",
        "fr": "Merci de payer {amount} avant le {date} en indiquant {number}.",
    },
    "crossed": {
        "en": "If your payment is on its way, please disregard this letter. If an invoice is wrong, please tell us.",
        "de": "Haben Sie schon gezahlt, ist dieses Schreiben gegenstandslos. Stimmt etwas nicht, sagen Sie es uns bitte.",
        "fr": "Si votre paiement est en route, ne tenez pas compte de ce courrier. En cas d'erreur, merci de nous le dire.",
    },
    "collective_subject": {
        "en": "Invoice {number} until {date}",
        "de": "Sammelrechnung {number} bis {date}",
        "fr": "Facture récapitulative {number} jusqu'au {date}",
    },
    "collective_body": {
        "en": "please find attached invoice {number} over {amount} for everything that we shipped to you until {date}: {orders}.",
        "de": "anbei erhalten Sie die Rechnung {number} über {amount} für alles, was wir Ihnen bis {date} geliefert haben: {orders}.",
        "fr": "veuillez trouver ci-joint la facture {number} de {amount} pour toutes nos livraisons jusqu'au {date} : {orders}.",
    },
    "collective_due": {"en": "It is due on {date}.", "de": "Sie ist am {date} fällig.", "fr": "Elle est payable le {date}."},
    "quote_subject": {
        "en": "Quote {number}, valid until {date}",
        "de": "Angebot {number}, gültig bis {date}",
        "fr": "Devis {number}, valable jusqu'au {date}",
    },
    "quote_body": {
        "en": "thank you for your enquiry. Please find attached quote {number} over {amount}, valid until {date}.",
        "de": "vielen Dank für Ihre Anfrage. Anbei erhalten Sie das Angebot {number} über {amount}, gültig bis {date}.",
        "fr": "merci de votre demande. Veuillez trouver ci-joint le devis {number} de {amount}, valable jusqu'au {date}.",
    },
    "quote_reference": {"en": "Your reference: {reference}", "de": "Ihr Zeichen: {reference}", "fr": "Votre référence : {reference}"},
    "quote_replaces": {
        "en": "It replaces revision {revision}.",
        "de": "Es ersetzt die Fassung {revision}.",
        "fr": "Il remplace la version {revision}.",
    },
    "quote_accept": {
        "en": "To accept it, please state {number} in your order.",
        "de": "Um es anzunehmen, nennen Sie bitte in Ihrer Bestellung {number}.",
        "fr": "Pour l'accepter, indiquez {number} dans votre commande.",
    },
    "regards": {"en": "Kind regards", "de": "Freundliche Grüße", "fr": "Cordialement"},
    "to": {"en": "To", "de": "An", "fr": "À"},
    "date": {"en": "Date", "de": "Datum", "fr": "Date"},
    "number": {"en": "Number", "de": "Nummer", "fr": "Numéro"},
    "customer": {"en": "Customer", "de": "Kunde", "fr": "Client"},
    "pay_until": {"en": "Pay until", "de": "Zahlbar bis", "fr": "À payer avant le"},
    "invoice": {"en": "Invoice", "de": "Rechnung", "fr": "Facture"},
    "order": {"en": "Order", "de": "Auftrag", "fr": "Commande"},
    "was_due": {"en": "Was due", "de": "War fällig", "fr": "Échéance"},
    "reminded": {"en": "Reminder no.", "de": "Erinnerung", "fr": "Rappel n°"},
    "open": {"en": "Open", "de": "Offen", "fr": "Restant dû"},
    "line_fee": {"en": "Fee", "de": "Gebühr", "fr": "Frais"},
    "interest": {"en": "Interest", "de": "Zinsen", "fr": "Intérêts"},
    "sum_open": {"en": "Open invoices", "de": "Offene Rechnungen", "fr": "Factures impayées"},
    "sum_fee": {"en": "Fee for this reminder", "de": "Mahngebühr", "fr": "Frais de rappel"},
    "sum_line_fees": {"en": "Fees by invoice", "de": "Gebühren je Rechnung", "fr": "Frais par facture"},
    "sum_due": {"en": "Amount due", "de": "Zu zahlen", "fr": "Montant à payer"},
    "statement": {"en": "Statement of account", "de": "Kontoauszug", "fr": "Relevé de compte"},
    "document": {"en": "Document", "de": "Beleg", "fr": "Pièce"},
    "text": {"en": "What", "de": "Vorgang", "fr": "Libellé"},
    "amount": {"en": "Amount", "de": "Betrag", "fr": "Montant"},
    "balance": {"en": "Balance", "de": "Saldo", "fr": "Solde"},
    "opening_balance": {"en": "Opening balance", "de": "Anfangssaldo", "fr": "Solde initial"},
    "closing_balance": {"en": "Closing balance", "de": "Endsaldo", "fr": "Solde final"},
    "not_due": {"en": "Not due", "de": "Nicht fällig", "fr": "Non échu"},
    "days": {"en": "{range} days", "de": "{range} Tage", "fr": "{range} jours"},
    "on_account": {"en": "On account", "de": "Auf Konto", "fr": "Au crédit"},
    "ageing": {"en": "What is open, by days past due", "de": "Offenes nach Tagen der Überfälligkeit", "fr": "Montants dus par ancienneté"},
    "kind_invoice": {"en": "Invoice", "de": "Rechnung", "fr": "Facture"},
    "kind_fee": {"en": "Fees and interest", "de": "Gebühren und Zinsen", "fr": "Frais et intérêts"},
    "kind_payment": {"en": "Payment", "de": "Zahlung", "fr": "Paiement"},
    "kind_reversal": {"en": "Payment taken back", "de": "Rücklastschrift", "fr": "Paiement rejeté"},
    "kind_received": {"en": "Payment on account", "de": "Zahlung auf Konto", "fr": "Paiement sur compte"},
    "kind_chargeback": {"en": "Chargeback", "de": "Kreditkarten-Rückbelastung", "fr": "Rétrofacturation"},
    "kind_credit": {"en": "Credit note", "de": "Gutschrift", "fr": "Avoir"},
    "kind_refund": {"en": "Refund", "de": "Erstattung", "fr": "Remboursement"},
    "kind_write_off": {"en": "Written off", "de": "Ausgebucht", "fr": "Passé en perte"},
    "kind_finance_charge": {"en": "Finance charge", "de": "Verzugszinsen", "fr": "Intérêts de retard"},
    "kind_account": {"en": "On your account", "de": "Auf Ihrem Konto", "fr": "Sur votre compte"},
}
"""By name and language; the openings are those of levels that say nothing of their own."""
