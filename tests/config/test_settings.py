"""Settings: what is wrong is said in one sentence that names it."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from config.settings import ConfigError, Settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine that runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith(("OMS_", "TEMPORAL_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_a_developers_machine_needs_no_setting(tmp_path: Path) -> None:
    settings = Settings.load()

    assert settings.home == tmp_path / ".oms"
    assert settings.database_url == f"sqlite:///{tmp_path}/.oms/holdfast.db"
    assert settings.world_url == f"sqlite:///{tmp_path}/.oms/world.db"
    assert (settings.temporal_address, settings.temporal_namespace) == ("127.0.0.1:7233", "default")
    assert settings.day == timedelta(days=1)
    assert not (tmp_path / ".oms").exists()


def test_everything_moves_with_its_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_HOME", "/srv/holdfast")

    assert Settings.load().database_url == "sqlite:////srv/holdfast/holdfast.db"


def test_production_is_four_variables_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_DATABASE_URL", "postgresql://oms:s3cret@db.acme.example/holdfast")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "acme.tmprl.cloud:7233")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "acme")
    monkeypatch.setenv("TEMPORAL_API_KEY", "key-4711")

    settings = Settings.load()

    assert settings.database_url == "postgresql://oms:s3cret@db.acme.example/holdfast"
    assert (settings.temporal_address, settings.temporal_namespace) == ("acme.tmprl.cloud:7233", "acme")
    assert settings.temporal_api_key is not None
    assert settings.temporal_api_key.get_secret_value() == "key-4711"
    assert "s3cret" not in repr(settings)
    assert "key-4711" not in repr(settings)


def test_what_the_command_line_gives_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_DAY_SECONDS", "60")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "elsewhere:7233")

    settings = Settings.load(day_seconds=0.25, temporal_address="127.0.0.1:17233")

    assert settings.day == timedelta(milliseconds=250)
    assert settings.temporal_address == "127.0.0.1:17233"


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("OMS_PARTNERS", "sap", "Wrong settings: OMS_PARTNERS should be 'simulated' (it is 'sap')."),
        ("OMS_DAY_SECONDS", "-3", "Wrong settings: OMS_DAY_SECONDS should be greater than 0 (it is '-3')."),
        ("OMS_DAY_SECONDS", "nan", "Wrong settings: OMS_DAY_SECONDS should be a finite number (it is 'nan')."),
        ("OMS_LOG_LEVEL", "loud", "Wrong settings: OMS_LOG_LEVEL should be 'debug', 'info', 'warning' or 'error' (it is 'loud')."),
        (
            "TEMPORAL_ADDRESS",
            "localhost",
            "Wrong settings: TEMPORAL_ADDRESS should read host:port, such as 127.0.0.1:7233 (it is 'localhost').",
        ),
        (
            "OMS_DATABASE_URL",
            "mysql://oms:s3cret@db/holdfast",
            "Wrong settings: OMS_DATABASE_URL should read sqlite:///<file> or postgresql://<user>:<password>@<host>/<database>.",
        ),
        ("OMS_WORLD_URL", "world.db", "Wrong settings: OMS_WORLD_URL should read sqlite:///<file> (it is 'world.db')."),
        ("OMS_DATABSE_URL", "sqlite:///x.db", "OMS_DATABSE_URL is not a setting of Holdfast; did you mean OMS_DATABASE_URL?"),
        (
            "TEMPORAL_TLS_CLIENT_CERT_PATH",
            "/nowhere/client.pem",
            "Wrong settings: TEMPORAL_TLS_CLIENT_CERT_PATH names a file that is not there (it is '/nowhere/client.pem').",
        ),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigError) as refused:
        Settings.load()

    assert str(refused.value) == sentence


def test_all_wrong_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_PARTNERS", "sap")
    monkeypatch.setenv("OMS_DAY_SECONDS", "soon")

    with pytest.raises(ConfigError) as refused:
        Settings.load()

    assert str(refused.value) == (
        "Wrong settings: OMS_DAY_SECONDS should be a valid number, unable to parse string as a number (it is 'soon'); "
        "OMS_PARTNERS should be 'simulated' (it is 'sap')."
    )


def test_a_certificate_comes_with_its_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "client.pem").write_text("certificate")
    monkeypatch.setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", "client.pem")

    with pytest.raises(ConfigError) as refused:
        Settings.load()

    assert str(refused.value) == (
        "Wrong settings: TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH are given together or not at all."
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"OMS_CARRIERS": "pigeons"}, "OMS_CARRIERS should be 'simulated' or 'karrio' (it is 'pigeons')."),
        ({"OMS_UPS_CLIENT_SECRET": "s3cret"}, "OMS_UPS_CLIENT_ID and OMS_UPS_ACCOUNT are missing for the account with UPS."),
        ({"OMS_DHL_SITE_ID": "site"}, "OMS_DHL_PASSWORD is missing for the account with DHL."),
    ],
)
def test_an_account_with_a_carrier_is_given_whole_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], sentence: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError) as refused:
        Settings.load()

    assert str(refused.value) == f"Wrong settings: {sentence}"
    assert "s3cret" not in str(refused.value)


def test_a_carriers_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"OMS_DHL_PASSWORD": "s3cret", "OMS_DHL_SITE_ID": "site", "OMS_DHL_ACCOUNT": "123456789"}.items():
        monkeypatch.setenv(name, value)

    settings = Settings.load()

    assert "s3cret" not in f"{settings!r} {settings}"
    assert settings.dhl_password is not None
    assert settings.dhl_password.get_secret_value() == "s3cret"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"OMS_PAYMENTS": "cash"}, "OMS_PAYMENTS should be 'simulated' or 'stripe' (it is 'cash')."),
        ({"OMS_PAYMENTS": "stripe"}, "OMS_PAYMENTS=stripe needs OMS_STRIPE_SECRET_KEY."),
        ({"OMS_STRIPE_ADDRESS": "stripe.test"}, "OMS_STRIPE_ADDRESS should read http://host:port (it is 'stripe.test')."),
    ],
)
def test_stripe_is_set_up_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], sentence: str) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError) as refused:
        Settings.load()

    assert str(refused.value) == f"Wrong settings: {sentence}"


def test_stripes_secrets_are_never_shown_and_may_be_two_while_they_are_rotated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_PAYMENTS", "stripe")
    monkeypatch.setenv("OMS_STRIPE_SECRET_KEY", "sk_live_s3cret")
    monkeypatch.setenv("OMS_STRIPE_WEBHOOK_SECRET", "whsec_old3, whsec_new3,")

    settings = Settings.load()

    assert settings.stripe_webhook_secrets == ("whsec_old3", "whsec_new3")
    for secret in ("s3cret", "whsec_old3", "whsec_new3"):
        assert secret not in f"{settings!r}{settings}"
