"""Something that happens at the exchange while it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.gateway.fault import Fault, RequestLink
from harness.venue.dialects.messages import Reply


@dataclass(frozen=True)
class Meanwhile(Fault):
    """Let something happen right before the venue answers a request, and right after it has."""

    before: Callable[[], None]
    after: Callable[[], None]
    points = frozenset({"request"})
    ends = False

    async def before_request(self, link: RequestLink) -> Reply | None:  # noqa: ARG002
        self.before()
        return None

    async def on_reply(self, reply: Reply, link: RequestLink) -> Reply:  # noqa: ARG002
        self.after()
        return reply
