"""The market data of a recording: replies and messages, and what each says of book and trades. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from harness.errors import UserError
from harness.gateway.entries import Exchange, Frame
from harness.recordings.groups import Group, Groups
from harness.recordings.recording import Recording
from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.values import Fact
from harness.venue.market import Market
from harness.venue.model import Side

# What a recording answers in the exchange's place; all else is simulated.
MARKET_DATA = frozenset(
    {
        "symbols", "ticker", "tickers", "order_book", "trades", "candles", "mark_price", "funding_rate",
        "stream:book", "stream:trades", "stream:ticker", "stream:mark_price",
    }
)  # fmt: skip
_ORDERS = ("last", "sequence", "at")  # by which a change is told from what a snapshot has already
AROUND = 2.0  # seconds before the first change in which a snapshot may lie
Levels = Mapping[Decimal, Decimal]


@dataclass(frozen=True)
class BookPart:
    """Levels of a book, all of it where `whole`; amount 0: gone. `order` says which of two is later."""

    whole: bool
    bids: Levels
    asks: Levels
    order: Mapping[str, Decimal]

    def after(self, other: BookPart) -> bool:
        """Whether it is later than `other`; where nothing tells, it is."""
        name = next((each for each in _ORDERS if each in self.order and each in other.order), None)
        return name is None or self.order[name] > other.order[name]


@dataclass(frozen=True)
class PrintedTrade:
    """A public trade, as far as the message tells."""

    price: Decimal
    amount: Decimal
    side: Side | None
    at: float | None
    name: str = ""


@dataclass(frozen=True)
class Message:
    """A recorded message of one market. `place` is its connection and channel."""

    at: float
    place: tuple[str, str]
    operation: str
    text: str
    book: BookPart | None = None
    trades: tuple[PrintedTrade, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A recorded reply. `symbol` is the market that was asked for, None: all, or none."""

    at: float
    route: str
    operation: str
    symbol: str | None
    status: int
    body: bytes
    book: BookPart | None = None


@dataclass(frozen=True)
class Tape:
    """What a recording holds of one market."""

    market: Market
    symbol: str
    messages: tuple[Message, ...]
    answers: tuple[Answer, ...]

    @property
    def begins(self) -> float:
        return self.messages[0].at

    @property
    def ends(self) -> float:
        return self.messages[-1].at

    def snapshot(self, at: float) -> BookPart | None:
        """The book as it was last told whole until then, by whichever route; else as it was first."""
        whole = [(each.at, each.book) for each in self.answers if each.book is not None]
        earlier = [book for when, book in whole if when <= at]
        return earlier[-1] if earlier else whole[0][1] if whole else None

    def answer(self, route: str, symbol: str | None, at: float) -> Answer | None:
        """The last one until then, else the first; None where none was recorded."""
        fitting = [each for each in self.answers if each.route == route and each.symbol in (None, symbol)]
        earlier = [each for each in fitting if each.at <= at]
        return earlier[-1] if earlier else fitting[0] if fitting else None


def tape_of(kind: type[DescribedDialect], recording: Recording) -> Tape:
    """Raises UserError where there is nothing to replay."""
    reading = Groups(kind)
    groups = [each for each in reading.of(recording) if each.operation in MARKET_DATA and not each.private]
    pair = recording.header.pairs[0]
    market = _market(reading, pair)
    symbol = reading.spoken.symbol(market)
    heard = [each for each in groups if isinstance(each.entry, Frame) and each.symbol == symbol]
    chosen = _of_one_client(heard)
    messages = tuple(map(_message, chosen))
    if not any(each.book for each in messages):
        raise UserError(
            f"it holds no message of the order book of {pair} that the description explains",
            where=recording.where,
            hint="record for longer, with the connector itself, or correct the description",
        )
    answers = tuple(
        answer
        for each in groups
        if isinstance(each.entry, Exchange)
        and (answer := _answer(each)) is not None
        and (answer.book is None or _beside(each.entry, chosen))
    )
    rules = _rules(groups, symbol, market)
    return Tape(_fitting(market, rules, messages), symbol, messages, answers)


def _of_one_client(groups: Sequence[Group]) -> list[Group]:
    """Of each channel what one connection was told, all of the client that heard most of the book.

    Clients that are recorded one after the other, or twice on the same channel, would tell everything twice.
    """
    book = Counter(each.entry.client for each in groups if each.operation == "stream:book")
    client = max(book, key=lambda each: book[each], default=None)
    own = [each for each in groups if each.entry.client == client]
    heard = Counter((each.part, _socket(each)) for each in own)
    best = {part: socket for (part, socket), _ in sorted(heard.items(), key=lambda each: each[1])}
    return [each for each in own if best[each.part] == _socket(each)]


def _socket(group: Group) -> int:
    return group.entry.socket_id if isinstance(group.entry, Frame) else -1


def _beside(snapshot: Exchange, told: Sequence[Group]) -> bool:
    """Whether a snapshot of the book was taken while the messages came: their changes lead on from it."""
    times = [each.entry.at for each in told if each.operation == "stream:book"]
    return times[0] - AROUND <= snapshot.at <= times[-1]


