"""Screens the forks submitted to a Hummingbot connector vote."""

__version__ = "0.1.0"
