"""Our accounts with the carriers: what karrio is asked, and what its answers mean here. Everything in this module waits for the network."""

from __future__ import annotations

import base64
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from domain.errors import OrderError, Refused, Unavailable
from domain.messages import CarrierStatus, Parcel
from domain.money import Money
from domain.order import Address
from integrations.karrio.library import errors, karrio, lib, models, parse_ups_errors
from integrations.karrio.wire import Unknown
from integrations.ports import LabelFile, Quote, TrackingEvent

UNKNOWN_TRANSIT_DAYS = 7
"""What a service counts as whose carrier names no days: it is chosen last, and a promise made with it errs on the late side."""

PASSING = frozenset({"250001", "250002", "250003", "250050", "10429"})
"""Error codes that UPS documents for credentials and call limits, which it sometimes sends with another HTTP status."""


@dataclass(frozen=True)
class Party:
    """Where parcels start or end."""

    address: Address
    phone: str = ""

    def as_karrio(self) -> models.Address:
        address = self.address
        first, rest = _split(address.street, 35)
        return models.Address(
            person_name=address.name[:35],
            company_name=address.name[:35],
            address_line1=first,
            address_line2=rest[:35] or None,
            city=address.city,
            postal_code=address.postcode or None,
            state_code=address.region if re.fullmatch(r"[A-Z]{2}", address.region) else None,
            country_code=address.country,
            email=address.email or None,
            phone_number=self.phone or None,
        )


@dataclass(frozen=True)
class Sold:
    """A label as its carrier sold it; `identifier` is what voids it."""

    identifier: str
    tracking: str
    files: tuple[LabelFile, ...]


