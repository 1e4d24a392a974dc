"""How what orders are told, and what they answer, is written for Temporal: pydantic's JSON."""

from __future__ import annotations

from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter


class OnePayloadConverter(PydanticPayloadConverter):
    """The SDK's converter, one for the whole process.

    The SDK asks for a new one several times for every task of a workflow or an activity, and each would make its serializer, and an adapter
    for each model that it meets, anew. It keeps nothing else, and its cache of adapters may be used by several threads.
    """

    _one: OnePayloadConverter | None = None

    def __new__(cls) -> OnePayloadConverter:
        if cls._one is None:
            cls._one = super().__new__(cls)
            PydanticPayloadConverter.__init__(cls._one)
        return cls._one

    def __init__(self) -> None:
        """Nothing is left to do: `__new__` has done it, once."""


DATA_CONVERTER = DataConverter(payload_converter_class=OnePayloadConverter)
"""The converter of every client and worker of ours."""
