"""What the business means: pure rules and values, without clock, chance, I/O or Temporal."""
