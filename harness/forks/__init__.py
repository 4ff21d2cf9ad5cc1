"""Forks as text and git objects: nothing of theirs runs here."""
