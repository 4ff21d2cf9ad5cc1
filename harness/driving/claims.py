"""What the driver says, as typed values. All of it is claimed by the code under test, none of it observed.

Amounts and prices are Decimals and may be NaN or infinite where the connector says so; what is out of all
proportion is NaN. `at` is virtual Unix time.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from harness.driving.numbers import Number, within_reason

Level = tuple[Number, Number]


class Claim(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ConfigField(Claim):
    """One thing that the user is asked for."""

    name: str
    prompt: str
    secure: bool
    connect_key: bool
    prompted: bool
    required: bool


class Warmed(Claim):
    """What was imported: module, class and file, what its user is asked for, and every connector known."""

    module: str
    class_name: str = Field(alias="class")
    file: str
    connectors: tuple[str, ...]
    config: tuple[ConfigField, ...]


class Constructed(Claim):
    name: str
    display_name: str


class Ready(Claim):
    """`parts` is the connector's own status, one entry a component; `seconds` are virtual."""

    ready: bool
    seconds: float
    parts: dict[str, bool]


class Status(Claim):
    """`network` is the framework's word: STOPPED, NOT_CONNECTED or CONNECTED."""

    ready: bool
    parts: dict[str, bool]
    network: str
    timestamp: Number


class BookView(Claim):
    """The connector's order book, levels as (price, amount), best first."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    snapshot_uid: int
    last_diff_uid: int
    last_trade_price: Number


class PairView(Claim):
    """A traded pair, its symbol at the exchange, and the pair which that symbol is read back as."""

    pair: str
    symbol: str
    back: str


class Rule(Claim):
    min_order_size: Number
    max_order_size: Number
    min_price_increment: Number
    min_base_amount_increment: Number
    min_quote_amount_increment: Number
    min_notional_size: Number
    min_order_value: Number
    supports_limit_orders: bool
    supports_market_orders: bool
    buy_order_collateral_token: str | None
    sell_order_collateral_token: str | None


class Balance(Claim):
    total: Number
    available: Number


class OrderView(Claim):
    """An order that the connector is tracking. `side` is BUY or SELL, `state` the framework's name for it."""

    order_id: str
    exchange_order_id: str | None
    pair: str
    side: str
    order_type: str
    price: Number | None
    amount: Number
    executed: Number
    state: str
    created_at: Number


class PositionView(Claim):
    """A position of a perpetual: `side` is LONG, SHORT or BOTH, `amount` signed as the connector signs it."""

    pair: str
    side: str
    amount: Number
    entry_price: Number
    unrealized_pnl: Number
    leverage: Number


class Funding(Claim):
    """What a perpetual connector knows of funding; `rate` is a fraction, `next_at` Unix seconds."""

    index_price: Number
    mark_price: Number
    rate: Number
    next_at: float


class EventView(Claim):
    """One market event: `kind` is the framework's name (OrderFilled, BuyOrderCreated …)."""

    at: float
    kind: str
    data: dict[str, JsonValue]

    @property
    def order_id(self) -> str | None:
        found = self.data.get("order_id")
        return found if isinstance(found, str) else None

    @property
    def timestamp(self) -> float | None:
        """The event's own time, in seconds if the connector does as it should."""
        found = self.data.get("timestamp")
        if isinstance(found, bool) or not isinstance(found, int | float):
            return None
        return float(within_reason(found))

    def decimal(self, field: str) -> Decimal | None:
        """A number among the event's fields, None where there is none."""
        found = self.data.get(field)
        number = within_reason(found)
        return number if isinstance(number, Decimal) else None

    @property
    def fee(self) -> Fee | None:
        """The trade fee of a fill, None where the event has none that can be read."""
        try:
            return Fee.model_validate(self.data.get("trade_fee"))
        except ValueError:
            return None


class TradeView(Claim):
    """A public trade that reached the connector's order book. `side` is the taker's: BUY or SELL."""

    at: float
    pair: str
    side: str
    price: Number
    amount: Number
    trade_id: str | None
    timestamp: Number

    @classmethod
    def parse(cls, value: Any) -> TradeView:
        fields = dict(value["data"])
        trade_id = fields.get("trade_id")
        return cls.model_validate(
            {
                **fields,
                "at": value["at"],
                "pair": fields.get("trading_pair"),
                "side": fields.get("type"),
                "trade_id": None if trade_id is None else str(trade_id),
            }
        )


class Prices(Claim):
    """`buy` and `sell` are get_price of that side; `last` is the last traded price."""

    buy: Number
    sell: Number
    best_bid: Number
    best_ask: Number
    last: Number


class TokenAmount(Claim):
    token: str
    amount: Number


class Fee(Claim):
    """`type` is the framework's class: added to what is paid, or taken from what is received."""

    type: str
    percent: Number
    percent_token: str | None
    flat_fees: tuple[TokenAmount, ...]


class Cancellation(Claim):
    order_id: str
    success: bool


class LogLine(Claim):
    """One log record; `error` is the traceback that came with it, or empty."""

    at: float
    logger: str
    level: str
    message: str
    error: str


class Stall(Claim):
    """Something held the event loop, `busy` or in a `sleep`; `seconds` and `cpu_seconds` are real ones."""

    at: float
    kind: str
    seconds: float
    cpu_seconds: float
    place: str


class Usage(Claim):
    """What the scenario's process holds, the driver's own tasks left out; -1 means unknown.

    `changed` names what of the driver, and of what it works with, is no longer what it was.
    """

    tasks: tuple[str, ...]
    timers: int
    sockets: int
    unclosed_sessions: int
    memory_bytes: int
    cpu_seconds: float
    stalls: tuple[Stall, ...]
    at: float
    changed: tuple[str, ...]
