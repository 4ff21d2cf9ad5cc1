"""OKX spot, API v5: REST with signed headers and a passphrase, streams behind a login frame."""

from harness.venue.dialects.okx.exchange import Okx

__all__ = ["Okx"]
