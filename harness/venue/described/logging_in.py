"""Whose a connection to a described exchange is: by a token, or by a message that is signed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydantic import JsonValue

from harness.venue.described.refusing import Refuse
from harness.venue.described.said_topics import plain, texts_in
from harness.venue.described.signing import Given, with_claims
from harness.venue.described.signing_texts import text_of
from harness.venue.described.speaking import Speaking
from harness.venue.described.values import Fact
from harness.venue.dialects.messages import Outgoing
from harness.venue.model import Account
from harness.venue.operations.refusals import RequestError


class LoggingIn(Speaking):
    """A part of a session. `_waits` is a login that is answered later: when, whose it is and what it said."""

    _waits: tuple[float, Account, JsonValue] | None = None

    def tick(self, now: float) -> Iterable[Outgoing]:
        if self._waits is not None and now >= self._waits[0]:
            _, self.account, said = self._waits
            self._waits = None
            yield from self._welcome(said)
        yield from super().tick(now)

    def _logged_in(self, said: JsonValue, found: Mapping[str, Fact]) -> Iterator[Outgoing]:
        error = self._log_in(said, found)
        login = self._connection.login
        if error is not None:
            yield from self._refuse(error.value, said, operation="stream:login")
        elif login is not None and login.takes and self.account is not None:
            self._waits, self.account = (self.heard_at + login.takes, self.account, said), None
        else:
            yield from self._welcome(said)

    def _welcome(self, said: JsonValue) -> Iterator[Outgoing]:
        login = self._connection.login
        if login is not None and login.answer is not None:
            yield self._frame("stream:login", login.answer, self._scope(said))

    def _log_in(self, said: JsonValue, found: Mapping[str, Fact]) -> RequestError | None:
        """Whose the connection is from now on, or why not."""
        login = self._connection.login
        token = found.get("login.token")
        if token is not None:
            self.account = self._exchange.keys.account_of(str(token), self.heard_at) or self.account
            return None if self.account is not None else RequestError.UNKNOWN_KEY
        if login is None or login.signing is None:
            return RequestError.NOT_LOGGED_IN
        given = Given(
            **{
                name: plain(found.get(f"login.{name}"))
                for name in ("key", "passphrase", "signature", "time", "window")
            }
        )
        given = self._exchange.with_phrase(with_claims(login.signing, given))
        values = {**vars(given), **{f"said.{key}": text for key, text in texts_in(said)}}
        text = text_of(login.signing.text, values)
        verified = self._exchange.verified(login.signing, given, frozenset({text}), self.heard_at)
        if isinstance(verified, RequestError):
            return verified
        self.account = verified
        return None

    def _admit(self, said: JsonValue) -> None:
        """Raises Refuse where a private subscription is nobody's."""
        login = self._connection.login
        if login is not None and login.said is not None and login.by != "frame":
            found = self._fits(login.said, said)
            error = RequestError.NOT_LOGGED_IN if found is None else self._log_in(said, found)
            if error is not None:
                raise Refuse(error.value)
        if self.account is None:
            raise Refuse(RequestError.NOT_LOGGED_IN.value)
