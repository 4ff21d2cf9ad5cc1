"""Stands in for the real one, which the adapter imports first."""
