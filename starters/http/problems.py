"""What an endpoint answers when it does not do what was asked: problem details (RFC 9457), each with one sentence for a person."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from domain.errors import Conflict, InputRefused, NotFound, OrderError, Unavailable
from domain.values import Value

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = 5  # seconds

log = structlog.get_logger()


class Place(Value):
    """One thing that is wrong: where it stands, and why it cannot stay so."""

    place: str
    reason: str


class Problem(Value):
    """RFC 9457; `type` is a name of ours that stays the same, relative to the service."""

    type: str = Field(examples=["/problems/refused"])
    title: str = Field(examples=["The order does not take it"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["Order web/7001 is closed, the message came too late."])
    errors: tuple[Place, ...] = ()


class Answered(Exception):  # an answer that was decided on, not an error
    """Carries a problem out of an endpoint that knows better than the table below."""

    def __init__(self, problem: Problem, headers: dict[str, str] | None = None) -> None:
        self.problem, self.headers = problem, headers or {}
        super().__init__(problem.detail)


def problem(status: int, kind: str, title: str, detail: str, errors: tuple[Place, ...] = ()) -> Problem:
    return Problem(type=f"/problems/{kind}", title=title, status=status, detail=detail, errors=errors)


def of(error: OrderError) -> Problem:
    """How an error of the business is told to a machine."""
    if isinstance(error, InputRefused):
        return problem(422, "input-refused", "The document cannot be taken", str(error), (Place(place=error.place, reason=error.reason),))
    if isinstance(error, Conflict):
        return problem(409, "conflict", "It is known with other content", str(error))
    if isinstance(error, NotFound):
        return problem(404, "not-found", f"There is no such {error.kind}", str(error))
    if isinstance(error, Unavailable):
        return problem(503, "unavailable", "Somebody does not answer; try again later", str(error))
    return problem(409, "refused", "The business says no", str(error))


def response(found: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    extra = {"Retry-After": str(RETRY_AFTER)} if found.status == 503 else {}
    return JSONResponse(found.model_dump(mode="json"), found.status, {**extra, **(headers or {})}, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Have every error of the application answered as a problem."""

    @app.exception_handler(OrderError)
    async def refused(request: Request, error: OrderError) -> JSONResponse:
        return response(of(error))

    @app.exception_handler(Answered)
    async def answered(request: Request, error: Answered) -> JSONResponse:
        return response(error.problem, error.headers)

    @app.exception_handler(RequestValidationError)
    async def wrong(request: Request, error: RequestValidationError) -> JSONResponse:
        places = tuple(_place(each) for each in error.errors())
        detail = "; ".join(f"{each.place}: {each.reason}" for each in places[:10])
        return response(problem(422, "input-refused", "The request cannot be taken", detail, places[:100]))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        kind = {400: "unreadable", 404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "http")
        return response(problem(error.status_code, kind, "It cannot be answered", str(error.detail)), dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def unknown(request: Request, error: Exception) -> JSONResponse:
        log.error("an endpoint broke", path=_template(request), exc_info=error)
        return response(problem(500, "defect", "A defect of Holdfast", "Something of ours broke; it was written down."))


def _place(error: dict[str, Any]) -> Place:
    loc = [str(part) for part in error["loc"]]
    return Place(place=".".join(loc)[:200] or "the request", reason=str(error["msg"])[:300])


def _template(request: Request) -> str:
    """The path as it was declared: without the ids that a caller put into it."""
    return str(getattr(request.scope.get("route"), "path", ""))
