"""A unit of a partner that nobody has mapped."""

from __future__ import annotations

from domain.errors import InputRefused


class UnknownUnit(InputRefused):
    """The document can be read once somebody says how many pieces `unit` is."""

    def __init__(self, place: str, unit: str) -> None:
        self.unit = unit
        super().__init__(place, f"nobody knows how many pieces the unit {unit!r:.10} is")
