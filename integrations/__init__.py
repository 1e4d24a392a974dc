"""Whom we talk to: warehouses, carriers, payment gateways and mail, each behind a port."""
