"""The shops that send us their orders, and how each is reached: the TOML file that OMS_SHOPS names.

One table for each shop, under the name that stands in the address of its webhooks (`/channels/shopify/nord`):

    [nord]
    kind = "shopify"                                  # or woocommerce, amazon
    channel = "shopify"                               # of its orders; left out: the kind
    webhook_secrets = ["…"]                           # the new one beside the old one while it is rotated
    address = "https://nord-shop.myshopify.com"       # from here on: what feeding back to it needs
    access_token = "shpat_…"
    api_version = "2026-01"
    locations = { BERLIN = "65482129" }               # ours = the shop's
"""

from __future__ import annotations

import difflib
import tomllib
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from config.settings import ConfigError, Settings
from domain.order import Key
from domain.values import Value

DESK = "desk"
"""The channel of what our own people bring in; no shop may speak in its name."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ShopKind(StrEnum):
    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    AMAZON = "amazon"


API_VERSIONS = {ShopKind.SHOPIFY: "2026-01", ShopKind.WOOCOMMERCE: "wc/v3", ShopKind.AMAZON: "2026-01-01"}
"""The version of a shop's API that we were written against."""

Secret = Annotated[SecretStr, Field(min_length=1, max_length=500)]


class Shop(Value):
    """One shop or marketplace; `channel` is the first half of the names of its orders (`{channel}/{external id}`).

    `address` is the root of its API. A Shopify shop is entered with `access_token`, a WooCommerce shop with `consumer_key` and
    `consumer_secret`; without them nothing is fed back to it. `locations` are the shop's own ids of our locations.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
    kind: ShopKind
    channel: Annotated[Key, Field(max_length=40)] = Field(default_factory=lambda found: str(found.get("kind", "")))
    webhook_secrets: tuple[Secret, ...] = ()
    address: str = ""
    access_token: Secret | None = None
    consumer_key: Secret | None = None
    consumer_secret: Secret | None = None
    locations: dict[Annotated[str, Field(min_length=1, max_length=100)], Annotated[str, Field(min_length=1, max_length=200)]] = {}
    api_version: Annotated[str, Field(pattern=r"^[A-Za-z0-9./-]{1,40}$")] = Field(
        default_factory=lambda found: API_VERSIONS.get(found.get("kind"), "")
    )

    @property
    def feeds_back(self) -> bool:
        """We may tell it what became of its orders."""
        return self.access_token is not None or self.consumer_key is not None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret that may have signed a delivery of it."""
        return tuple(secret.get_secret_value() for secret in self.webhook_secrets)

    @field_validator("channel")
    @classmethod
    def _not_ours(cls, channel: str) -> str:
        if channel == DESK:
            raise ValueError(f"may not be {DESK!r}: that is what our own people bring in")
        return channel

    @field_validator("address")
    @classmethod
    def _root(cls, address: str) -> str:
        if not address:
            return ""
        parts = _parts(address)
        if parts is None:
            raise ValueError("should read https://host")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("should read https://host: a secret goes there")
        return address.rstrip("/")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """What a kind needs is there, and nothing that is another kind's."""
        if self.kind is not ShopKind.AMAZON and not self.webhook_secrets:
            raise ValueError("webhook_secrets is missing: without one nobody knows whether a delivery is the shop's")
        theirs = {
            ShopKind.SHOPIFY: {"access_token": self.access_token},
            ShopKind.WOOCOMMERCE: {"consumer_key": self.consumer_key, "consumer_secret": self.consumer_secret},
        }
        for kind, keys in theirs.items():
            given = [name for name, key in keys.items() if key is not None]
            if given and kind is not self.kind:
                raise ValueError(f"{given[0]} is a matter of {kind} shops, and this one is {self.kind}")
            if given and len(given) < len(keys):
                raise ValueError(f"{' and '.join(keys)} are given together or not at all")
            if given and not self.address:
                raise ValueError(f"address is missing: {' and '.join(given)} would open nothing")
        if self.locations and not self.feeds_back:
            raise ValueError("locations serves to feed stock back, and no key for that is given")
        return self


def shops_of(settings: Settings) -> tuple[Shop, ...]:
    """The shops of this installation, by name; none where no file is named. Raises ConfigError: one sentence for all that is wrong."""
    return () if settings.shops is None else read_shops(settings.shops)


def read_shops(file: Path) -> tuple[Shop, ...]:
    """The shops that a file describes. Raises ConfigError."""
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except OSError as absent:
        raise ConfigError(f"OMS_SHOPS names {file}, which cannot be read: {absent.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise ConfigError(f"OMS_SHOPS names {file}, which is not TOML: {wrong}.") from None
    shops: list[Shop] = []
    findings: list[str] = []
    for name, table in tables.items():
        if not isinstance(table, dict):
            findings.append(f"{name}: it stands outside of a shop; a shop is a table such as [nord]")
            continue
        try:
            shops.append(Shop.model_validate(table | {"name": name}))
        except ValidationError as wrong:
            findings += [f"[{name}] {_finding(error)}" for error in wrong.errors(include_url=False, include_input=False)]
    channels = Counter(shop.channel for shop in shops)
    for channel in sorted(channel for channel, count in channels.items() if count > 1):
        names = " and ".join(f"[{shop.name}]" for shop in shops if shop.channel == channel)
        findings.append(f"{names} have the channel {channel!r}, and their orders could not be told apart: give each a channel of its own")
    if findings:
        raise ConfigError(f"Wrong shops in {file}: {'; '.join(findings)}.")
    return tuple(sorted(shops, key=lambda shop: shop.name))


def _parts(address: str) -> SplitResult | None:
    """A web address that holds nothing but where something is."""
    try:
        parts = urlsplit(address)
        bare = parts.hostname and not (parts.username or parts.query or parts.fragment) and (parts.port is None or parts.port)
    except ValueError:
        return None
    return parts if bare and parts.scheme in ("http", "https") else None


def _finding(error: Any) -> str:
    """What is wrong with one entry, as a clause that names it and never repeats it: it may be a secret."""
    if not error["loc"]:
        return str(error["msg"]).removeprefix("Value error, ")
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error["loc"]).lstrip(".")
    match error["type"]:
        case "missing":
            return f"{place} is missing"
        case "extra_forbidden":
            near = difflib.get_close_matches(place, Shop.model_fields, n=1)
            return f"{place} is no entry of a shop; " + (f"did you mean {near[0]}?" if near else f"they are {', '.join(Shop.model_fields)}")
        case "enum":
            return f"{place} should be {' or '.join(ShopKind)}"
        case "string_pattern_mismatch" if place == "name":
            return "a shop's name may hold small letters, digits and hyphens only: it stands in an address"
        case "string_pattern_mismatch" if place == "channel":
            return "channel may hold letters, digits and . _ : # - only, and begins with a letter or a digit"
        case "string_pattern_mismatch":
            return f"{place} has a character that has no business there"
        case _:
            reason = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ")
            return f"{place} {reason[:1].lower()}{reason[1:]}"
