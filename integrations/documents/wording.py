"""What stands on papers about money, in every language that we write.

In German a credit note is a `Rechnungskorrektur`: a `Gutschrift` is an invoice that the customer writes (UStG § 14 (2)).
"""

from __future__ import annotations

Said = dict[str, str]

BILLS: dict[str, Said] = {
    "page": {"en": "Page {number} of {pages}", "de": "Seite {number} von {pages}", "fr": "Page {number} sur {pages}"},
    "vat_id": {"en": "VAT {number}", "de": "USt-IdNr. {number}", "fr": "N° TVA {number}"},
    "invoice_date": {"en": "Invoice date", "de": "Rechnungsdatum", "fr": "Date de facture"},
    "due_date": {"en": "Due date", "de": "Fällig am", "fr": "Échéance"},
    "due_in_parts": {"en": "in parts, see below", "de": "in Raten, siehe unten", "fr": "en plusieurs fois, voir ci-dessous"},
    "order_shipment": {"en": "{order}, shipment {shipment}", "de": "{order}, Lieferung {shipment}", "fr": "{order}, livraison {shipment}"},
    "shipped": {"en": "Shipped", "de": "Geliefert", "fr": "Livré"},
    "from_to": {"en": "{since} to {until}", "de": "{since} bis {until}", "fr": "du {since} au {until}"},
    "your_reference": {"en": "Your reference", "de": "Ihr Zeichen", "fr": "Votre référence"},
    "payment_reference": {"en": "Payment reference", "de": "Zahlungsreferenz", "fr": "Référence de paiement"},
    "bill_to": {"en": "Bill to", "de": "Rechnung an", "fr": "Facturé à"},
    "shipped_to": {"en": "Shipped to", "de": "Geliefert an", "fr": "Livré à"},
    "ship_to": {"en": "Ship to", "de": "Lieferung an", "fr": "Livraison à"},
    "credit_to": {"en": "Credit to", "de": "Korrektur für", "fr": "Avoir pour"},
    "credit_note": {"en": "Credit note", "de": "Rechnungskorrektur", "fr": "Avoir"},
    "on_invoice": {"en": "On invoice", "de": "Zu Rechnung", "fr": "Sur facture"},
    "of_day": {"en": "{document} of {date}", "de": "{document} vom {date}", "fr": "{document} du {date}"},
    "reason": {"en": "Reason", "de": "Grund", "fr": "Motif"},
    "line_no": {"en": "No.", "de": "Pos.", "fr": "N°"},
    "item": {"en": "Item", "de": "Artikel", "fr": "Article"},
    "description": {"en": "Description", "de": "Bezeichnung", "fr": "Désignation"},
    "corrects": {"en": "Corrects", "de": "Berichtigt", "fr": "Corrige"},
    "line_of": {"en": "{invoice} line {line}", "de": "{invoice} Pos. {line}", "fr": "{invoice} ligne {line}"},
    "quantity": {"en": "Qty", "de": "Menge", "fr": "Qté"},
    "unit_price": {"en": "Unit price", "de": "Einzelpreis", "fr": "Prix unitaire"},
    "discount": {"en": "Discount", "de": "Rabatt", "fr": "Remise"},
    "surcharge": {"en": "Surcharge", "de": "Zuschlag", "fr": "Supplément"},
    "tax": {"en": "Tax", "de": "Steuer", "fr": "Taxe"},
    "tax_included": {"en": "Incl. tax", "de": "Enth. Steuer", "fr": "Taxe incluse"},
    "net": {"en": "Net {currency}", "de": "Netto {currency}", "fr": "Net {currency}"},
    "gross": {"en": "Amount {currency}", "de": "Betrag {currency}", "fr": "Montant {currency}"},
    "goods": {"en": "Goods", "de": "Waren", "fr": "Marchandises"},
    "freight": {"en": "Shipping", "de": "Versand", "fr": "Port"},
    "rounding": {"en": "Rounding", "de": "Rundung", "fr": "Arrondi"},
    "total": {"en": "Total", "de": "Gesamtbetrag", "fr": "Total"},
    "total_credit": {"en": "Total credit", "de": "Korrekturbetrag", "fr": "Total de l'avoir"},
    "of_which": {"en": "of which {tax}", "de": "darin enthalten: {tax}", "fr": "dont {tax}"},
    "taxed": {"en": "{title} {rate} on {basis}", "de": "{title} {rate} auf {basis}", "fr": "{title} {rate} sur {basis}"},
    "taxed_at": {"en": "Tax {rate} of {basis}", "de": "Steuer {rate} auf {basis}", "fr": "Taxe {rate} sur {basis}"},
    "untaxed": {"en": "Tax: none, {why}", "de": "Ohne Steuer: {why}", "fr": "Sans taxe : {why}"},
    "paid": {"en": "Paid", "de": "Bezahlt", "fr": "Payé"},
    "amount_due": {"en": "Amount due ({currency})", "de": "Zu zahlen ({currency})", "fr": "Montant à payer ({currency})"},
    "nothing_due": {
        "en": "This invoice is paid. Nothing is due.",
        "de": "Diese Rechnung ist bezahlt. Es ist nichts mehr zu zahlen.",
        "fr": "Cette facture est payée. Rien n'est dû.",
    },
    "pay_in_parts": {
        "en": "Please pay {amount} in these parts and state {number}.",
        "de": "Bitte zahlen Sie {amount} in diesen Raten und nennen Sie dabei {number}.",
        "fr": "Merci de payer {amount} en ces échéances en indiquant {number}.",
    },
    "part": {"en": "Part", "de": "Rate", "fr": "Échéance"},
    "to_pay": {"en": "To pay {currency}", "de": "Zu zahlen {currency}", "fr": "À payer {currency}"},
    "set_off": {"en": "Set off against {invoice}", "de": "Verrechnet mit {invoice}", "fr": "Imputé sur {invoice}"},
    "in_your_favour": {"en": "In your favour", "de": "Zu Ihren Gunsten", "fr": "En votre faveur"},
    "paid_out": {
        "en": "{amount} is in your favour: it is paid out the way you paid, or kept on your account.",
        "de": "{amount} sind zu Ihren Gunsten: Sie erhalten sie auf dem Weg, auf dem Sie gezahlt haben, oder auf Ihrem Konto bei uns.",
        "fr": "{amount} sont en votre faveur : remboursés par votre moyen de paiement, ou portés au crédit de votre compte.",
    },
    "lowers": {
        "en": "This credit lowers what you owe on {invoice}.",
        "de": "Diese Korrektur mindert, was auf {invoice} zu zahlen ist.",
        "fr": "Cet avoir diminue ce que vous devez sur {invoice}.",
    },
    "less_restocking_fee": {
        "en": "less restocking fee on line {line}",
        "de": "abzüglich Rücknahmegebühr auf Pos. {line}",
        "fr": "moins frais de remise en stock, ligne {line}",
    },
    "less_return_label": {
        "en": "less return label on line {line}",
        "de": "abzüglich Rücksendeetikett auf Pos. {line}",
        "fr": "moins étiquette de retour, ligne {line}",
    },
    "deposit_netted": {"en": "Deposit {document}", "de": "Anzahlung {document}", "fr": "Acompte {document}"},
    "prepayment": {"en": "Prepayment", "de": "Vorauszahlung", "fr": "Paiement anticipé"},
    "section": {
        "en": "Order {order}, shipment {shipment} of {date}",
        "de": "Auftrag {order}, Lieferung {shipment} vom {date}",
        "fr": "Commande {order}, livraison {shipment} du {date}",
    },
    "section_reference": {"en": ", your reference {number}", "de": ", Ihr Zeichen {number}", "fr": ", votre référence {number}"},
}

