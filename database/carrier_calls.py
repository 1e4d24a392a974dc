"""Label purchases with carriers that know no idempotency key: noted before the call, so that a lost answer is looked up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, update
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.tables import CarrierCall
from domain.dispatch import LabelCall


def ask(session: Session, key: str, carrier: str, reference: str, at: datetime, settling: timedelta) -> LabelCall:
    """Note that a label is about to be bought, or say what is known of it.

    A call whose outcome is unknown and that can no longer be on its way is taken over: whoever asks next waits for this one.
    """
    row = {"key": key, "carrier": carrier, "reference": reference, "state": "asked", "asked_at": at, "answer": None}
    if insert_once(session, CarrierCall, row):
        return LabelCall(key=key, carrier=carrier, reference=reference, state="asked", asked_at=at, fresh=True)
    known = session.get_one(CarrierCall, key, with_for_update=True)
    call = _call(known)
    if call.state == "asked" and not call.on_its_way(at, settling):
        known.asked_at = at
    return call


def bought(session: Session, key: str, carrier: str, answer: str) -> None:
    known = session.get_one(CarrierCall, key, with_for_update=True)
    if known.state == "asked":
        known.state, known.carrier, known.answer = "bought", carrier, answer


def forget(session: Session, key: str) -> None:
    """The carrier said no, or never heard us: nothing was bought."""
    session.execute(delete(CarrierCall).where(CarrierCall.key == key, CarrierCall.state == "asked"))


def known(session: Session, key: str) -> LabelCall | None:
    found = session.get(CarrierCall, key)
    return None if found is None else _call(found)


def close(session: Session, key: str, seen: LabelCall | None, at: datetime) -> bool:
    """Nothing is bought under this key any more; False when it has moved since it was `seen`."""
    if seen is None:
        row = {"key": key, "carrier": "", "reference": "", "state": "voided", "asked_at": at, "answer": None}
        return insert_once(session, CarrierCall, row)
    unchanged = (CarrierCall.key == key, CarrierCall.state == seen.state, CarrierCall.asked_at == seen.asked_at)
    return cast("CursorResult[Any]", session.execute(update(CarrierCall).where(*unchanged).values(state="voided"))).rowcount == 1


def _call(row: CarrierCall) -> LabelCall:
    return LabelCall(
        key=row.key, carrier=row.carrier, reference=row.reference, state=row.state, asked_at=row.asked_at, answer=row.answer or ""
    )
