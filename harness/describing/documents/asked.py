"""What a connector sent when it was told to start, act and poll: as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from harness.credentials.shapes import Shape
from harness.describing.documents.said import Said
from harness.driving.claims import ConfigField


@dataclass(frozen=True)
class Act:
    """Something that the connector was told, and what left it then: requests, and messages of WebSockets.

    `facts` are those of the order that it was about, as the connector says it will send them.
    """

    operation: str
    facts: Mapping[str, str]
    sent: tuple[Said, ...]
    frames: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Opened:
    """A WebSocket as the connector opened it."""

    host: str
    path: str
    query: str = ""
    port: int = 443
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Asked:
    """All that the connector sent, when it started, acted and polled. `trouble` is why it stopped early;
    `constructed`: it could be imported and constructed.

    `fields` are its configuration's names of secrets, `credentials` the canary values given for them, of
    those `shapes`. `errors` are those that it logged, or that its orders failed with.
    """

    credentials: Mapping[str, str]
    fields: tuple[ConfigField, ...] = ()
    sent: tuple[Said, ...] = ()
    frames: tuple[Said, ...] = ()
    sockets: tuple[Opened, ...] = ()
    ports: tuple[int, ...] = (443,)
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    acts: tuple[Act, ...] = ()
    lookups: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    trouble: str = ""
    constructed: bool = True

    @cached_property
    def by_client_id(self) -> dict[str, Mapping[str, str]]:
        """The facts of each order, by its client order id."""
        return {name: act.facts for act in self.acts if (name := act.facts.get("order.client_order_id"))}
