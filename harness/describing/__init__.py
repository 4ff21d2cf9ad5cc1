"""How a description of an exchange is derived: from what a fork sends and reads, its tests, and ccxt."""
