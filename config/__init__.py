"""Where we run: the settings of this installation and its connection to Temporal."""
