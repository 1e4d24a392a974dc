"""UPS and DHL Express through karrio (LGPL): only the carriers' own process imports this room. See docs/decisions/0013-carriers.md."""
