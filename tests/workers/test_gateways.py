"""Who takes the cards: as the settings say, and Stripe's package is loaded only for Stripe."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from config.settings import Settings
from integrations.simulated import SimulatedPayments, World
from workers.gateways import payments_of


def test_the_settings_choose_who_takes_the_cards(tmp_path: Path) -> None:
    with World(tmp_path / "world.db") as world:
        assert isinstance(payments_of(Settings.load(home=tmp_path), world), SimulatedPayments)
        stripe = Settings.load(home=tmp_path, payments="stripe", stripe_secret_key="sk_test_nobody", stripe_address="http://127.0.0.1:9")
        assert type(payments_of(stripe, world)).__name__ == "StripePayments"


def test_a_worker_without_stripe_does_not_load_its_package() -> None:
    said = "import sys, workers.gateways, starters.webhooks.stripe; print('stripe' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, timeout=60, check=True)
    assert answer.stdout == "False\n"
