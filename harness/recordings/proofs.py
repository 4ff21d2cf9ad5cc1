"""What leaves the gateway with real keys, and how these are kept out of what comes back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

from pydantic import JsonValue

from harness.gateway.canaries import Canaries
from harness.recordings.keys import Keys
from harness.recordings.permission import READING, refuse_ambiguous, signed_routes
from harness.recordings.signing_over import NotSigned, SigningOver
from harness.venue.described.model import Connection, Description
from harness.venue.described.said_topics import heard
from harness.venue.dialects.messages import Reply, Request
from harness.venue.dialects.routing import Route

LONG = 16  # characters of a session token
_OPENING = frozenset({"user_stream_open", "stream_token"})
_LINKS = ("ws://", "wss://", "http://", "https://")


class Proofs:
    """Signs over, and puts what is blind in the place of what is real in all that comes back.

    Tokens of sessions are blinded too: the client gets others of the same form.
    """

    def __init__(self, description: Description, blind: Keys, real: Keys) -> None:
        self._description = description
        self._over = SigningOver(description, blind, real)
        self._allowed = dict(signed_routes(description))
        pairs = ((real.key, blind.key), (real.secret, blind.secret), (real.passphrase, blind.passphrase))
        self._blind_of = {theirs: ours for theirs, ours in pairs if theirs}
        self._tokens: dict[str, str] = {}  # real, by blind
        self._real = Canaries(real.named("real"))

    def request(self, request: Request, route: Route) -> Request:
        """A private request as the exchange gets it. Raises NotSigned."""
        described = self._allowed.get(route.handler)
        if described is None:
            raise NotSigned(f"{route.handler} is no private look-up that anybody vouches for")
        refuse_ambiguous(request)
        return self._over.request(self.with_tokens(request), described)

    def upgrade(self, request: Request, connection: Connection) -> Request:
        """The request that opens a stream. Raises NotSigned where that has to be signed and is not."""
        login = connection.login
        if login is None or login.by != "upgrade":
            return self.with_tokens(request)
        refuse_ambiguous(request)
        return self._over.request(request)

    def message(self, connection: Connection, message: str) -> str:
        """A client's message as the exchange gets it: written anew, so that it says what we read.

        Raises NotSigned; also, on a connection that may be the account's, where it neither logs in nor
        subscribes nor looks up: an order could be among the others.
        """
        said = heard(self._with_real(message))
        if connection.login is not None and not self._may_say(connection, said):
            raise NotSigned("on an account's connection only logins, subscriptions, pings and look-ups go on")
        signed = self._over.message(connection, said)
        return signed if isinstance(signed, str) else json.dumps(signed, separators=(",", ":"))

    def _may_say(self, connection: Connection, said: JsonValue) -> bool:
        for request in connection.requests.values():
            if self._over.fits(request.said, said):
                return request.operation in READING
        asked = (connection.login, connection.subscribe, connection.unsubscribe, *connection.answers)
        return any(each is not None and self._over.fits(each.said, said) for each in asked)

    def with_tokens(self, request: Request) -> Request:
        """The request with the real tokens in the place of the client's."""
        if not self._tokens:
            return request
        return Request(
            request.method, request.host, self._with_real(request.path),
            [(name, self._with_real(value)) for name, value in request.query], request.headers,
            self._with_real(request.text).encode() if request.body else b"", request.at,
            self._with_real(request.raw_query), request.client, request.port,
        )  # fmt: skip

    def _with_real(self, text: str) -> str:
        for blind, real in self._tokens.items():
            text = text.replace(blind, real)
        return text

    def reply(self, reply: Reply, route: Route, sent: Request) -> Reply:
        """What the client gets. Raises NotSigned where it holds a real key in another spelling."""
        text = reply.content().decode("utf-8", errors="surrogateescape")
        if route.operation in _OPENING:
            for token in _tokens_in(heard(text)):
                self._tokens.setdefault(_like(token), token)
        headers = {name: self.blinded(value) for name, value in reply.headers.items()}
        signature = self._signature(sent, route)
        text = self.blinded(text.replace(signature, "‹signature›") if signature else text)
        return Reply(reply.status, headers, text.encode("utf-8", errors="surrogateescape"))

    def blinded(self, text: str) -> str:
        """Text without what is real. Raises NotSigned where it says a real key in another spelling."""
        for real, blind in self._blind_of.items():
            text = text.replace(real, blind)
        for blind, real in self._tokens.items():
            text = text.replace(real, blind)
        if self._real.find(text, self.names) is not None:
            raise NotSigned("what came back says a real key in other words, so it is not handed on")
        return text

    @property
    def names(self) -> tuple[str, ...]:
        return ("real key", "real secret", "real pass phrase")

    def _signature(self, sent: Request, route: Route) -> str:
        """The real signature of a request that was sent, in case the exchange says it back."""
        return self._over.signature_in(sent, self._allowed[route.handler])


def _tokens_in(said: JsonValue) -> Iterator[str]:
    """Every text of a reply that may be a token: long, in one word, and no address."""
    items = said.values() if isinstance(said, dict) else said if isinstance(said, list) else ()
    for item in items:
        if isinstance(item, str):
            if len(item) >= LONG and " " not in item and not item.startswith(_LINKS):
                yield item
        else:
            yield from _tokens_in(item)


def _like(token: str) -> str:
    """Another token of the same length and kinds of characters."""
    letters = "".join(sorted({each for each in token if each.isalnum()}))
    return "".join(secrets.choice(letters) if each.isalnum() else each for each in token)
