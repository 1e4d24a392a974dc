"""The base of every model: values are frozen, and unknown fields are refused at our own borders."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A thing that is what it says: it never changes, and it says nothing that we did not ask."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Record(BaseModel):
    """A thing that changes while its order lives; every change is checked against its type."""

    model_config = ConfigDict(extra="forbid", validate_assignment=False)
