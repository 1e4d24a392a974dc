"""The chapters of an order's life, one module each; a chapter skips what the state says is done."""
