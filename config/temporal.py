"""The connection to Temporal: who wants to talk to orders goes through here."""

from datetime import timedelta

from temporalio.client import Client, TLSConfig
from temporalio.runtime import Runtime

from config.payloads import DATA_CONVERTER
from config.settings import Settings
from domain.errors import Unavailable

PATIENCE = timedelta(seconds=10)
"""How long a server may take to answer the first call: a cold cluster does within a few seconds, and a person still waits."""


async def connect(settings: Settings, *, runtime: Runtime | None = None, lazy: bool = False) -> Client:
    """A client that speaks our models, with the TLS and the key of the settings. Raises Unavailable when nobody answers.

    A `lazy` one connects with its first call, for who has work to do while no server runs.
    """
    key = settings.temporal_api_key
    try:
        return await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            api_key=key.get_secret_value() if key else None,
            data_converter=DATA_CONVERTER,
            tls=_tls(settings),
            connect_timeout=PATIENCE,
            runtime=runtime,
            lazy=lazy,
        )
    except RuntimeError as nobody:  # the SDK's own form of every failed connection
        raise Unavailable(
            f"No Temporal server answers at {settings.temporal_address}: start one with `oms up` or `oms server`, "
            f"or name another in TEMPORAL_ADDRESS ({_reason(nobody)})."
        ) from nobody


def _tls(settings: Settings) -> TLSConfig | bool:
    """Certificates where they are given, the system's where only TLS or a key is, nothing on the own machine."""
    cert, key, ca = settings.temporal_tls_cert, settings.temporal_tls_key, settings.temporal_tls_ca
    if cert or ca:
        return TLSConfig(
            server_root_ca_cert=ca.read_bytes() if ca else None,
            client_cert=cert.read_bytes() if cert else None,
            client_private_key=key.read_bytes() if key else None,
        )
    return settings.temporal_tls or settings.temporal_api_key is not None


def _reason(error: Exception) -> str:
    """The SDK's message, shortened to what a person can use: it brings the debug form of every error below it."""
    text = " ".join(str(error).split()).removeprefix("Failed client connect: ")
    known = ("Connection refused", "timed out", "certificate", "Unauthenticated", "PermissionDenied", "dns error")
    return next((cause.lower() for cause in known if cause.lower() in text.lower()), text[:100])
