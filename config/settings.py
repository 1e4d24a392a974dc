"""Settings: where this installation keeps its records, and whom it talks to.

Every setting comes from an environment variable, and this module is the only one that reads them: `OMS_*` are our own, `TEMPORAL_*` are
those that Temporal's own tools read. Nothing needs to be set on a developer's machine.
"""

import base64
import difflib
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.errors import Refused


class ConfigError(Refused):
    """A setting is missing or wrong: the message names it and says what it should be."""


def _absolute(path: Path) -> Path:
    """The same place, whatever folder a later process starts in."""
    return path.expanduser().absolute()


LocalPath = Annotated[Path, AfterValidator(_absolute)]
"""A path on this machine; a relative one counts from the folder in which the program was started."""


def _names(listed: object) -> object:
    """`BERLIN, LYON` as a set."""
    return frozenset(name.strip() for name in listed.split(",") if name.strip()) if isinstance(listed, str) else listed


Names = Annotated[frozenset[str], NoDecode, BeforeValidator(_names)]
"""Names separated by commas."""
Locations = Names

_URL_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_STANDARD_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{32,88}={0,2}")


class Settings(BaseSettings):
    """The settings of one installation. Make them with `Settings.load()`, which refuses in one sentence."""

    model_config = SettingsConfigDict(env_prefix="OMS_", frozen=True, extra="forbid", populate_by_name=True, env_ignore_empty=True)

    home: LocalPath = Field(default=Path(".oms"), validate_default=True)
    """The folder of everything that runs here: databases, logs, documents."""
    database_url: str = Field(default_factory=lambda found: f"sqlite:///{found['home'] / 'holdfast.db'}", repr=False)
    """`sqlite:///<file>` or `postgresql://<user>:<password>@<host>/<database>`."""

    temporal_address: str = Field(default="127.0.0.1:7233", validation_alias="TEMPORAL_ADDRESS")
    """`host:port` of the Temporal frontend."""
    temporal_namespace: str = Field(default="default", min_length=1, validation_alias="TEMPORAL_NAMESPACE")
    temporal_api_key: SecretStr | None = Field(default=None, validation_alias="TEMPORAL_API_KEY")
    """The key of Temporal Cloud; it turns TLS on."""
    temporal_tls: bool = Field(default=False, validation_alias="TEMPORAL_TLS")
    temporal_tls_cert: LocalPath | None = Field(default=None, validation_alias="TEMPORAL_TLS_CLIENT_CERT_PATH")
    temporal_tls_key: LocalPath | None = Field(default=None, validation_alias="TEMPORAL_TLS_CLIENT_KEY_PATH")
    temporal_tls_ca: LocalPath | None = Field(default=None, validation_alias="TEMPORAL_TLS_SERVER_CA_CERT_PATH")
    ui_address: str = "http://127.0.0.1:8233"
    """Where people open Temporal's Web UI."""

    day_seconds: float = Field(default=86_400.0, gt=0, le=86_400, allow_inf_nan=False)
    """How long a business day lasts, in seconds; the demo lives faster."""
    partners: Literal["simulated"] = "simulated"
    """Which outside world stands behind the ports: warehouses, carriers, payment gateway, mail."""
    own_floor: Locations = frozenset()
    """The locations whose picks our own floor works (`oms wave`, `oms scan`), separated by commas, or `*` for all; the partners' warehouse
    serves the others."""
    count_tolerance_units: int = Field(default=2, ge=0)
    """A count that differs by at most so many units, and by no more than the value below, is booked without a second person."""
    count_tolerance_value: int = Field(default=5_000, ge=0)
    """Minor units of the house's currency."""
    return_window: int = Field(default=30, ge=0, le=3_650)
    """Days after delivery in which goods may come back, where their item says nothing else."""
    rma_expires: int = Field(default=21, ge=1, le=3_650)
    """Days after which the authorization of a return whose goods never came expires."""
    price_roles: Names = frozenset()
    """The staff roles that may set the price of a line when an order is validated, separated by commas; empty: whoever may decide."""
    world_url: str = Field(default_factory=lambda found: f"sqlite:///{found['home'] / 'world.db'}")
    """Where the simulated outside world remembers what it did: `sqlite:///<file>`."""

    carriers: Literal["simulated", "karrio"] = "simulated"
    """Who carries parcels: the simulated carriers, or real accounts with UPS and DHL Express, served by `oms worker --carriers`."""
    carriers_test: bool = True
    """Talk to the carriers' test systems, whose labels carry nothing."""
    label_format: Literal["pdf", "zpl"] = "pdf"
    """In which form real carriers are asked for their labels."""
    ups_client_id: str = ""
    ups_client_secret: SecretStr | None = None
    ups_account: str = ""
    """The shipper number that UPS bills."""
    dhl_site_id: str = ""
    dhl_password: SecretStr | None = None
    dhl_account: str = ""
    """The account that DHL Express bills."""

    api_address: str = "127.0.0.1:8080"
    """`host:port` at which `oms api` and `oms up` listen."""
    api_rate: float = Field(default=50.0, gt=0, le=10_000)
    """Calls a second on average that one caller may make."""
    api_burst: int = Field(default=200, ge=1, le=100_000)
    """Calls that one caller may make at once."""
    oidc_issuer: str = ""
    """The OpenID Connect provider whose bearer tokens count, such as https://login.example.com/; none: keys of `oms key` only."""
    oidc_audience: str = "holdfast"
    """Whom its tokens have to be made for."""
    oidc_jwks_url: str = ""
    """Where its signing keys are. [default: where its configuration says]"""

    shops: LocalPath | None = None
    """The TOML file that says which shops send us orders and how each is reached; `config/shops.py` explains it."""

    edi_partners: LocalPath | None = None
    """The TOML (or JSON) file of the trading partners' maps; none: everybody is read by the default maps."""
    edi_folder: LocalPath | None = None
    """The folder in which partners' files come and go: `in`, `out/<partner>`, `done`, `refused`; workers serve it."""

    payments: Literal["simulated", "stripe"] = "simulated"
    """Who takes cards: the simulated gateway, or an account with Stripe."""
    stripe_secret_key: SecretStr | None = None
    """A secret or restricted key of the account (`sk_…`, `rk_…`) that may write payment intents and refunds."""
    stripe_webhook_secret: SecretStr | None = None
    """What Stripe signs its events with (`whsec_…`); while it is rotated the old and the new one, separated by a comma."""
    carrier_webhook_secrets: SecretStr | None = None
    """What each carrier signs its tracking events with, by the name that it has in our addresses: `ups=whsec_…, norvik-post=whsec_…`; while
    a secret is rotated the old and the new one, separated by a blank."""
    webhook_key: SecretStr | None = None
    """What the secrets of subscriptions are derived from: the base64 of at least 24 bytes, the same in every process; while it is
    changed the new one and those before, separated by commas. [default: the file webhook.key in OMS_HOME]"""
    webhook_loopback: bool = False
    """Let subscribers listen on this machine itself, also without https: for tests and demos."""
    stripe_address: str = ""
    """Where Stripe's API is, when it is not Stripe's own: a double for tests, such as http://127.0.0.1:12111."""
    mail: Literal["simulated", "smtp"] = "simulated"
    """How customers are written to: not at all, or by the mail server below."""
    smtp_host: str = Field(default="127.0.0.1", min_length=1)
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    smtp_security: Literal["none", "starttls", "tls"] = "starttls"
    """`starttls` on port 587, `tls` from the first byte on port 465; `none` only for a server on this machine."""
    smtp_user: str = ""
    smtp_password: SecretStr | None = None
    smtp_from: str = "accounts@holdfast.example"
    """Who writes: answers go there."""
    smtp_timeout: float = Field(default=20.0, gt=0, le=25, allow_inf_nan=False)
    """Seconds that the server has for each of its answers."""
    mail_sink: LocalPath | None = None
    """A folder in which the simulated world keeps every e-mail, taking them at OMS_SMTP_PORT of this machine itself."""
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(lambda level: str(level).lower())] = "info"

    @classmethod
    def load(cls, **given: Any) -> Self:
        """The settings of the environment, what is `given` by name in front. Raises ConfigError: one sentence for all that is wrong."""
        _refuse_misspelled(cls)
        try:
            return cls(**given)
        except ValidationError as wrong:
            # A setting derived from a wrong one (the database's file in a wrong home) is no finding of its own.
            findings = [_finding(cls, error) for error in wrong.errors() if error["type"] != "default_factory_not_called"]
            raise ConfigError(f"Wrong settings: {'; '.join(findings)}.") from None

    @property
    def day(self) -> timedelta:
        """The length of a business day."""
        return timedelta(seconds=self.day_seconds)

    @field_validator("database_url", "world_url")
    @classmethod
    def _known_database(cls, url: str, info: ValidationInfo) -> str:
        forms = {
            "sqlite": "sqlite:///<file>",
            "postgresql": "postgresql://<user>:<password>@<host>/<database>",
            "postgresql+asyncpg": "postgresql+asyncpg://<user>:<password>@<host>/<database>",
        }
        if info.field_name == "world_url":
            forms = {"sqlite": forms["sqlite"]}
        scheme, separator, place = url.partition("://")
        if scheme not in forms or not separator or not place.lstrip("/"):
            raise ValueError(f"should read {' or '.join(form for name, form in forms.items() if '+' not in name)}")
        return url

    @field_validator("temporal_address")
    @classmethod
    def _host_and_port(cls, address: str) -> str:
        try:
            parts = urlsplit(f"//{address}")
            well_formed = parts.hostname and parts.port and parts.netloc == address and not parts.username
        except ValueError:
            well_formed = False
        if not well_formed:
            raise ValueError("should read host:port, such as 127.0.0.1:7233")
        return address

    @field_validator("temporal_tls_cert", "temporal_tls_key", "temporal_tls_ca")
    @classmethod
    def _readable(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("names a file that is not there")
        return path

    @model_validator(mode="after")
    def _whole_accounts(self) -> Self:
        """An account is given whole or not at all."""
        for carrier, secret, others in (
            ("UPS", self.ups_client_secret, {"OMS_UPS_CLIENT_ID": self.ups_client_id, "OMS_UPS_ACCOUNT": self.ups_account}),
            ("DHL", self.dhl_password, {"OMS_DHL_SITE_ID": self.dhl_site_id, "OMS_DHL_ACCOUNT": self.dhl_account}),
        ):
            missing = [name for name, value in others.items() if not value]
            name = "OMS_UPS_CLIENT_SECRET" if carrier == "UPS" else "OMS_DHL_PASSWORD"
            if secret is None and len(missing) < len(others):
                raise ValueError(f"{name} is missing for the account with {carrier}")
            if secret is not None and missing:
                raise ValueError(f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing for the account with {carrier}")
        return self

    @model_validator(mode="after")
    def _stripe_has_a_key(self) -> Self:
        if self.payments == "stripe" and not (self.stripe_secret_key and self.stripe_secret_key.get_secret_value()):
            raise ValueError("OMS_PAYMENTS=stripe needs OMS_STRIPE_SECRET_KEY")
        return self

    @field_validator("stripe_address")
    @classmethod
    def _web_address(cls, address: str) -> str:
        parts = urlsplit(address)
        if address and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username):
            raise ValueError("should read http://host:port")
        return address.rstrip("/")

    @property
    def stripe_webhook_secrets(self) -> tuple[str, ...]:
        """Every secret that may have signed an event."""
        said = self.stripe_webhook_secret.get_secret_value() if self.stripe_webhook_secret else ""
        return tuple(secret.strip() for secret in said.split(",") if secret.strip())

    @model_validator(mode="after")
    def _deriving_keys(self) -> Self:
        if self.webhook_key is not None and (not self.webhook_keys or any(len(key) < 24 for key in self.webhook_keys)):
            raise ValueError("OMS_WEBHOOK_KEY should be the base64 of at least 24 bytes, such as `openssl rand -base64 32` makes")
        return self

    @property
    def webhook_keys(self) -> tuple[bytes, ...]:
        """The keys that secrets of subscriptions are derived from, the newest first."""
        said = self.webhook_key.get_secret_value() if self.webhook_key else ""
        try:
            return tuple(base64.b64decode(key.strip(), validate=True) for key in said.split(",") if key.strip())
        except ValueError:
            return ()

    @model_validator(mode="after")
    def _signing_carriers(self) -> Self:
        for carrier, secrets in self.carrier_secrets.items():
            if not _URL_NAME.fullmatch(carrier) or not secrets or not all(_STANDARD_SECRET.fullmatch(secret) for secret in secrets):
                raise ValueError(
                    "OMS_CARRIER_WEBHOOK_SECRETS should read carrier=whsec_…, other-carrier=whsec_…: a name of small letters, digits and"
                    " dashes, and the base64 of at least 24 bytes (`oms webhook secret` makes one)"
                )
        return self

    @property
    def carrier_secrets(self) -> dict[str, tuple[str, ...]]:
        """Every secret that may have signed the events of a carrier, by its name in our addresses."""
        said = self.carrier_webhook_secrets.get_secret_value() if self.carrier_webhook_secrets else ""
        entries = (entry.partition("=") for entry in said.split(",") if entry.strip())
        return {carrier.strip(): tuple(secrets.split()) for carrier, _, secrets in entries}

    @model_validator(mode="after")
    def _safe_mail(self) -> Self:
        if (self.smtp_password is None) != (not self.smtp_user):
            raise ValueError("OMS_SMTP_USER and OMS_SMTP_PASSWORD are given together or not at all")
        if self.mail == "smtp" and self.smtp_security == "none" and self.smtp_host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("OMS_SMTP_SECURITY is none, and OMS_SMTP_HOST is another machine: letters to customers go encrypted")
        return self

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Self:
        if (self.temporal_tls_cert is None) != (self.temporal_tls_key is None):
            raise ValueError("TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH are given together or not at all")
        return self


_SECRET = frozenset(
    {
        "OMS_DATABASE_URL",
        "TEMPORAL_API_KEY",
        "OMS_UPS_CLIENT_SECRET",
        "OMS_DHL_PASSWORD",
        "OMS_STRIPE_SECRET_KEY",
        "OMS_STRIPE_WEBHOOK_SECRET",
        "OMS_CARRIER_WEBHOOK_SECRETS",
        "OMS_WEBHOOK_KEY",
        "OMS_SMTP_PASSWORD",
    }
)
"""Settings whose value may hold a password: a refusal never repeats it."""


def _variable(settings: type[Settings], field: str) -> str:
    """The environment variable of a field."""
    alias = settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"OMS_{field.upper()}"


def _finding(settings: type[Settings], error: Any) -> str:
    """What is wrong with one setting, as a clause that names its variable."""
    reason = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if not error["loc"]:
        return str(reason)
    field = str(error["loc"][0])
    names = {_variable(settings, name): name for name in settings.model_fields}
    variable = field if field in names else _variable(settings, field) if field in settings.model_fields else field
    shown = "" if variable in _SECRET else f" (it is {str(error['input'])[:80]!r})"
    return f"{variable} {reason}{shown}"


def _refuse_misspelled(settings: type[Settings]) -> None:
    """A variable that looks like a setting and is none was meant to change something."""
    known = {_variable(settings, field) for field in settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith("OMS_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(sorted(known))}."
            raise ConfigError(f"{name} is not a setting of Holdfast; {hint}")
