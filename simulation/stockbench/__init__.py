"""How fast stock is kept, and how fast it is decided where it comes from."""
