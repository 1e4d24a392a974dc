"""The API in front of the account: who may ask, which parameters there are, and one answer for one idempotency key."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from integrations.simulated.stripe.account import DAY, StripeAccount, Thing, without_notes
from integrations.simulated.stripe.faults import Fault, Silence, StripeRefusal, invalid, missing

LONGEST_KEY = 255
METADATA = 50

PARAMETERS: dict[str, frozenset[str]] = {
    "create": frozenset(
        {"amount", "capture_method", "confirm", "currency", "customer", "description", "expand", "metadata", "off_session"}
        | {"payment_method", "payment_method_options", "payment_method_types"}
    ),
    "update": frozenset({"metadata", "description", "expand"}),
    "capture": frozenset({"amount_to_capture", "final_capture", "metadata", "expand"}),
    "cancel": frozenset({"cancellation_reason", "expand"}),
    "refund": frozenset({"payment_intent", "charge", "amount", "reason", "metadata", "expand"}),
}


@dataclass
class Reply:
    status: int
    body: Thing
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Kept:
    """What an idempotency key was used for; no reply while it is at work."""

    asked: tuple[object, ...]
    at: int
    reply: Reply | None = None


class StripeApi:
    """Answers calls; `faults` are how the next calls go wrong, each with the end of the path that it is meant for."""

    def __init__(self, account: StripeAccount) -> None:
        self.account = account
        self.keys: dict[str, Kept] = {}
        self.faults: deque[tuple[str, Fault]] = deque()
        self.calls: list[tuple[str, str]] = []  # method and path of every call that came through
        self.gate: threading.Event | None = None  # calls that change something wait for it, so that a test can have two at once
        self._requests = 0

    def fail(self, fault: Fault, path: str = "", times: int = 1) -> None:
        """The next `times` calls whose path ends so go wrong."""
        self.faults.extend([(path, fault)] * times)

    def answer(self, method: str, path: str, query: str, body: bytes, headers: dict[str, str]) -> Reply:
        """Raises Silence where the connection breaks."""
        with self.account.lock:
            self._requests += 1
            request = f"req_Double{self._requests:08d}"
            self.calls.append((method, path))
            fault = self._fault(path)
        try:
            reply = self._carried_out(method, path, query, body, headers, fault)
        except StripeRefusal as refused:
            reply = _refusal(refused, request)
        reply.headers |= {"Request-Id": request, "Stripe-Version": headers.get("stripe-version", "")}
        if fault is Fault.SILENT_AFTER:
            raise Silence
        return reply

    def _fault(self, path: str) -> Fault | None:
        for position, (end, fault) in enumerate(self.faults):
            if path.endswith(end):
                del self.faults[position]
                return fault
        return None

    def _carried_out(self, method: str, path: str, query: str, body: bytes, headers: dict[str, str], fault: Fault | None) -> Reply:
        scheme, _, secret = headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or secret != self.account.key:
            raise StripeRefusal(401, "invalid_request_error", f"Invalid API Key provided: {secret[:8]}****{secret[-4:]}")
        if fault is Fault.SILENT_BEFORE:
            raise Silence
        if fault is Fault.GARBAGE:
            return Reply(502, {}, {"X-Garbage": "yes"})
        if fault is Fault.BUSY:
            raise StripeRefusal(429, "invalid_request_error", "Request rate limit exceeded.", code="rate_limit")
        if fault is Fault.LOCKED:
            message = "This object cannot be accessed right now because another API request or Stripe process is currently accessing it."
            raise StripeRefusal(429, "invalid_request_error", message, code="lock_timeout")
        if method == "GET":
            with self.account.lock:
                return Reply(200, self._read(path, nested(query)))
        return self._once(path, body.decode(), headers.get("idempotency-key", ""), fault)

    # --- one answer for one key ------------------------------------------------------------------------------------------------------

    def _once(self, path: str, body: str, key: str, fault: Fault | None) -> Reply:
        if len(key) > LONGEST_KEY:
            raise invalid(f"Idempotency keys can be at most {LONGEST_KEY} characters.")
        asked = (path, *sorted(parse_qsl(body, keep_blank_values=True)))
        with self.account.lock:
            known = self.keys.get(key) if key else None
            if known is not None and self.account.now() - known.at >= DAY:
                known = None
            if known is not None and known.asked != asked:
                message = (
                    "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key"
                    f" other than '{key}' if you meant to execute a different request."
                )
                raise StripeRefusal(400, "idempotency_error", message)
            if known is not None and known.reply is None:
                message = "There is currently another in-progress request using this Stripe-Idempotency-Key."
                raise StripeRefusal(409, "idempotency_error", message, code="idempotency_key_in_use")
            if known is not None and known.reply is not None:
                return Reply(known.reply.status, known.reply.body, {**known.reply.headers, "Idempotent-Replayed": "true"})
            kept = Kept(asked, self.account.now())
            if key:
                self.keys[key] = kept
        if self.gate is not None:
            self.gate.wait(30)
        try:
            reply = self._effect(path, nested(body), key, fault)
        except BaseException:
            with self.account.lock:
                self.keys.pop(key, None)
            raise
        kept.reply = reply
        return reply

    def _effect(self, path: str, given: Thing, key: str, fault: Fault | None) -> Reply:
        with self.account.lock:
            if fault is Fault.ERROR_BEFORE:
                return _broken()
            self.account.asked_by = key or None
            try:
                reply = Reply(200, self._write(path, given))
            except StripeRefusal as refused:
                if not refused.kept:
                    raise
                reply = _refusal(refused, f"req_Double{self._requests:08d}")
            finally:
                self.account.asked_by = None
            return _broken() if fault is Fault.ERROR_AFTER else reply

    # --- what there is to call -------------------------------------------------------------------------------------------------------

    def _write(self, path: str, given: Thing) -> Thing:
        account = self.account
        routes: tuple[tuple[str, str, Callable[..., Thing]], ...] = (
            (r"/v1/payment_intents", "create", account.create),
            (r"/v1/payment_intents/(\w+)", "update", account.update),
            (r"/v1/payment_intents/(\w+)/capture", "capture", account.capture),
            (r"/v1/payment_intents/(\w+)/cancel", "cancel", account.cancel),
            (r"/v1/refunds", "refund", account.refund),
        )
        for pattern, name, work in routes:
            if found := re.fullmatch(pattern, path):
                unknown = sorted(given.keys() - PARAMETERS[name])
                if unknown:
                    raise invalid(f"Received unknown parameter: {unknown[0]}", code="parameter_unknown", param=unknown[0])
                _check_metadata(given.get("metadata", {}))
                return self._shown(work(*found.groups(), given), given)
        raise _no_such_route("POST", path)

    def _read(self, path: str, given: Thing) -> Thing:
        account = self.account
        if path == "/v1/payment_intents/search":
            return self._searched(given)
        if path == "/v1/payment_intents":
            since = int(given.get("created", {}).get("gte", 0))
            return self._listed([i for i in account.intents.values() if i["created"] >= since], path, given)
        if path == "/v1/refunds":
            about = given.get("payment_intent")
            return self._listed([r for r in account.refunds.values() if about in (None, r["payment_intent"])], path, given)
        if found := re.fullmatch(r"/v1/payment_intents/(\w+)", path):
            return self._shown(account.intent(found[1]), given)
        if found := re.fullmatch(r"/v1/refunds/(\w+)", path):
            if found[1] not in account.refunds:
                raise missing("refund", found[1], "id")
            return without_notes(account.refunds[found[1]])
        raise _no_such_route("GET", path)

    def _searched(self, given: Thing) -> Thing:
        said = re.fullmatch(r"metadata\['(\w+)'\]:'(.*)'", str(given.get("query", "")))
        if said is None:
            raise invalid("We were unable to parse your search query.", param="query")
        name, wanted = said.groups()
        wanted = wanted.replace("\\'", "'")
        until = self.account.now() - self.account.indexed_after
        found = [i for i in self.account.intents.values() if i["metadata"].get(name) == wanted and i["created"] <= until]
        answer = self._listed(found, "/v1/payment_intents/search", given)
        return answer | {"object": "search_result", "next_page": None}

    def _listed(self, things: list[Thing], url: str, given: Thing) -> Thing:
        """Newest first, a page at a time."""
        ordered = [without_notes(thing) for thing in reversed(things)]
        after = given.get("starting_after")
        if after is not None:
            ordered = ordered[next((n for n, thing in enumerate(ordered, 1) if thing["id"] == after), len(ordered)) :]
        limit = int(given.get("limit", 10))
        return {"object": "list", "data": ordered[:limit], "has_more": len(ordered) > limit, "url": url}

    def _shown(self, thing: Thing, given: Thing) -> Thing:
        body = without_notes(thing)
        if "latest_charge" in given.get("expand", []) and body.get("latest_charge"):
            body["latest_charge"] = without_notes(self.account.charges[body["latest_charge"]])
        return body


def nested(encoded: str) -> Thing:
    """`a[b][c]=1&d[]=2` (or `d[0]=2`) as `{"a": {"b": {"c": "1"}}, "d": ["2"]}`."""
    found: Thing = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        first, *rest = re.findall(r"[^\[\]]+", name)
        if name.endswith("[]") or (rest and rest[-1].isdecimal()):
            found.setdefault(first, []).append(value)
            continue
        inside: Any = found
        for step in [first, *rest][:-1]:
            inside = inside.setdefault(step, {})
        inside[[first, *rest][-1]] = value
    return found


def _check_metadata(metadata: Thing) -> None:
    if len(metadata) > METADATA:
        raise invalid(f"Metadata can have up to {METADATA} keys.", param="metadata")
    for name, value in metadata.items():
        if len(name) > 40:
            raise invalid(f"Metadata keys can be at most 40 characters, but you passed in a key that is {len(name)}.", param="metadata")
        if len(value) > 500:
            raise invalid(
                f"Metadata values can have up to 500 characters, but you passed in a value that is {len(value)}.", param="metadata"
            )


def _no_such_route(method: str, path: str) -> StripeRefusal:
    return StripeRefusal(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path}).")


def _broken() -> Reply:
    return Reply(500, {"error": {"message": "An unknown error occurred", "type": "api_error"}})


def _refusal(refused: StripeRefusal, request: str) -> Reply:
    return Reply(refused.status, {"error": refused.error | {"request_log_url": f"https://dashboard.stripe.com/test/logs/{request}"}})
