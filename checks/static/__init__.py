"""Checks on files and git objects alone: nothing of a fork is run here."""