class Account(ABC):
    """One account with one carrier; `carrier` is its name in our books."""

    carrier: str
    _name: str  # in karrio

    def __init__(self, label_format: str, **settings: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the first account loads every carrier that karrio knows
            self._gateway = karrio.gateway[self._name].create(settings)
        self._label_format = label_format

    def quotes(self, sender: Party, recipient: Party, parcels: Sequence[Parcel]) -> list[Quote]:
        """Raises Refused with the carrier's reasons, Unavailable when it does not answer."""
        request = models.RateRequest(
            shipper=sender.as_karrio(), recipient=recipient.as_karrio(), parcels=_parcels(parcels, ""), services=[], options={}
        )
        rates, said = self._called("create_rate_request", "get_rates", "parse_rate_response", request)
        if not rates:
            self._trouble(said)
        return [
            Quote(
                carrier=self.carrier,
                service=rate.service,
                price=Money.of(Decimal(str(rate.total_charge)), rate.currency),
                transit_days=UNKNOWN_TRANSIT_DAYS if rate.transit_days is None else max(int(rate.transit_days), 0),
            )
            for rate in rates or ()
        ]

    def buy(self, reference: str, service: str, sender: Party, recipient: Party, parcels: Sequence[Parcel], *, back: bool = False) -> Sold:
        request = models.ShipmentRequest(
            service=service,
            shipper=sender.as_karrio(),
            recipient=recipient.as_karrio(),
            parcels=_parcels(parcels, reference),
            reference=reference,
            label_type=self._label_format.upper(),
            options={},
        )
        which = "return_shipment" if back else "shipment"
        sold, said = self._called(f"create_{which}_request", f"create_{which}", f"parse_{which}_response", request)
        if sold is None:
            self._trouble(said)
            raise Unknown(f"{self.carrier} answered nothing that could be read as a label.")
        return Sold(identifier=sold.shipment_identifier, tracking=sold.tracking_number, files=_files(sold.docs, sold.label_type or "PDF"))

    @abstractmethod
    def lookup(self, reference: str) -> Sold | None:
        """The label sold under our reference, where the carrier can be asked for it; None when there is none, or nobody can know."""

    @abstractmethod
    def void(self, sold: Sold) -> None:
        """Give the label back; one that was given back before is no trouble."""

    def track(self, tracking: str) -> list[TrackingEvent]:
        """Oldest first; nothing for a number that the carrier does not know yet."""
        request = models.TrackingRequest(tracking_numbers=[tracking])
        found, said = self._called("create_tracking_request", "get_tracking", "parse_tracking_response", request)
        if not found:
            if not self._not_found(said):
                self._trouble(said)
            return []
        [details] = found[:1]
        events = [event for event in (_event(self.carrier, tracking, seen) for seen in details.events or ()) if event is not None]
        events.sort(key=lambda event: event.occurred_at)
        if events and details.estimated_delivery and not events[-1].status.final:
            events[-1] = events[-1].model_copy(update={"expected_at": _moment(f"{details.estimated_delivery}T23:59:00")})
        return events

    def _not_found(self, said: Sequence[models.Message]) -> bool:
        return all(message.level == "warning" for message in said)

    def _called(self, ask: str, send: str, read: str, request: Any) -> tuple[Any, list[models.Message]]:
        """One call, step by step: karrio's own shortcut would turn every failure of the wire into a message of the carrier."""
        mapper, proxy = self._gateway.mapper, self._gateway.proxy
        try:
            answer = getattr(proxy, send)(getattr(mapper, ask)(request))
            for part in answer.value if isinstance(answer.value, list) else ():
                if isinstance(part, OrderError):  # karrio tracks in threads of its own and hands their errors on as answers
                    raise part
            result, said = getattr(mapper, read)(answer)
        except OrderError:
            raise
        except errors.ParsedMessagesError as refused:
            return None, list(refused.messages)
        except (errors.ShippingSDKError, errors.ShippingSDKDetailedError) as wrong:
            raise Refused(f"{self.carrier} cannot be asked: {wrong}.") from wrong
        except Exception as unreadable:  # an answer of another shape, somewhere in karrio's readers
            raise Unknown(f"{self.carrier} answered what could not be read: {type(unreadable).__name__}.") from unreadable
        return result, list(said or ())

    def _trouble(self, said: Sequence[models.Message]) -> None:
        """Raise what the carrier said, when it said anything against it."""
        against = [message for message in said if message.level != "warning"]
        if not against:
            return
        sentence = f"{self.carrier}: {'; '.join(f'{_plain(message.message)} ({message.code})' for message in against)}"[:600]
        if any(str(message.code) in PASSING or _about_credentials(message.message) for message in against):
            raise Unavailable(sentence)
        raise Refused(sentence)


class Ups(Account):
    """UPS, REST API v2409: a label is found again by the reference that it was bought under (Label Recovery), and can be voided."""

    carrier, _name = "UPS", "ups"

    def lookup(self, reference: str) -> Sold | None:
        settings = self._gateway.settings
        asked = {
            "LabelRecoveryRequest": {
                "Request": {"RequestOption": "non_validate"},
                "LabelSpecification": {"LabelImageFormat": {"Code": "ZPL" if self._label_format == "zpl" else "PDF"}},
                "ReferenceValues": {"ReferenceNumber": {"Value": reference}, "ShipperNumber": settings.account_number},
            }
        }
        said = lib.request(
            url=f"{settings.server_url}/api/labels/v1/recovery",
            method="POST",
            headers={"authorization": f"Bearer {self._gateway.proxy.get_token()}", "content-Type": "application/json"},
            data=lib.to_json(asked),
        )
        try:
            answer = lib.to_dict(said) or {}
        except ValueError as unreadable:
            raise Unknown(f"{self.carrier} answered what could not be read when it was asked for a label.") from unreadable
        refused = parse_ups_errors(answer, settings)
        if any(str(message.code) in PASSING for message in refused):
            self._trouble(refused)
        found = answer.get("LabelRecoveryResponse") or {}  # any other refusal means that there is no such label
        results = found.get("LabelResults") or []
        results = results if isinstance(results, list) else [results]
        first = found.get("ShipmentIdentificationNumber") or next((each.get("TrackingNumber") for each in results), None)
        if not first:
            return None
        images = [each.get("LabelImage") or {} for each in results]
        return Sold(
            identifier=first,
            tracking=first,
            files=tuple(
                LabelFile(format="zpl" if self._label_format == "zpl" else "pdf", content=base64.b64decode(image["GraphicImage"]))
                for image in images
                if image.get("GraphicImage")
            ),
        )

    def void(self, sold: Sold) -> None:
        request = models.ShipmentCancelRequest(shipment_identifier=sold.identifier)
        done, said = self._called("create_cancel_shipment_request", "cancel_shipment", "parse_cancel_shipment_response", request)
        if (done is None or not done.success) and not any("already been voided" in str(message.message).lower() for message in said):
            self._trouble(said)


class DhlExpress(Account):
    """DHL Express, XML Services: a waybill that no courier scans costs nothing and cannot be cancelled, so there is nothing to look up."""

    carrier, _name = "DHL Express", "dhl_express"

    def lookup(self, reference: str) -> Sold | None:
        return None

    def void(self, sold: Sold) -> None:
        """Nothing to tell DHL: the label is thrown away."""

    def _not_found(self, said: Sequence[models.Message]) -> bool:
        return all(str(message.code) in ("103", "209") for message in said)


def _parcels(parcels: Sequence[Parcel], reference: str) -> list[models.Parcel]:
    """Kilograms and centimetres, rounded up: carriers weigh and measure themselves and charge the difference."""
    return [
        models.Parcel(
            id=str(parcel.number),
            weight=-(-parcel.weight_g // 10) / 100,
            weight_unit="KG",
            **(
                {name: -(-side // 10) for name, side in zip(("length", "width", "height"), parcel.size, strict=True)} if parcel.size else {}
            ),
            dimension_unit="CM",
            reference_number=reference or None,
        )
        for parcel in parcels
    ]


def _files(documents: Any, label_type: str) -> tuple[LabelFile, ...]:
    if documents is None or not documents.label:
        return ()
    return (LabelFile(format="zpl" if "ZPL" in label_type.upper() else "pdf", content=base64.b64decode(documents.label)),)


STATUS = {
    "delivered": CarrierStatus.DELIVERED,
    "delivery_failed": CarrierStatus.EXCEPTION,
    "delivery_delayed": CarrierStatus.DELAYED,
    "on_hold": CarrierStatus.EXCEPTION,
    "return_to_sender": CarrierStatus.RETURNED_TO_SENDER,
}
"""karrio's words for what the carriers' codes mean; every other word means that it is on its way."""

NOT_MOVED = frozenset({"pending", "cancelled", "unknown"})
"""The label exists, the parcel has not been seen."""


def _event(carrier: str, tracking: str, seen: models.TrackingEvent) -> TrackingEvent | None:
    word = seen.status or "in_transit"
    if word in NOT_MOVED or not seen.timestamp:
        return None
    status = CarrierStatus.LOST if seen.reason == "carrier_parcel_lost" else STATUS.get(word, CarrierStatus.IN_TRANSIT)
    where = ", ".join(part for part in (_plain(seen.description or ""), _plain(seen.location or "")) if part)
    return TrackingEvent(
        event=f"track/{carrier}/{tracking}/{seen.code or word}/{seen.timestamp}"[:200],
        status=status,
        occurred_at=_moment(seen.timestamp),
        detail=where[:1_000],
    )


def _moment(text: str) -> datetime:
    """The carriers write the local time of the place without its zone; counted as UTC, the order of one parcel's events is kept."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _split(text: str, most: int) -> tuple[str, str]:
    """A street in two lines, parted at a blank where there is one."""
    if len(text) <= most:
        return text, ""
    cut = text.rfind(" ", 0, most + 1)
    cut = cut if cut > 0 else most
    return text[:cut], text[cut:].strip()


def _plain(text: object) -> str:
    return " ".join(str(text).split())


def _about_credentials(text: object) -> bool:
    return re.search(r"(?i)password|site ?id|credential|authenticat|authoriz", str(text)) is not None
