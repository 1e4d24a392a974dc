"""The wire to a Shopify shop: one operation, and what its errors mean."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from domain.errors import Busy, Refused, Unavailable
from integrations.web import LONGEST_WAIT, USUAL_WAIT, Web

PASSING = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "SHOP_INACTIVE", "ACCESS_DENIED"})
"""Codes of errors that pass by themselves, or when somebody gives our app the scope that it lacks."""


class ShopifyWire:
    """Speaks to `web`, whose address is the shop's; `version` is the API's."""

    def __init__(self, web: Web, version: str) -> None:
        self.web, self._path = web, f"/admin/api/{version}/graphql.json"

    @property
    def name(self) -> str:
        return self.web.name

    async def ask(self, name: str, operation: str, **variables: Any) -> dict[str, Any]:
        """The data of a named operation. Raises Busy, Unavailable or Refused; a mutation's own user errors are in the data."""
        body = {"query": operation, "operationName": name, "variables": variables}
        answer = (await self.web.call("POST", self._path, body)).body
        if not isinstance(answer, dict):
            raise Unavailable(f"{self.name} answers with what is no GraphQL.")
        errors = answer.get("errors") or []
        if errors:
            self._judge(errors, answer)
        data = answer.get("data")
        if not isinstance(data, dict):
            raise Unavailable(f"{self.name} answers without data.")
        return data

    async def change(self, name: str, operation: str, errors: str = "userErrors", **variables: Any) -> dict[str, Any]:
        """The payload of a mutation that was carried out. Raises what `ask` raises, and Refused with the shop's own words.

        The mutation has the operation's name, its first letter small.
        """
        data = await self.ask(name, operation, **variables)
        payload: dict[str, Any] = data.get(name[:1].lower() + name[1:]) or {}
        if found := payload.get(errors):
            raise UserError(self.name, found)
        return payload

    def _judge(self, errors: Any, answer: dict[str, Any]) -> None:
        if not isinstance(errors, list):
            raise Refused(f"{self.name} refuses: {str(errors)[:300]}")
        codes = {str((error.get("extensions") or {}).get("code", "")) for error in errors}
        if "THROTTLED" in codes:
            raise Busy(f"{self.name} takes no more calls for the moment (its cost limit).", _until_restored(answer))
        said = "; ".join(str(error.get("message", "")) for error in errors)[:300]
        if codes & PASSING:
            raise Unavailable(f"{self.name} does not carry it out now ({', '.join(sorted(codes))}): {said}")
        raise Refused(f"{self.name} refuses: {said}")


class UserError(Refused):
    """What a mutation answers instead of being carried out; `codes` as far as it names them."""

    def __init__(self, shop: str, errors: list[dict[str, Any]]) -> None:
        self.codes = {str(error.get("code") or "") for error in errors}
        self.errors = errors
        said = "; ".join(" ".join(str(error.get("message", "")).split()) for error in errors)[:300]
        super().__init__(f"{shop} refuses: {said}")


def _until_restored(answer: dict[str, Any]) -> timedelta:
    """How long until the shop has restored the points that the operation costs."""
    cost = (answer.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    try:
        missing = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        return min(max(timedelta(seconds=missing / float(status["restoreRate"])), timedelta(milliseconds=100)), LONGEST_WAIT)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return USUAL_WAIT
