"""Partner maps are read from JSON."""

from __future__ import annotations

from pydantic import ValidationError

from domain.edi_partners import Partners
from domain.errors import InputRefused
from starters.channels.bounds import refusal
from starters.channels.reading import read_json


def load(content: bytes) -> Partners:
    """The partners of a JSON document (`{"partners": [...]}`); InputRefused with the place of the first mistake."""
    document = read_json(content).value
    if not isinstance(document, dict):
        raise InputRefused("the partners", "an object with a list of partners was expected")
    try:
        return Partners.model_validate(document)
    except ValidationError as error:
        raise refusal(error) from None
