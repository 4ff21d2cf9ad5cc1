"""Whose a host name is. Pure."""

from __future__ import annotations

# Second levels that are no owner's, before the two letters of a country.
PUBLIC_SECOND = frozenset({"com", "co", "org", "net", "gov", "ac", "ne", "or"})


def registrable(host: str) -> str:
    """The part of a name that somebody owns: `binance.com` of `api.binance.com`."""
    parts = host.split(".")
    count = 3 if len(parts) > 2 and parts[-2] in PUBLIC_SECOND and len(parts[-1]) == 2 else 2
    return ".".join(parts[-count:])