def _market(reading: Groups, pair: str) -> Market:
    """The recorded pair, with the rules of a sample until the recording tells its own."""
    base, _, quote = pair.partition("-")
    listed = reading.spoken.markets
    found = next((each for each in listed if each.name == pair), None)
    return found or replace(listed[0], base=base, quote=quote)


def _message(group: Group) -> Message:
    entry, told = group.entry, group.told
    assert isinstance(entry, Frame) and told is not None  # noqa: PT018, S101 - those alone are asked
    connection, _, channel = group.part.partition(" / ")
    book = told.channel.book
    whole = told.part == "first" or (book is not None and book.style == "whole")
    return Message(
        entry.at, (connection, channel), group.operation, entry.text,
        _book(group, whole=whole) if group.operation == "stream:book" else None,
        tuple(_trades(group)) if group.operation == "stream:trades" else (),
    )  # fmt: skip


def _answer(group: Group) -> Answer:
    entry = group.entry
    assert isinstance(entry, Exchange)  # noqa: S101 - those alone are asked
    book = _book(group, whole=True) if group.operation == "order_book" else None
    return Answer(entry.at, group.part, group.operation, group.symbol, entry.status or 200, entry.reply, book)


def _rows(group: Group) -> Iterator[tuple[str, dict[str, Fact]]]:
    """The facts of each row, with the side of the book that it lies on."""
    rows: dict[int, tuple[str, dict[str, Fact]]] = {}
    for each in group.readings:
        side = next((key for key in ("bid", "ask") if f"each {key}" in each.at), "")
        rows.setdefault(each.row, (side, {}))[1].update(each.said)
    yield from rows.values()


def _book(group: Group, *, whole: bool) -> BookPart | None:
    sides: dict[str, dict[Decimal, Decimal]] = {"bid": {}, "ask": {}}
    order: dict[str, Decimal] = {}
    for side, facts in _rows(group):
        price, amount = facts.get("level.price"), facts.get("level.amount")
        said = facts.get("level.side")
        where = side or {"buy": "bid", "sell": "ask"}.get(str(said), "")
        if where and isinstance(price, Decimal) and isinstance(amount, Decimal):
            sides[where][price] = amount
        for name in _ORDERS:
            value = facts.get(f"book.{name}")
            if isinstance(value, Decimal | float):
                order[name] = Decimal(str(value))
    if not whole and not sides["bid"] and not sides["ask"]:
        return None
    return BookPart(whole, sides["bid"], sides["ask"], order)


def _trades(group: Group) -> Iterator[PrintedTrade]:
    for _, facts in _rows(group):
        price, amount, at = (facts.get(f"trade.{name}") for name in ("price", "amount", "at"))
        side, name = facts.get("trade.side"), facts.get("trade.trade_id")
        if isinstance(price, Decimal) and isinstance(amount, Decimal):
            yield PrintedTrade(
                price, abs(amount), Side(str(side)) if side in ("buy", "sell") else None,
                at if isinstance(at, float) else None, str(name or ""),
            )  # fmt: skip


def _rules(groups: Sequence[Group], symbol: str, market: Market) -> Mapping[str, Decimal]:
    """What the list of markets tells of this one."""
    for group in groups:
        if group.operation != "symbols":
            continue
        for _, facts in _rows(group):
            named = facts.get("market.symbol") == symbol
            if named or (facts.get("market.base"), facts.get("market.quote")) == (market.base, market.quote):
                return {name: value for name, value in facts.items() if isinstance(value, Decimal)}
    return {}


def _fitting(market: Market, rules: Mapping[str, Decimal], messages: Sequence[Message]) -> Market:
    """The market with the recorded rules; a step that is not told is as fine as what was seen."""
    books = [each.book for each in messages if each.book]
    prices = [price for book in books for price in (*book.bids, *book.asks)]
    amounts = [amount for book in books for amount in (*book.bids.values(), *book.asks.values())]
    tick = _step(rules, "market.tick_size", "market.tick_decimals", prices)
    lot = _step(rules, "market.lot_size", "market.lot_decimals", amounts)
    usual = sorted(prices)[len(prices) // 2] if prices else market.reference_price
    return replace(
        market, tick_size=tick, lot_size=lot, reference_price=usual - usual % tick,
        min_amount=max(rules.get("market.min_amount", lot), lot),
        min_notional=rules.get("market.min_notional", Decimal(0)),
    )  # fmt: skip


def _step(rules: Mapping[str, Decimal], size: str, decimals: str, seen: Sequence[Decimal]) -> Decimal:
    if size in rules and rules[size] > 0:
        return rules[size]
    if decimals in rules and rules[decimals] == rules[decimals].to_integral_value():
        return Decimal(1).scaleb(-int(rules[decimals]))
    finest = min((int(each.normalize().as_tuple().exponent) for each in seen if each), default=-8)
    return Decimal(1).scaleb(min(finest, 0))
