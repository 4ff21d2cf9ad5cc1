"""What may leave this machine: to which hosts, and which private requests are signed with real keys. Pure."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

from harness.errors import UserError
from harness.recordings.signing_over import NotSigned
from harness.venue.described.addresses import covering, parsed
from harness.venue.described.model import Description, RouteDescription
from harness.venue.described.sources import confirms
from harness.venue.dialects.messages import Request

# What a private request may do with real keys: read. Orders, leverage and the like stay here.
READING = frozenset(
    {
        "balances", "fees", "order_status", "open_orders", "order_trades", "positions", "funding_payments",
        "user_stream_open", "user_stream_renew", "user_stream_close", "stream_token",
    }
)  # fmt: skip
# Another path than it looks like, to a server that decodes before it routes.
_TWISTED = re.compile(r"\.\.|//|\\|%2e|%2f|%5c", re.IGNORECASE)
_OVERRIDES = ("x-http-method-override", "x-method-override", "x-http-method")


def checked_hosts(hosts: tuple[str, ...], where: str) -> None:
    """Raises UserError where a description leads to an address or a name of this machine's own network."""
    for host in hosts:
        if _is_address(host) or "." not in host or host.endswith((".localhost", ".local", ".internal")):
            raise UserError(
                f"{host!r} is not a public host name",
                where=where,
                hint="only public exchanges are recorded: correct `hosts` in the review",
            )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def vouched(description: Description, address: str) -> bool:
    """Whether somebody other than a fork says what lies there."""
    table = {parsed(at): sources for at, sources in description.known.items()}
    at = covering(parsed(address), table)
    return not description.derived or (at is not None and any(map(confirms, table[at])))


def signed_routes(description: Description) -> Iterator[tuple[str, RouteDescription]]:
    """The private routes whose requests are signed with real keys.

    Of a derived description those alone that read by their method, or whose operation somebody other than the
    fork vouches for: a fork could call a withdrawal a look-up.
    """
    for name, route in description.routes.items():
        reads = route.operation in READING
        if (
            route.private
            and reads
            and (name.startswith("GET ") or vouched(description, f"routes / {name} / operation"))
        ):
            yield name, route


def refuse_ambiguous(request: Request) -> None:
    """Raises NotSigned for a request that a server could take for another than we do."""
    if _TWISTED.search(request.path):
        raise NotSigned("its path may lead elsewhere")
    if any(request.header(name) for name in _OVERRIDES):
        raise NotSigned("a header asks for another method")
    names = [name for name, _ in (*request.query, *_body_names(request))]
    if len(set(names)) < len(names):
        raise NotSigned("a parameter is said twice")


def _body_names(request: Request) -> list[tuple[str, object]]:
    try:
        said = json.loads(request.body, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return list(parse_qsl(request.text, keep_blank_values=True))
    pairs = isinstance(said, list) and all(isinstance(each, tuple) for each in said)
    return said if pairs else []
