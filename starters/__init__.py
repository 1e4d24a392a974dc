"""Who asks for it: sales channels, the HTTP intake and the oms command."""
