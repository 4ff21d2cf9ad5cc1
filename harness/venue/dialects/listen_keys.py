"""Keys that open a private stream for a while and must be renewed."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass

from harness.venue.model import Account


@dataclass(frozen=True)
class ListenKey:
    key: str
    account: Account
    expires_at: float  # virtual Unix seconds


class ListenKeys:
    """At most one live key an account. May be used from any thread."""

    def __init__(self, lifetime: float, length: int = 32) -> None:
        self.lifetime = lifetime  # virtual seconds
        self._length = length
        self._keys: dict[str, ListenKey] = {}
        self._lock = threading.Lock()

    def open(self, account: Account, now: float) -> str:
        """The account's live key, its life begun anew, or a fresh one."""
        with self._lock:
            for key, held in self._keys.items():
                if held.account == account and now < held.expires_at:
                    self._keys[key] = ListenKey(key, account, now + self.lifetime)
                    return key
            key = secrets.token_hex(self._length)
            self._keys[key] = ListenKey(key, account, now + self.lifetime)
            return key

    def renew(self, key: str, now: float) -> bool:
        """False when the key is unknown or has run out."""
        with self._lock:
            held = self._keys.get(key)
            if held is None or now >= held.expires_at:
                return False
            self._keys[key] = ListenKey(key, held.account, now + self.lifetime)
            return True

    def close(self, key: str) -> bool:
        with self._lock:
            return self._keys.pop(key, None) is not None

    def expire(self, account: Account) -> None:
        """Let every key of the account run out now."""
        with self._lock:
            self._keys = {key: held for key, held in self._keys.items() if held.account != account}

    def key_of(self, account: Account, now: float) -> str | None:
        """The account's live key."""
        with self._lock:
            live = (held for held in self._keys.values() if held.account == account and now < held.expires_at)
            return next((held.key for held in live), None)

    def account_of(self, key: str, now: float) -> Account | None:
        with self._lock:
            held = self._keys.get(key)
            return held.account if held is not None and now < held.expires_at else None
