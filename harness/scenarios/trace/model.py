"""A trace: all that was seen in one run of a scenario, in the order of one clock.

A header says of what; entries are frozen dataclasses. A run has one part for each exchange that was opened in
it, mostly one, and each part begins with `Began`. Times are virtual Unix seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from harness.driving.claims import EventView, LogLine, Usage
from harness.gateway import entries as wire
from harness.gateway.wire import Wire
from harness.venue.ledger import LedgerRow
from harness.venue.market import Market
from harness.venue.model import Fill, Order

FORMAT = 1
BY_HAND = "by hand"  # the command of what somebody else does on the account
Kind = TypeVar("Kind")


class Header(BaseModel):
    """What was run, of what, on what. `trial` is `first`, `control`, `other seed` or `again`.

    `hosts` and `ports` are those of the simulated exchange; no hosts where only the fork vouches for them.
    `prefix` is what the file's name begins with, where a candidate has several connectors. `unconfirmed`
    names, by requirement, the fields of the exchange that its checks lean on and that nobody but the fork
    vouches for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trace: int = FORMAT
    scenario: str
    connector: str
    dialect: str
    seed: int
    pace: float
    trial: str
    commit: str | None = None
    upstream: str | None = None
    environment: str = ""
    harness: str = ""
    prefix: str = ""
    hosts: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    unconfirmed: dict[str, tuple[str, ...]] = {}
    machine: str = ""


@dataclass(frozen=True)
class Began:
    """An exchange was opened. Wire entries numbered from `first` on are its own.

    `book_depth` is how many levels of a book its snapshots tell.
    """

    at: float
    first: int
    pair: str
    market: Market
    book_depth: int = 0


@dataclass(frozen=True)
class Asked:
    """What we asked of the connector (`buy`, `cancel` …), or did on its account by hand (`by hand`)."""

    at: float
    command: str
    arguments: dict[str, JsonValue]


@dataclass(frozen=True)
class FaultBegan:
    at: float
    fault: str
    operation: str


@dataclass(frozen=True)
class FaultEnded:
    """`applied` is how often it happened."""

    at: float
    fault: str
    operation: str
    applied: int


@dataclass(frozen=True)
class Happened:
    """An event that the connector claims."""

    at: float
    event: EventView


@dataclass(frozen=True)
class Logged:
    """A log record that the connector's process claims."""

    at: float
    line: LogLine


@dataclass(frozen=True)
class Printed:
    """What the sandbox's processes wrote to stdout and stderr meanwhile."""

    at: float
    text: str


@dataclass(frozen=True)
class Sampled:
    """What the connector's process says that it holds."""

    at: float
    usage: Usage


@dataclass(frozen=True)
class Ordered:
    """An order of the account in the venue's books, as it was in the end."""

    at: float
    order: Order


@dataclass(frozen=True)
class Filled:
    """A fill in the venue's books; `name` is how the exchange calls it."""

    at: float
    fill: Fill
    name: str


@dataclass(frozen=True)
class Posted:
    """A row of the account in the venue's ledger."""

    at: float
    row: LedgerRow


@dataclass(frozen=True)
class Leaked:
    """A secret, or a honeytoken, was seen on its way out; `demanded`: the exchange wants it there."""

    at: float
    secret: str
    place: str
    spelling: str
    host: str
    excerpt: str
    demanded: bool


@dataclass(frozen=True)
class LoggedSecret:
    """A log record holds a secret; `text` is the record, redacted."""

    at: float
    secret: str
    logger: str
    level: str
    text: str


@dataclass(frozen=True)
class Meddled:
    """Something was said in our driver's name that it never says, or the driver is not what it was."""

    at: float
    text: str


@dataclass(frozen=True)
class Overflowed:
    """So many wire entries did not fit into the record of a part."""

    at: float
    entries: int


@dataclass(frozen=True)
class Noted:
    """What the scenario wrote down of itself: its result, of the class `view`."""

    at: float
    view: str
    facts: JsonValue


class End(StrEnum):
    FINISHED = "finished"
    NOT_READY = "not_ready"  # the connector never became ready
    BROKE_OFF = "broke_off"  # the connector raised, hung or ended
    NOT_APPLICABLE = "not_applicable"
    NOT_RECORDED = "not_recorded"  # a replay does not hold what the connector reads
    OURS = "ours"  # something of the harness's broke


@dataclass(frozen=True)
class Ended:
    """How the run ended. `why` is a message or a traceback; `waiting_for` names what never got ready."""

    at: float
    how: End
    why: str = ""
    waiting_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cut:
    """So many entries of each kind were left out, because the trace would have been too large."""

    at: float
    left_out: dict[str, int]


Entry = (
    wire.Entry
    | Began
    | Asked
    | FaultBegan
    | FaultEnded
    | Happened
    | Logged
    | Printed
    | Sampled
    | Ordered
    | Filled
    | Posted
    | Leaked
    | LoggedSecret
    | Meddled
    | Overflowed
    | Noted
    | Ended
    | Cut
)
_WIRE = (
    wire.Exchange, wire.Frame, wire.Socket, wire.RejectedConnection, wire.Lookup, wire.Handshake, wire.Trouble
)  # fmt: skip


class _OfEntries:
    """What can be asked of the entries of a trace, and of a part of it."""

    entries: tuple[Entry, ...]

    @cached_property
    def wire(self) -> Wire:
        """What passed on its exchanges."""
        kept = [each for each in self.entries if isinstance(each, _WIRE)]
        return Wire(sorted(kept, key=lambda each: each.number))

    def of(self, kind: type[Kind]) -> tuple[Kind, ...]:
        return tuple(each for each in self.entries if isinstance(each, kind))


@dataclass(frozen=True)
class Part(_OfEntries):
    """One exchange of a trace, and everything that was seen on it."""

    began: Began
    entries: tuple[Entry, ...]

    @cached_property
    def orders(self) -> tuple[Order, ...]:
        return tuple(each.order for each in self.of(Ordered))

    @cached_property
    def fills(self) -> tuple[Fill, ...]:
        return tuple(each.fill for each in self.of(Filled))

    @cached_property
    def fill_names(self) -> dict[int, str]:
        """How the exchange calls a fill, by its number in the venue's books."""
        return {each.fill.trade_id: each.name for each in self.of(Filled)}

    @cached_property
    def logs(self) -> tuple[LogLine, ...]:
        return tuple(each.line for each in self.of(Logged))


@dataclass(frozen=True)
class Trace(_OfEntries):
    header: Header
    entries: tuple[Entry, ...]

    @property
    def title(self) -> str:
        """The scenario in words."""
        return self.header.scenario.replace("_", " ")

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        return tuple(self._parts())

    def _parts(self) -> Iterator[Part]:
        began: Began | None = None
        entries: list[Entry] = []
        for entry in self.entries:
            if isinstance(entry, Began):
                if began is not None:
                    yield Part(began, tuple(entries))
                began, entries = entry, []
            elif began is not None:
                entries.append(entry)
        if began is not None:
            yield Part(began, tuple(entries))

    @property
    def last(self) -> Part | None:
        """The last exchange that was opened, None where there was none."""
        return self.parts[-1] if self.parts else None

    @property
    def end(self) -> Ended | None:
        ends = self.of(Ended)
        return ends[-1] if ends else None

    @property
    def complete(self) -> bool:
        """Whether nothing was left out of it."""
        return not self.of(Cut) and not self.of(Overflowed)
