"""A local double of Stripe's API: the part of it that Holdfast speaks, as strict as the real one."""

from integrations.simulated.stripe.account import StripeAccount
from integrations.simulated.stripe.faults import Fault
from integrations.simulated.stripe.server import StripeServer

__all__ = ["Fault", "StripeAccount", "StripeServer"]
