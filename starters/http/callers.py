"""Who calls: a key of ours or a bearer token of an OpenID Connect provider, and whether it allows what is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from database import callers
from domain.callers import Caller, Scope
from domain.errors import Unavailable
from starters.http.house import Here, House
from starters.http.limits import KNOWN
from starters.http.problems import Answered, problem

if TYPE_CHECKING:
    from jwt import PyJWKClient

    from config.settings import Settings

CLAIM = "holdfast_"
"""Claims of a token that bind it: holdfast_customer, holdfast_channel, holdfast_location."""

LONGEST = 8_192
"""Characters of a credential; a longer one is nobody's."""

_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="A key of `oms key create`: hf_{id}_{secret}.")
_bearer = HTTPBearer(auto_error=False, description="The same key, or a token of the OpenID Connect provider of OMS_OIDC_ISSUER.")


class Tokens:
    """Reads bearer tokens of one OpenID Connect provider; its keys are fetched when they are needed, and kept."""

    def __init__(self, issuer: str, audience: str, jwks_url: str = "") -> None:
        self.issuer, self.audience, self._jwks_url = issuer, audience, jwks_url
        self._keys: PyJWKClient | None = None

    def caller_of(self, token: str) -> Caller | None:
        """Whose token this is; None for one that is not signed for us, or whose time is over. It waits for the network."""
        import jwt

        try:
            key = self._provider().get_signing_key_from_jwt(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["RS256", "ES256", "PS256", "EdDSA"],  # never one that a public key could sign with
                audience=self.audience,
                issuer=self.issuer,
                options={"require": ["exp", "iat", "sub"]},
                leeway=30,
            )
        except jwt.PyJWKClientConnectionError as silent:
            raise Unavailable(f"The identity provider {self.issuer} does not answer.") from silent
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            return None
        said = claims.get("scope", "")
        wanted = set(said.split()) if isinstance(said, str) else set()
        known = frozenset(scope for scope in Scope if scope.value in wanted)
        bound = {kind: str(claims.get(f"{CLAIM}{kind}") or "")[:120] for kind in ("customer", "channel", "location")}
        return Caller(name=f"token:{str(claims['sub'])[:100]}", scopes=known, **bound)

    def _provider(self) -> PyJWKClient:
        """Its signing keys: where its configuration says that they are (OpenID Connect Discovery 1.0, section 4)."""
        import jwt

        if self._keys is None:
            self._keys = jwt.PyJWKClient(self._jwks_url or self._discovered(), cache_keys=True, lifespan=3600, timeout=5)
        return self._keys

    def _discovered(self) -> str:
        import httpx

        try:
            answer = httpx.get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", timeout=5)
            answer.raise_for_status()
            return str(answer.json()["jwks_uri"])
        except (httpx.HTTPError, ValueError, KeyError) as silent:
            raise Unavailable(f"The identity provider {self.issuer} does not say where its keys are.") from silent


def tokens_of(settings: Settings) -> Tokens | None:
    """The provider that the settings name, if they name one."""
    if not settings.oidc_issuer:
        return None
    return Tokens(settings.oidc_issuer, settings.oidc_audience, settings.oidc_jwks_url)


async def identified(house: House, credential: str) -> Caller | None:
    """Whose credential this is, if it is anybody's."""
    if not credential or len(credential) > LONGEST or not credential.isascii():
        return None
    if credential.startswith(f"{callers.PREFIX}_"):
        return await house.database.read(callers.caller_of, credential, house.now())
    if house.tokens is None or credential.count(".") != 2:
        return None
    return await asyncio.to_thread(house.tokens.caller_of, credential)


def needs(scope: Scope, *heeds: str) -> Callable[..., Awaitable[Caller]]:
    """The dependency of an endpoint: the caller, who has this scope.

    Whoever is bound (to a customer, a channel, a location) is let in only where the endpoint `heeds` that.
    """

    async def caller(
        request: Request,
        house: Here,
        key: Annotated[str | None, Security(_key)] = None,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None,
    ) -> Caller:
        found = await identified(house, key or (bearer.credentials if bearer else ""))
        request.scope[KNOWN] = found is not None
        if found is None:
            sentence = "State a key of `oms key create` as X-API-Key, or a bearer token."
            raise Answered(problem(401, "unauthenticated", "Nobody knows who calls", sentence), {"WWW-Authenticate": "Bearer"})
        if scope not in found.scopes:
            raise Answered(problem(403, "not-allowed", "The key does not allow it", f"It needs the scope {scope.value}."))
        if tied := next((f"{kind} {value}" for kind, value in found.bound_to.items() if kind not in heeds), ""):
            raise Answered(problem(403, "not-allowed", "The key does not allow it", f"It is bound to the {tied}, and this is not."))
        return found

    return caller


Reader = Annotated[Caller, Depends(needs(Scope.ORDERS_READ, "customer", "channel"))]
Writer = Annotated[Caller, Depends(needs(Scope.ORDERS_WRITE, "customer", "channel"))]
QuoteReader = Annotated[Caller, Depends(needs(Scope.ORDERS_READ, "customer"))]
QuoteBuyer = Annotated[Caller, Depends(needs(Scope.ORDERS_WRITE, "customer"))]
QuoteMaker = Annotated[Caller, Depends(needs(Scope.QUOTES_WRITE, "customer"))]
Poller = Annotated[Caller, Depends(needs(Scope.ORDERS_WRITE, "channel"))]
Speaker = Annotated[Caller, Depends(needs(Scope.MESSAGES_WRITE, "customer", "channel"))]
StockReader = Annotated[Caller, Depends(needs(Scope.STOCK_READ, "customer", "channel"))]
Warehouse = Annotated[Caller, Depends(needs(Scope.WAREHOUSE_WRITE, "location"))]
