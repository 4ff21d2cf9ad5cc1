"""Exchanges that are described as data and spoken by one dialect."""
