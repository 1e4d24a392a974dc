"""Who sells: what papers and e-invoices say of us."""

from __future__ import annotations

from domain.order import Address
from domain.values import Value


class Seller(Value):
    """`bank` is what a customer needs to pay, line by line; the rest of the bank's fields is for those who read it by machine.

    `endpoint` is where e-invoices may be answered, in the scheme `endpoint_scheme` (EAS: EM is e-mail, 9930 a German VAT id).
    """

    name: str
    address: Address
    tax_id: str = ""  # VAT identifier
    email: str = ""
    phone: str = ""
    contact: str = ""  # who answers questions about an invoice
    bank: tuple[str, ...] = ()
    iban: str = ""
    bic: str = ""
    registration: str = ""  # the company's number in its register
    endpoint: str = ""
    endpoint_scheme: str = ""
