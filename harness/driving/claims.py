"""What the driver says, as typed values. All of it is claimed by the code under test, none of it observed.

A connector may say other things than its siblings do (a number as a text, an id as a number, nothing at all),
and none of that is an error: where a number belongs, what is none, or is out of all proportion, reads as NaN,
which fails whatever it is compared with. Amounts and prices are Decimals. `at` is virtual Unix time.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from harness.driving.numbers import Number, NumberIfAny, as_number, within_reason

Level = tuple[Number, Number]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _as_text_if_any(value: Any) -> str | None:
    return None if value is None else _as_text(value)


def _as_flag(value: Any) -> bool:
    return value not in ("", "False", "None", "0") and bool(value)


def _as_fields(value: Any) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {"value": value}


Text = Annotated[str, BeforeValidator(_as_text)]
TextIfAny = Annotated[str | None, BeforeValidator(_as_text_if_any)]
Moment = Annotated[float, BeforeValidator(lambda value: float(as_number(value)))]
Flag = Annotated[bool, BeforeValidator(_as_flag)]
Fields = Annotated[dict[str, JsonValue], BeforeValidator(_as_fields)]


class Claim(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ConfigField(Claim):
    """One thing that the user is asked for. `default` is None where there is none, `kind` its type's name."""

    name: str
    prompt: str
    secure: bool
    connect_key: bool
    prompted: bool
    required: bool
    default: TextIfAny = None
    kind: Text = ""


class Warmed(Claim):
    """What was imported: module, class and file, what its user is asked for, and every connector known."""

    module: str
    class_name: str = Field(alias="class")
    file: str
    connectors: tuple[str, ...]
    config: tuple[ConfigField, ...]


class Constructed(Claim):
    name: Text
    display_name: Text


class Ready(Claim):
    """`parts` is the connector's own status, one entry a component; `seconds` are virtual."""

    ready: Flag
    seconds: float
    parts: dict[str, Flag]


class Status(Claim):
    """`network` is the framework's word: STOPPED, NOT_CONNECTED or CONNECTED."""

    ready: Flag
    parts: dict[str, Flag]
    network: Text
    timestamp: Number


class BookView(Claim):
    """The connector's order book, levels as (price, amount), best first."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    snapshot_uid: Number
    last_diff_uid: Number
    last_trade_price: Number


class PairView(Claim):
    """A traded pair, its symbol at the exchange, and the pair which that symbol is read back as."""

    pair: Text
    symbol: Text
    back: Text


class Rule(Claim):
    min_order_size: Number
    max_order_size: Number
    min_price_increment: Number
    min_base_amount_increment: Number
    min_quote_amount_increment: Number
    min_notional_size: NumberIfAny
    min_order_value: NumberIfAny
    supports_limit_orders: Flag
    supports_market_orders: Flag
    buy_order_collateral_token: TextIfAny
    sell_order_collateral_token: TextIfAny

    @property
    def smallest_notional(self) -> Decimal:
        """The larger of the two that a rule can name, 0 where it names none; NaN where one makes no sense."""
        named = [each for each in (self.min_notional_size, self.min_order_value) if each is not None]
        nonsense = [each for each in named if each.is_nan()]
        return nonsense[0] if nonsense else max(named, default=Decimal(0))


class Balance(Claim):
    total: Number
    available: Number


class OrderView(Claim):
    """An order that the connector is tracking. `side` is BUY or SELL, `state` the framework's name for it."""

    order_id: Text
    exchange_order_id: TextIfAny
    pair: Text
    side: Text
    order_type: Text
    price: NumberIfAny
    amount: Number
    executed: Number
    state: Text
    created_at: Number


class PositionView(Claim):
    """A position of a perpetual: `side` is LONG, SHORT or BOTH, `amount` signed as the connector signs it."""

    pair: Text
    side: Text
    amount: Number
    entry_price: Number
    unrealized_pnl: Number
    leverage: Number


class Funding(Claim):
    """What a perpetual connector knows of funding; `rate` is a fraction, `next_at` Unix seconds."""

    index_price: Number
    mark_price: Number
    rate: Number
    next_at: Moment


class EventView(Claim):
    """One market event: `kind` is the framework's name (OrderFilled, BuyOrderCreated …)."""

    at: float
    kind: str
    data: Fields

    @property
    def order_id(self) -> str | None:
        return _as_text_if_any(self.data.get("order_id"))

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
    """A public trade that reached the connector's order book. `side` is the taker's: BUY or SELL.

    `timestamp` is None where the exchange's public trades have no time.
    """

    at: float
    pair: Text
    side: Text
    price: Number
    amount: Number
    trade_id: TextIfAny
    timestamp: NumberIfAny

    @classmethod
    def parse(cls, value: Any) -> TradeView:
        fields = _as_fields(value["data"])
        said = {name: fields.get(name) for name in ("price", "amount", "trade_id", "timestamp")}
        return cls.model_validate(
            {**said, "at": value["at"], "pair": fields.get("trading_pair"), "side": fields.get("type")}
        )


class Prices(Claim):
    """`buy` and `sell` are get_price of that side; `last` is the last traded price."""

    buy: Number
    sell: Number
    best_bid: Number
    best_ask: Number
    last: Number


class LastPrices(Claim):
    """By pair: the last traded price as it is told when asked for `alone`, and with others `together`."""

    alone: dict[str, NumberIfAny] = {}
    together: dict[str, NumberIfAny] = {}


class TokenAmount(Claim):
    token: Text
    amount: Number


class Fee(Claim):
    """`type` is the framework's class: added to what is paid, or taken from what is received."""

    type: Text
    percent: Number
    percent_token: TextIfAny
    flat_fees: tuple[TokenAmount, ...]


class Cancellation(Claim):
    order_id: Text
    success: Flag


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
