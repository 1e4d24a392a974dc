"""Dates as senders write them, in digits only."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.errors import InputRefused

WIDTHS = {"%Y%m%d": 8, "%y%m%d": 6, "%Y%m%d%H%M": 12, "%Y%m%d%H%M%S": 14, "%y%m%d%H%M": 10}
"""The formats that may be agreed with a sender, and their digits, by which one is told from another."""


def moment_in(written: str, formats: tuple[str, ...], place: str, meant: str = "CCYYMMDD") -> datetime:
    """The moment in UTC by the first of `formats` that has as many digits; InputRefused when there is none."""
    if written.isascii() and written.isdigit():
        for form in formats:
            if WIDTHS.get(form) == len(written):
                try:
                    return datetime.strptime(written, form).replace(tzinfo=UTC)
                except ValueError:
                    continue
    raise InputRefused(place, f"{written!r:.20} is not a date ({meant})")