BEFORE: dict[str, Said] = {
    "proforma": {"en": "Pro-forma invoice", "de": "Proforma-Rechnung", "fr": "Facture pro forma"},
    "no_invoice": {
        "en": "This is no invoice and asks for no payment. It gives no right to deduct tax.",
        "de": "Dies ist keine Rechnung und keine Zahlungsaufforderung. Sie berechtigt nicht zum Vorsteuerabzug.",
        "fr": "Ceci n'est pas une facture et n'appelle aucun paiement. Elle ne donne pas droit à déduction de la taxe.",
    },
    "deposit_request": {"en": "Deposit request", "de": "Anzahlungsanforderung", "fr": "Demande d'acompte"},
    "please_pay_by": {"en": "Please pay by", "de": "Zahlbar bis", "fr": "À payer avant le"},
    "order_total": {"en": "Order {order} ({currency})", "de": "Auftrag {order} ({currency})", "fr": "Commande {order} ({currency})"},
    "deposit": {"en": "Deposit ({currency})", "de": "Anzahlung ({currency})", "fr": "Acompte ({currency})"},
    "deposit_for": {"en": "Deposit for order {order}", "de": "Anzahlung zu Auftrag {order}", "fr": "Acompte pour la commande {order}"},
    "deposit_agreed": {
        "en": "Thank you for your order. As agreed, please pay a deposit.",
        "de": "Vielen Dank für Ihren Auftrag. Wie vereinbart bitten wir um eine Anzahlung.",
        "fr": "Merci de votre commande. Comme convenu, nous vous demandons un acompte.",
    },
    "begins_with_it": {
        "en": "We begin with your order as soon as the deposit is here.",
        "de": "Wir beginnen mit Ihrem Auftrag, sobald sie da ist.",
        "fr": "Nous commençons votre commande dès sa réception.",
    },
    "has_begun": {
        "en": "We have begun with your order.",
        "de": "Mit Ihrem Auftrag haben wir begonnen.",
        "fr": "Votre commande est en cours.",
    },
    "deposit_taken_off": {
        "en": "The deposit is taken off your invoices, which show the tax. This request is no invoice.",
        "de": "Die Anzahlung wird auf Ihren Rechnungen abgezogen, die die Steuer ausweisen. Diese Anforderung ist keine Rechnung.",
        "fr": "L'acompte est déduit de vos factures, qui indiquent la taxe. Cette demande n'est pas une facture.",
    },
    "quote": {"en": "Quote", "de": "Angebot", "fr": "Devis"},
    "valid_until": {"en": "Valid until", "de": "Gültig bis", "fr": "Valable jusqu'au"},
    "revision": {"en": "Revision", "de": "Fassung", "fr": "Version"},
    "delivery_wanted": {"en": "Delivery wanted", "de": "Gewünschte Lieferung", "fr": "Livraison souhaitée"},
    "we_offer": {
        "en": "We offer you these goods at these prices until {date}.",
        "de": "Wir bieten Ihnen diese Waren zu diesen Preisen bis {date} an.",
        "fr": "Nous vous proposons ces articles à ces prix jusqu'au {date}.",
    },
    "replaces_revision": {
        "en": " It replaces revision {number}.",
        "de": " Dieses Angebot ersetzt Fassung {number}.",
        "fr": " Ce devis remplace la version {number}.",
    },
    "set_aside": {
        "en": "The goods are set aside for you until then.",
        "de": "Die Waren sind bis dahin für Sie zurückgelegt.",
        "fr": "Les articles vous sont réservés jusque-là.",
    },
    "prior_sale": {
        "en": "The goods are subject to prior sale.",
        "de": "Zwischenverkauf vorbehalten.",
        "fr": "Sous réserve de vente entre-temps.",
    },
    "to_accept": {
        "en": "To accept, please state {number} in your order.",
        "de": "Bitte nennen Sie bei der Bestellung {number}.",
        "fr": "Pour accepter, merci d'indiquer {number} dans votre commande.",
    },
}

