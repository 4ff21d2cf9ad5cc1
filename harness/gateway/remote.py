"""An exchange that stands elsewhere, as the gateway serves it: what it answers takes time."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.messages import Outgoing, Reply, Request
from harness.venue.dialects.routing import Match
from harness.venue.dialects.stream_session import StreamSession

Tell = Callable[[Callable[[], Iterable[Outgoing]]], None]


class RemoteSession(StreamSession):
    """A connection that goes on to somewhere else."""

    async def listen(self, tell: Tell) -> None:
        """Hand on what comes from there, until it ends. `tell` sends what it is given to the client."""
        raise NotImplementedError


class Remote(Dialect):
    """Both are called in the gateway's thread."""

    async def ask(self, request: Request, match: Match) -> Reply:
        """Raises ConnectionBrokenError where nothing came back that could be handed on."""
        raise NotImplementedError

    async def connect(self, request: Request, match: Match) -> RemoteSession | Reply:
        """Raises ConnectionBrokenError."""
        raise NotImplementedError

    async def shut(self) -> None:
        """Give up what leads there: the gateway stops."""
