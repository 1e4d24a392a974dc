"""The service characters of an interchange."""

from __future__ import annotations

from pydifact.control.characters import Characters


def characters(una: str) -> Characters:
    """From the six characters of UNA: component, element, decimal mark, release, reserved, terminator."""
    component, element, decimal, release, reserved, terminator = (una[n] for n in range(6))
    return Characters(component, element, decimal, release, reserved, terminator)  # type: ignore[no-untyped-call] # pydifact leaves it untyped


OURS = characters(":+.? '")
"""What we write: syntax level A, with a point as decimal mark."""
