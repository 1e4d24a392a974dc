"""The people and machines outside: the warehouse floor, the drivers, the customers and their bank, and the office."""