TERMS: dict[str, Said] = {
    "terms_of_payment": {
        "en": "Terms of payment: {terms}.",
        "de": "Zahlungsbedingungen: {terms}.",
        "fr": "Conditions de paiement : {terms}.",
    },
    "paid_in_advance": {"en": "Paid in advance.", "de": "Im Voraus bezahlt.", "fr": "Payé d'avance."},
    "without_deduction": {
        "en": "Payable until {date} without deduction.",
        "de": "Zahlbar bis {date} ohne Abzug.",
        "fr": "Payable jusqu'au {date} sans escompte.",
    },
    "early_discount": {
        "en": "Paid by {date}, {percent} discount: {amount} settles this invoice.",
        "de": "Bei Zahlung bis {date} {percent} Skonto: {amount} begleichen diese Rechnung.",
        "fr": "Pour un paiement jusqu'au {date}, escompte de {percent} : {amount} soldent cette facture.",
    },
    "discount_within": {
        "en": "{percent} discount within {days} days",
        "de": "{percent} Skonto innerhalb von {days} Tagen",
        "fr": "escompte de {percent} sous {days} jours",
    },
    "deposit_before": {
        "en": "{asked} deposit before supply",
        "de": "{asked} Anzahlung vor Lieferung",
        "fr": "acompte de {asked} avant livraison",
    },
    "deposit_beside": {
        "en": "{asked} deposit beside supply",
        "de": "{asked} Anzahlung zur Lieferung",
        "fr": "acompte de {asked} à la livraison",
    },
    "share": {"en": "{percent} {when}", "de": "{percent} {when}", "fr": "{percent} {when}"},
    "fixed_part": {"en": "a fixed part {when}", "de": "ein fester Teil {when}", "fr": "une part fixe {when}"},
    "the_rest": {"en": "the rest {when}", "de": "der Rest {when}", "fr": "le solde {when}"},
    "in_days": {"en": "{days} days", "de": "{days} Tage", "fr": "{days} jours"},
    "at_once": {"en": "at once", "de": "sofort", "fr": "comptant"},
    "end_of_month": {"en": "end of month", "de": "Monatsende", "fr": "fin de mois"},
    "then_end_of_month": {"en": "{days} days, then end of month", "de": "{days} Tage, dann Monatsende", "fr": "{days} jours fin de mois"},
    "and_days": {"en": " and {days} days", "de": " und {days} Tage", "fr": " et {days} jours"},
    "on_day": {"en": "on day {day} of the month", "de": "am {day}. des Monats", "fr": "le {day} du mois"},
    "then_on_day": {
        "en": "{days} days, then day {day} of the month",
        "de": "{days} Tage, dann am {day}. des Monats",
        "fr": "{days} jours, puis le {day} du mois",
    },
}

WHYS: dict[str, Said] = {
    "Exempt from tax": {"de": "steuerfrei", "fr": "exonéré de TVA"},
    "Reverse charge: the buyer accounts for the tax": {
        "de": "Steuerschuldnerschaft des Leistungsempfängers",
        "fr": "autoliquidation : la taxe est due par l'acheteur",
    },
    "Intra-Community supply": {"de": "steuerfreie innergemeinschaftliche Lieferung", "fr": "livraison intracommunautaire exonérée"},
    "Export outside the European Union": {"de": "steuerfreie Ausfuhrlieferung", "fr": "exportation hors de l'Union européenne exonérée"},
    "Reverse charge": {"de": "Steuerschuldnerschaft des Leistungsempfängers", "fr": "Autoliquidation"},
}
"""Why there is no tax, by how it is booked; the words are those of the law: UStG § 14a, CGI article 242 nonies A."""
