"""The dialect class of a description: what tests, checks and the gateway ask of a class."""

from __future__ import annotations

from collections.abc import Mapping

from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.markets import sayable, told_facts
from harness.venue.described.model import Description
from harness.venue.model import KEY_LENGTHS

_LOTS = frozenset({"market.lot_size", "market.lot_decimals"})


def dialect_of(described: Description) -> type[DescribedDialect]:
    """The dialect class of a description."""
    names: dict[str, str] = {each.is_: field for field, each in described.credentials.items()}
    sent = {field: each.sent for field, each in described.credentials.items() if each.sent}
    return type(
        f"Described_{described.exchange}",
        (DescribedDialect,),
        {
            "name": described.exchange,
            "framework": described.framework,
            # ccxt asks for routes that a connector never does, and these are all that was derived.
            "ccxt_id": None if described.derived else described.ccxt,
            "description": described,
            "rest_hosts": described.hosts.rest,
            "stream_hosts": stream_hosts(described),
            "ports": described.hosts.ports,
            "secrets_sent": sent,
            "markets": sayable(described),
            "tells_lots": _tells_lots(described),
            "not_covered": described.lacks,
            "ccxt_assets": described.assets,
            "key_lengths": _key_lengths(described, names),
            "book_depth": _book_depth(described),
            "in_dollars": described.in_dollars,
            "reduce_only_rests": described.orders.reduce_only_rests,
            "takes_leverage": bool(described.derived) or _takes_leverage(described),
            "books_begin_whole": _books_begin_whole(described),
            "verifies_signatures": _verifies(described),
        },
    )


def _tells_lots(described: Description) -> bool:
    """Whether steps of amounts are told, so that they may change: units that amounts are counted in stay."""
    counted = "|lot_units" in described.model_dump_json(include={"routes", "connections", "shapes"})
    return bool(_LOTS & told_facts(described, "symbols")) and not counted


def _key_lengths(described: Description, names: Mapping[str, str]) -> tuple[int, int, int]:
    lengths = list(KEY_LENGTHS)
    for index, kind in enumerate(("key", "secret", "passphrase")):
        field = names.get(kind)
        given = described.credentials[field] if field is not None else None
        if given is not None and given.form == "text" and given.length is not None:
            lengths[index] = given.length
    return lengths[0], lengths[1], lengths[2]


def _book_depth(described: Description) -> int:
    depths = [route.rows.most for route in described.routes.values() if route.operation == "order_book"]
    known = [depth for depth in depths if depth is not None]
    return max(known, default=DescribedDialect.book_depth)


def _takes_leverage(described: Description) -> bool:
    told = [str(route.takes) for route in described.routes.values()]
    return any("{position.leverage" in each or "{order.leverage" in each for each in told)


def _verifies(described: Description) -> bool:
    """Whether a request proves its secret: those of a session do where the one that opens it does."""
    opening = [
        route.signing or described.signing
        for route in described.routes.values()
        if route.operation == "stream_token"
    ]
    of_a_session = described.signing is not None and described.signing.scheme == "session"
    schemes = [
        each.scheme for each in (*(opening if of_a_session else ()), described.signing) if each is not None
    ]
    return "unverified" not in schemes


def _books_begin_whole(described: Description) -> bool:
    books = [
        channel.book
        for connection in described.connections.values()
        for channel in connection.channels.values()
        if channel.book is not None
    ]
    return bool(books) and all("whole" in (book.style, book.first) for book in books)


def stream_hosts(described: Description) -> tuple[str, ...]:
    """Where WebSockets are opened: at the hosts for them, else at those of routes, and where one says."""
    hosts = described.hosts.stream or (described.hosts.rest if described.connections else ())
    own = (each.host for each in described.connections.values() if each.host is not None)
    return tuple(dict.fromkeys((*hosts, *own)))
