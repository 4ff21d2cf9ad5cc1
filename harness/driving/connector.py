"""One connector in its own process, as the driver tells of it: all of it CLAIMED by the code under test.

Times and time-outs are virtual seconds unless said otherwise; amounts and prices are Decimals.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError

from harness.clock import ScaledClock, Stretch
from harness.driving import claims
from harness.driving.rpc_client import ConnectorError, RpcClient

T = TypeVar("T")
PositionAction = Literal["OPEN", "CLOSE"]
PositionModeName = Literal["ONEWAY", "HEDGE"]
# Real seconds an answer may take beyond what the request itself waits for, on a busy machine.
PATIENCE = 20.0
POLL = 0.01
# More than any honest scenario brings; a driver that was replaced could go on for ever.
MAX_KEPT = 50_000


# What changes something; the rest are questions, of which there are thousands.
DEEDS = frozenset(
    {
        "start", "stop", "buy", "sell", "cancel", "cancel_all", "set_leverage", "set_position_mode", "tick",
        "save_state", "restore_state",
    }
)  # fmt: skip


class Question(NamedTuple):
    """What we asked of it, and when, in virtual Unix seconds."""

    at: float
    command: str
    arguments: dict[str, Any]


class Connector:
    """A connector in its own process. Methods raise ConnectorError, ConnectorTimeout or ConnectorGone."""

    def __init__(self, rpc: RpcClient, scenario: str, clock: ScaledClock) -> None:
        self._rpc = rpc
        self._scenario = scenario
        self._clock = clock
        self._events: list[claims.EventView] = []
        self._logs: list[claims.LogLine] = []
        self._trades: list[claims.TradeView] = []
        self._pairs_of: dict[str, str] = {}
        self.asked: list[Question] = []
        self.usages: list[claims.Usage] = []
        self.constructed: claims.Constructed | None = None

    def construct(
        self, pairs: tuple[str, ...], credentials: dict[str, str], trading_required: bool, tick_size: float
    ) -> None:
        """Done by `Driver.scenario`."""
        self.constructed = self._get(
            claims.Constructed, "construct",
            pairs=pairs, credentials=credentials, trading_required=trading_required, tick_size=tick_size,
        )  # fmt: skip

    def pace(self, coming: Stretch) -> None:
        """Let its process know the pace that its clock is about to have."""
        self._ask("pace", clock=coming)

    def start(self) -> None:
        """Let its clock turn: it checks its network and starts by itself."""
        self._ask("start")

    def wait_ready(self, timeout: float = 60.0) -> claims.Ready:
        """Wait until it says it is ready, or the time is over; look at `.ready`."""
        return self._get(claims.Ready, "wait_ready", wait=timeout, seconds=timeout)

    def status(self) -> claims.Status:
        return self._get(claims.Status, "status")

    def network_status(self) -> str:
        """STOPPED, NOT_CONNECTED or CONNECTED."""
        return self.status().network

    def book(self, pair: str, depth: int = 1000) -> claims.BookView:
        return self._get(claims.BookView, "book", pair=pair, depth=depth)

    def trades(self) -> tuple[claims.TradeView, ...]:
        """Every public trade that reached its order books since it was ready."""
        said = self._ask("trades", since=len(self._trades))
        try:
            new = [claims.TradeView.parse(item) for item in _list(said)]
        except (ValidationError, KeyError, TypeError, ValueError) as error:
            raise _nonsense("trades", error) from error
        self._trades += _bounded(new, self._trades)
        return tuple(self._trades)

    def pairs(self) -> tuple[claims.PairView, ...]:
        """Every pair it lists (asks the exchange), with symbols both ways for the first 500."""
        return self._get(tuple[claims.PairView, ...], "pairs", wait=60.0)

    def rules(self) -> dict[str, claims.Rule]:
        """Its trading rules by pair; none where it has no way to show them."""
        return self.shown_rules() or {}

    def shown_rules(self) -> dict[str, claims.Rule] | None:
        """The same; None where its framework asks no connector to show them, and this one does not."""
        said = self._ask("rules")
        return None if said is None else parse(dict[str, claims.Rule], said, "rules")

    def balances(self) -> dict[str, claims.Balance]:
        return self._get(dict[str, claims.Balance], "balances")

    def quantize(self, pair: str, price: Decimal, amount: Decimal) -> tuple[Decimal, Decimal]:
        return self.quantize_many(pair, [(price, amount)])[0]

    def quantize_many(
        self, pair: str, orders: Iterable[tuple[Decimal, Decimal]]
    ) -> tuple[tuple[Decimal, Decimal], ...]:
        """(price, amount) for each (price, amount): what it would send instead."""
        asked = [(str(price), str(amount)) for price, amount in orders]
        answered = self._get(tuple[claims.Level, ...], "quantize", pair=pair, orders=asked)
        if len(answered) != len(asked):
            raise _nonsense("quantize", f"{len(answered)} answers to {len(asked)} questions")
        return answered

    def buy(
        self,
        pair: str,
        amount: Decimal,
        price: Decimal | None = None,
        order_type: str = "LIMIT",
        position: PositionAction | None = None,
    ) -> str:
        """Ask for an order (`price` None: market); returns its client order id at once.

        `position` says what a perpetual's order does to its position, None on spot.
        """
        return self._place("buy", pair, amount, price, order_type, position)

    def sell(
        self,
        pair: str,
        amount: Decimal,
        price: Decimal | None = None,
        order_type: str = "LIMIT",
        position: PositionAction | None = None,
    ) -> str:
        return self._place("sell", pair, amount, price, order_type, position)

    def positions(self) -> tuple[claims.PositionView, ...]:
        """The open positions of a perpetual connector."""
        return self._get(tuple[claims.PositionView, ...], "positions")

    def set_leverage(self, pair: str, leverage: int) -> None:
        """Ask for it; an event tells how it ended."""
        self._ask("set_leverage", pair=pair, leverage=leverage)

    def set_position_mode(self, mode: PositionModeName) -> None:
        """Ask for it; an event tells how it ended."""
        self._ask("set_position_mode", mode=mode)

    def position_modes(self) -> tuple[str, ...]:
        """Those it says it supports, of ONEWAY and HEDGE."""
        return self._get(tuple[str, ...], "position_modes")

    def funding(self, pair: str) -> claims.Funding:
        return self._get(claims.Funding, "funding", pair=pair)

    def cancel(self, order_id: str, pair: str | None = None) -> None:
        """Ask for an order to be cancelled; `pair` is needed for orders not placed through here."""
        self._ask("cancel", pair=pair or self._pairs_of[order_id], order_id=order_id)

    def cancel_all(self, timeout: float = 10.0) -> tuple[claims.Cancellation, ...]:
        return self._get(tuple[claims.Cancellation, ...], "cancel_all", wait=timeout, seconds=timeout)

    def orders(self) -> dict[str, claims.OrderView]:
        """The orders it is tracking, by client order id."""
        return {each.order_id: each for each in self._get(tuple[claims.OrderView, ...], "orders")}

    def events(self, kind: str | None = None, order_id: str | None = None) -> tuple[claims.EventView, ...]:
        """Every event so far, oldest first, of that kind and order where given."""
        while self._more_events(0.0):
            pass
        return tuple(event for event in self._events if _fits(event, kind, order_id))

    def wait_event(
        self, kind: str, order_id: str | None = None, timeout: float = 30.0, count: int = 1
    ) -> claims.EventView | None:
        """The `count`th such event, waiting for it; None when the time is over."""
        deadline = self._clock.now() + timeout
        seen = matching = 0
        while True:
            for event in self._events[seen:]:
                seen += 1
                matching += _fits(event, kind, order_id)
                if matching == count:
                    return event
            left = deadline - self._clock.now()
            if left <= 0 and not self._more_events(0.0):
                return None
            self._more_events(max(left, 0.0))

    def until(self, condition: Callable[[], T], timeout: float = 30.0) -> T:
        """Ask again and again until `condition()` is truthy or the time is over; returns its last value."""
        deadline = self._clock.now() + timeout
        while not (value := condition()) and self._clock.now() < deadline:
            time.sleep(POLL)
        return value

    def prices(self, pair: str) -> claims.Prices:
        return self._get(claims.Prices, "prices", wait=30.0, pair=pair)

    def last_prices(self, pairs: tuple[str, ...]) -> claims.LastPrices:
        return self._get(claims.LastPrices, "last_prices", wait=30.0, pairs=pairs)

    def fee(
        self,
        pair: str,
        amount: Decimal,
        price: Decimal,
        *,
        side: str = "BUY",
        order_type: str = "LIMIT",
        is_maker: bool | None = None,
    ) -> claims.Fee:
        """The fee it expects for such an order."""
        return self._get(
            claims.Fee, "fee",
            pair=pair, order_type=order_type, side=side,
            amount=str(amount), price=str(price), is_maker=is_maker,
        )  # fmt: skip

    def order_types(self) -> tuple[str, ...]:
        return self._get(tuple[str, ...], "order_types")

    def config(self) -> tuple[claims.ConfigField, ...]:
        """What a user is asked for before using it."""
        return self._get(tuple[claims.ConfigField, ...], "config")

    def tick(self, seconds: float = 120.0) -> None:
        """Make whatever it polls for due at once, as if time had jumped ahead by `seconds`."""
        self._ask("tick", seconds=seconds)

    def save_state(self) -> dict[str, JsonValue]:
        """Its open orders as it would store them before a restart."""
        return self._get(dict[str, JsonValue], "save_state")

    def restore_state(self, state: dict[str, JsonValue]) -> None:
        self._ask("restore_state", state=state)

    def logs(self) -> tuple[claims.LogLine, ...]:
        """Every log record of the process so far, at every level."""
        while True:
            said = self._ask("logs", since=len(self._logs))
            fields = said if isinstance(said, dict) else {}
            new = parse(tuple[claims.LogLine, ...], fields.get("records"), "logs")
            self._logs += _bounded(new, self._logs)
            if not new:
                return tuple(self._logs)

    def usage(self) -> claims.Usage:
        self.usages.append(self._get(claims.Usage, "usage"))
        return self.usages[-1]

    def heard(self) -> tuple[tuple[claims.EventView, ...], tuple[claims.LogLine, ...]]:
        """Events and log records that it has told so far, without asking again."""
        return tuple(self._events), tuple(self._logs)

    def stop(self, settle: float = 5.0) -> None:
        """Stop it as the application does, and give it `settle` to clean up."""
        self._ask("stop", wait=settle, settle=settle)

    def _place(
        self,
        command: str,
        pair: str,
        amount: Decimal,
        price: Decimal | None,
        order_type: str,
        position: PositionAction | None,
    ) -> str:
        order_id = self._get(
            str, command,
            pair=pair, amount=str(amount), price=None if price is None else str(price), order_type=order_type,
            position=position,
        )  # fmt: skip
        self._pairs_of[order_id] = pair
        return order_id

    def _more_events(self, wait: float) -> bool:
        new = self._get(
            tuple[claims.EventView, ...], "events", wait=wait, since=len(self._events), wait_for=wait
        )
        self._events += _bounded(new, self._events)
        return bool(new)

    def _ask(self, command: str, wait: float = 0.0, **arguments: Any) -> JsonValue:
        """`wait` is how long the request itself may take."""
        if command in DEEDS:
            self.asked.append(Question(self._clock.now(), command, arguments))
        return self._rpc.ask(
            command,
            scenario=self._scenario,
            timeout=PATIENCE + self._clock.real_seconds(wait),
            arguments=arguments,
        )

    def _get(self, kind: type[T], command: str, wait: float = 0.0, **arguments: Any) -> T:
        return parse(kind, self._ask(command, wait, **arguments), command)


def _fits(event: claims.EventView, kind: str | None, order_id: str | None) -> bool:
    return (kind is None or event.kind == kind) and (order_id is None or event.order_id == order_id)


def parse(kind: type[T], value: JsonValue, command: str) -> T:
    """An answer as the type it should have; raises ConnectorError."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise _nonsense(command, error) from error


def _list(value: JsonValue) -> list[JsonValue]:
    if not isinstance(value, list):
        raise TypeError(f"a list was expected, not {type(value).__name__}")
    return value


def _bounded(new: Sequence[T], kept: Sequence[T]) -> Sequence[T]:
    if len(new) + len(kept) > MAX_KEPT:
        raise ConnectorError(f"it reports more than {MAX_KEPT} events, trades or log records")
    return new


def _nonsense(command: str, why: object) -> ConnectorError:
    return ConnectorError(f"the answer to {command} cannot be read: {str(why)[:1000]}")
