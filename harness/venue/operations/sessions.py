"""Private connections that have to end when the account's key does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from harness.venue.model import Account


class PrivateSession(Protocol):
    """A connection that may have logged in; `expired` is set when it has to end."""

    account: Account | None
    expired: bool


class PrivateSessions:
    """The open ones of a dialect."""

    def __init__(self) -> None:
        self._open: list[PrivateSession] = []

    def __iter__(self) -> Iterator[PrivateSession]:
        return iter(tuple(self._open))

    def add(self, session: PrivateSession) -> None:
        self._open.append(session)

    def remove(self, session: PrivateSession) -> None:
        self._open = [each for each in self._open if each is not session]

    def expire(self, account: Account) -> None:
        """Let the account's end at their next tick."""
        for session in self._open:
            session.expired = session.expired or session.account == account
