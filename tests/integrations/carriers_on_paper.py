"""What UPS (REST API v2409) and DHL Express (XML Services) document as answers, with made-up numbers, and a wire that gives them."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request

TOKEN = {"access_token": "token-1", "token_type": "Bearer", "issued_at": "4070908800000", "expires_in": "14399", "status": "approved"}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAUCAAAAACRhfOKAAAAD0lEQVR4nGP4DwcMw40JAJ/nxzn2cDeJAAAAAElFTkSuQmCC"
"""A small picture: UPS gives its labels as pictures, which karrio turns into PDF."""


def money(value: str, currency: str = "EUR") -> dict[str, str]:
    return {"CurrencyCode": currency, "MonetaryValue": value}


def ups_rate(code: str, total: str, days: str | None, currency: str = "EUR") -> dict[str, Any]:
    rate: dict[str, Any] = {
        "Service": {"Code": code, "Description": ""},
        "RatedShipmentAlert": [{"Code": "110971", "Description": "Your invoice may vary from the displayed reference rates"}],
        "BillingWeight": {"UnitOfMeasurement": {"Code": "KGS", "Description": "Kilograms"}, "Weight": "2.5"},
        "TransportationCharges": money(total, currency),
        "BaseServiceCharge": money(total, currency),
        "ItemizedCharges": [],
        "ServiceOptionsCharges": money("0.00", currency),
        "TotalCharges": money(total, currency),
        "RatedPackage": [],
    }
    if days is not None:
        rate["TimeInTransit"] = {
            "PickupDate": "20261126",
            "ServiceSummary": {
                "Service": {"Description": "UPS Standard"},
                "EstimatedArrival": {"Arrival": {"Date": "20261130", "Time": "233000"}, "BusinessDaysInTransit": days},
            },
        }
    return rate


def ups_rates(*rates: dict[str, Any]) -> dict[str, Any]:
    return {"RateResponse": {"Response": {"ResponseStatus": {"Code": "1", "Description": "Success"}}, "RatedShipment": list(rates)}}


def ups_sold(*tracking: str) -> dict[str, Any]:
    package = [
        {
            "TrackingNumber": number,
            "ServiceOptionsCharges": money("0.00"),
            "ShippingLabel": {"ImageFormat": {"Code": "PNG", "Description": "PNG"}, "GraphicImage": PIXEL},
        }
        for number in tracking
    ]
    results = {
        "ShipmentCharges": {"TransportationCharges": money("9.90"), "TotalCharges": money("9.90")},
        "ShipmentIdentificationNumber": tracking[0],
        "PackageResults": package,
    }
    return {"ShipmentResponse": {"Response": {"ResponseStatus": {"Code": "1", "Description": "Success"}}, "ShipmentResults": results}}


def ups_recovered(tracking: str) -> dict[str, Any]:
    image = {"LabelImageFormat": {"Code": "PDF"}, "GraphicImage": base64.b64encode(b"%PDF-1.4 recovered").decode()}
    return {
        "LabelRecoveryResponse": {
            "Response": {"ResponseStatus": {"Code": "1", "Description": "Success"}},
            "ShipmentIdentificationNumber": tracking,
            "LabelResults": {"TrackingNumber": tracking, "LabelImage": image},
        }
    }


UPS_VOIDED = {"VoidShipmentResponse": {"Response": {"ResponseStatus": {"Code": "1", "Description": "Success"}}}}


def ups_refusal(code: str, message: str) -> dict[str, Any]:
    return {"response": {"errors": [{"code": code, "message": message}]}}


def ups_activity(date: str, time: str, kind: str, code: str, description: str) -> dict[str, Any]:
    place = {"address": {"city": "Berlin", "country": "DE", "countryCode": "DE", "postalCode": "14979"}, "slic": "1234"}
    return {"date": date, "time": time, "location": place, "status": {"type": kind, "code": code, "description": description}}


def ups_tracked(number: str, *activity: dict[str, Any], due: str = "20261130") -> dict[str, Any]:
    package = {
        "trackingNumber": number,
        "activity": list(activity),
        "deliveryDate": [{"type": "DEL", "date": due}],
        "deliveryInformation": {"receivedBy": "NOVAK", "location": "FRONT DESK"},
        "packageAddress": [],
        "service": {"code": "011", "description": "UPS Standard"},
        "weight": {"unitOfMeasurement": "KGS", "weight": "2.50"},
    }
    return {"trackResponse": {"shipment": [{"inquiryNumber": number, "package": [package]}]}}


UPS_NOT_FOUND = {"trackResponse": {"shipment": [{"warnings": [{"code": "TW0001", "message": "Tracking Information Not Found"}]}]}}

DHL_HEADER = (
    "<Response><ServiceHeader><MessageTime>2026-11-26T09:00:00+00:00</MessageTime>"
    "<MessageReference>1234567890123456789012345678901</MessageReference><SiteID>site</SiteID></ServiceHeader></Response>"
)


def dhl_rates(*rates: tuple[str, str, str, str]) -> str:
    """Each (product code, name, charge, delivery date)."""
    quoted = "".join(
        f"<QtdShp><GlobalProductCode>{code}</GlobalProductCode><LocalProductCode>{code}</LocalProductCode>"
        f"<LocalProductName>{name}</LocalProductName><ProductShortName>{name}</ProductShortName><NetworkTypeCode>TD</NetworkTypeCode>"
        f"<CurrencyCode>EUR</CurrencyCode><WeightCharge>{charge}</WeightCharge><ShippingCharge>{charge}</ShippingCharge>"
        f"<DeliveryDate><DeliveryType>QDDC</DeliveryType><DlvyDateTime>{arrives} 23:59:00</DlvyDateTime></DeliveryDate>"
        "<PricingDate>2026-11-26</PricingDate></QtdShp>"
        for code, name, charge, arrives in rates
    )
    said = f"<GetQuoteResponse>{DHL_HEADER}<BkgDetails>{quoted}</BkgDetails></GetQuoteResponse>"
    return f"<?xml version='1.0'?><DCTResponse>{said}</DCTResponse>"


def dhl_sold(waybill: str) -> str:
    image = base64.b64encode(b"%PDF-1.4 dhl").decode()
    return (
        '<?xml version="1.0" encoding="UTF-8"?><res:ShipmentResponse xmlns:res="http://www.dhl.com">'
        f"{DHL_HEADER}<RegionCode>EU</RegionCode><Note><ActionNote>Success</ActionNote></Note>"
        f"<AirwayBillNumber>{waybill}</AirwayBillNumber><CurrencyCode>EUR</CurrencyCode><PackageCharge>21.40</PackageCharge>"
        "<Rated>Y</Rated><ShippingCharge>24.90</ShippingCharge><Piece>1</Piece>"
        f"<LabelImage><OutputFormat>PDF</OutputFormat><OutputImage>{image}</OutputImage></LabelImage></res:ShipmentResponse>"
    )


def dhl_refusal(code: str, sentence: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><res:ShipmentValidateErrorResponse xmlns:res="http://www.dhl.com"><Response>'
        "<ServiceHeader><MessageTime>2026-11-26T09:00:00+00:00</MessageTime></ServiceHeader><Status><ActionStatus>Error</ActionStatus>"
        f"<Condition><ConditionCode>{code}</ConditionCode><ConditionData>{sentence}</ConditionData></Condition></Status></Response>"
        "</res:ShipmentValidateErrorResponse>"
    )


def dhl_tracked(waybill: str, *events: tuple[str, str, str, str]) -> str:
    """Each (date, time, code, description)."""
    seen = "".join(
        f"<ShipmentEvent><Date>{date}</Date><Time>{time}</Time><ServiceEvent><EventCode>{code}</EventCode>"
        f"<Description>{description}</Description></ServiceEvent><Signatory/><ServiceArea><ServiceAreaCode>BER</ServiceAreaCode>"
        "<Description>Berlin - Germany</Description></ServiceArea></ShipmentEvent>"
        for date, time, code, description in events
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><req:TrackingResponse xmlns:req="http://www.dhl.com">'
        f"{DHL_HEADER}<AWBInfo><AWBNumber>{waybill}</AWBNumber><Status><ActionStatus>success</ActionStatus></Status><ShipmentInfo>"
        "<ShipperName>HOLDFAST</ShipperName><ConsigneeName>PALARNIA</ConsigneeName><ShipmentDate>2026-11-26T13:26:00</ShipmentDate>"
        f"<Pieces>1</Pieces><Weight>2.5</Weight><WeightUnit>K</WeightUnit>{seen}</ShipmentInfo></AWBInfo></req:TrackingResponse>"
    )


DHL_NOT_FOUND = (
    '<?xml version="1.0" encoding="UTF-8"?><req:TrackingResponse xmlns:req="http://www.dhl.com">'
    f"{DHL_HEADER}<AWBInfo><AWBNumber/><Status><ActionStatus>No Shipments Found</ActionStatus><Condition><ConditionCode>209</ConditionCode>"
    "<ConditionData>No Shipments Found for AWBNumber 3318810025</ConditionData></Condition></Status></AWBInfo></req:TrackingResponse>"
)

Answer = dict[str, Any] | str | int | Exception | tuple[int, dict[str, Any]]


@dataclass
class Heard:
    path: str
    body: str


@dataclass
class PaperWire:
    """Answers each call from the list of its path, and refuses a call that nobody expected. An int is an HTTP status without a body."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)

    def says(self, path: str, *answers: Answer) -> None:
        self.answers.setdefault(path, []).extend(answers)

    def __call__(self, request: Request, data: Any, timeout: float) -> Any:
        assert timeout == 30.0, "every call has a time limit"
        path = request.selector.partition("?")[0]
        body = request.data or b""
        assert isinstance(body, bytes)
        self.heard.append(Heard(path, body.decode()))
        if path.endswith("/oauth/token") and path not in self.answers:
            return _response(request, TOKEN)
        key = next((known for known in self.answers if path.startswith(known) and self.answers[known]), None)
        if key is None:
            raise AssertionError(f"nobody expected a call of {path}")
        answer = self.answers[key].pop(0)
        if isinstance(answer, Exception):
            raise answer
        return _response(request, answer)

    def calls(self, path: str) -> list[str]:
        return [heard.body for heard in self.heard if heard.path.startswith(path)]


def _response(request: Request, answer: dict[str, Any] | str | int | tuple[int, dict[str, Any]]) -> Any:
    if isinstance(answer, int):
        answer = (answer, {})
    if isinstance(answer, tuple):
        status, said = answer
        raise HTTPError(request.full_url, status, "", {}, io.BytesIO(json.dumps(said).encode()))  # type: ignore[arg-type]  # no headers
    return _Page(answer if isinstance(answer, str) else json.dumps(answer))


class _Page(io.BytesIO):
    status = 200

    def __init__(self, text: str) -> None:
        super().__init__(text.encode())
        self.headers: dict[str, str] = {}
