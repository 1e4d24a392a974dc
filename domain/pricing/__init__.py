"""Prices: what our price of a line is and why, its surcharges and its taxes."""
