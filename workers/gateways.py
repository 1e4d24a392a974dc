"""Who takes the customers' cards: the simulated gateway, or an account with Stripe (`OMS_PAYMENTS`)."""

from __future__ import annotations

from config.settings import Settings
from integrations.ports import Payments
from integrations.simulated import SimulatedPayments, World


def payments_of(settings: Settings, world: World) -> Payments:
    """The gateway that the settings name. Stripe's package is loaded only where it is asked for."""
    if settings.payments == "simulated":
        return SimulatedPayments(world)
    from integrations.stripe_payments.gateway import StripePayments
    from integrations.stripe_payments.wire import Wire

    assert settings.stripe_secret_key is not None  # the settings refuse Stripe without one
    return StripePayments(Wire(settings.stripe_secret_key.get_secret_value(), settings.stripe_address))
