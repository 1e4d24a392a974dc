"""The simulated partners: a warehouse, two carriers, a payment gateway and a mail system, as strict and as unreliable as real ones."""

from integrations.simulated.carriers import SimulatedCarriers
from integrations.simulated.mail import SimulatedMail
from integrations.simulated.payments import SimulatedPayments
from integrations.simulated.scripts import Script
from integrations.simulated.store import Effect, Port, World
from integrations.simulated.warehouse import SimulatedWarehouse

__all__ = ["Effect", "Port", "Script", "SimulatedCarriers", "SimulatedMail", "SimulatedPayments", "SimulatedWarehouse", "World"]
