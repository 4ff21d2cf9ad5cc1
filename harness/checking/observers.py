"""What is looked for in every trace, whatever the scenario was about. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.gateway.entries import Requested
from harness.gateway.faults import LoseReply
from harness.scenarios.trace.model import (
    BY_HAND,
    Asked,
    FaultEnded,
    Leaked,
    LoggedSecret,
    Meddled,
    Ordered,
    Overflowed,
    Part,
    Sampled,
    Trace,
)
from harness.venue.model import Order

PLACING = ("buy", "sell", BY_HAND)
LOST = str(LoseReply())
LIMITED = (418, 429)


def leaks(trace: Trace) -> tuple[Leaked, ...]:
    """Secrets and honeytokens that left where the exchange does not demand them."""
    return tuple(each for each in trace.of(Leaked) if not each.demanded)


def logged_secrets(trace: Trace) -> tuple[LoggedSecret, ...]:
    """All but what `websockets` itself writes of each frame: upstream's settings leave that level out."""
    return tuple(each for each in trace.of(LoggedSecret) if not _is_frame(each))


def _is_frame(record: LoggedSecret) -> bool:
    return record.level == "DEBUG" and record.logger.partition(".")[0] == "websockets"


def unasked(trace: Trace) -> tuple[Order, ...]:
    """Orders beyond those that we asked for or placed by hand; one may be sent again whose answer we lost."""
    return tuple(order for part in trace.parts for order in _unasked(part))


def _unasked(part: Part) -> tuple[Order, ...]:
    asked = sum(each.command in PLACING for each in part.of(Asked))
    lost = sum(each.applied for each in part.of(FaultEnded) if each.fault == LOST)
    placed = [each.order for each in part.of(Ordered) if not each.order.liquidation]
    extra = len(placed) - asked - lost
    return tuple(sorted(placed, key=lambda order: order.created_at)[-extra:]) if extra > 0 else ()


def over_the_limit(requests: Iterable[Requested]) -> tuple[Requested, ...]:
    """Requests that the exchange itself turned away because too many came."""
    return tuple(each for each in requests if each.status in LIMITED and each.fault is None)


def meddling(trace: Trace) -> Iterator[str]:
    """What was said in our driver's name that it never says."""
    yield from (each.text for each in trace.of(Meddled))


def replaced(trace: Trace) -> tuple[str, ...]:
    """Parts of the driver that are no longer what they were. Claimed by its process."""
    return tuple(sorted({name for each in trace.of(Sampled) for name in each.usage.changed}))


def lost_entries(trace: Trace) -> int:
    """How much of what passed could not be written down."""
    return sum(each.entries for each in trace.of(Overflowed))
