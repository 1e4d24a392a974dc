"""Sourcing: which locations serve an order, by which rule, at which cost, and why not another."""
