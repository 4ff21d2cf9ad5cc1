"""The venue's things as facts that templates can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from harness.venue.described.held_keys import number_of
from harness.venue.described.order_rules import OWN_ID
from harness.venue.described.templates import Facts, Scope
from harness.venue.described.values import Fact, plainly
from harness.venue.dialects.day import day
from harness.venue.dialects.decimals import decimals_of
from harness.venue.market import Market
from harness.venue.model import ZERO, Account, Balance, Fill, Level, Order, PositionSide, Side, Trade
from harness.venue.positions import FundingPayment, Position
from harness.venue.session import Venue


@dataclass(frozen=True)
class VenueFacts:
    """Makes scopes of a venue's things. `symbol` is the exchange's name of a market, `assets` its names of
    assets that are called otherwise there; `unnamed` what is told for the client order id of an order that
    came without one."""

    venue: Venue
    symbol: Callable[[Market], str]
    assets: Mapping[str, str] = field(default_factory=dict)
    unnamed: str | None = OWN_ID

    def asset(self, name: str) -> str:
        return self.assets.get(name, name)

    def asset_number(self, name: str) -> int | None:
        """The assets of markets, counted from 1."""
        assets = list(
            dict.fromkeys(asset for each in self.venue.markets for asset in (each.base, each.quote))
        )
        return assets.index(name) + 1 if name in assets else None

    def asset_of(self, name: str) -> Scope:
        """An asset, and around it the market that it is the base of: exchanges tell decimals of assets."""
        told: Facts = {"name": self.asset(name), "number": self.asset_number(name)}
        scope = Scope({"asset": lambda: told})
        market = next((each for each in self.venue.markets if each.base == name), None)
        return scope if market is None else scope.within(self.market(market))

    def number(self, market: Market) -> int:
        """The markets, counted from 1."""
        return self.venue.markets.index(market) + 1

    def now(self) -> Scope:
        """What every message can tell."""
        return Scope({"now": lambda: {"at": self.venue.clock.now()}})

    def account(self, account: Account) -> Scope:
        return Scope({"account": lambda: self._account(account)})

    def _account(self, account: Account) -> Facts:
        told: dict[str, Fact] = {"number": number_of(account), "name": account.name}
        if any(market.perpetual for market in self.venue.markets):
            told["position_mode"] = plainly(self.venue.position_mode(account))
        return told

    def market(self, market: Market) -> Scope:
        """A market, its ticker and its book's sides. A book is read once, for everything that tells of it."""
        objects: dict[str, Callable[[], Facts]] = {
            "market": lambda: self._market(market),
            "asset": lambda: {"name": self.asset(market.base)},
            "ticker": lambda: self._ticker(market),
        }
        if market.perpetual:
            objects["funding"] = lambda: self._funding(market)
        return Scope(objects)

    def _market(self, market: Market) -> Facts:
        halted = self.venue.is_halted(market)
        return {
            "symbol": self.symbol(market), "number": self.number(market),
            "base": self.asset(market.base), "quote": self.asset(market.quote),
            "settle": self.asset(market.settle_asset), "tick_size": market.tick_size,
            "tick_decimals": decimals_of(market.tick_size), "lot_size": market.lot_size,
            "lot_decimals": decimals_of(market.lot_size), "min_amount": market.min_amount,
            "max_amount": market.max_amount, "min_notional": market.min_notional,
            "max_notional": market.max_notional, "max_price": market.max_price,
            "maker_fee": market.maker_fee, "taker_fee": market.taker_fee,
            "base_decimals": market.base_precision, "quote_decimals": market.quote_precision,
            "halted": halted, "open": not halted, "contract_size": market.contract_size,
            "max_leverage": market.max_leverage, "default_leverage": market.default_leverage,
            "initial_margin": 1 / market.max_leverage, "maintenance_margin": market.maintenance_margin,
            "base_number": self.asset_number(market.base), "quote_number": self.asset_number(market.quote),
        }  # fmt: skip

    def _ticker(self, market: Market) -> Facts:
        today = day(self.venue, market)
        return {
            "last": today.last, "open": today.open, "high": today.high, "low": today.low,
            "bid": today.bid.price, "bid_amount": today.bid.amount, "ask": today.ask.price,
            "ask_amount": today.ask.amount, "volume": today.volume, "value": today.value,
            "average": today.average, "change": today.change, "change_rate": today.change_rate,
        }  # fmt: skip

    def _funding(self, market: Market) -> Facts:
        return {
            "rate": self.venue.funding_rate(market), "next_at": self.venue.next_funding_at(market),
            "last_at": self.venue.next_funding_at(market) - market.funding_interval,
            "interval": int(market.funding_interval), "mark_price": self.venue.mark_price(market),
            "index_price": self.venue.index_price(market), "open_interest": self.venue.open_interest(market),
        }  # fmt: skip

    def book(self, book: Facts, bids: Iterable[Level], asks: Iterable[Level]) -> Scope:
        """`book` are the facts of the whole."""
        return Scope(
            {"book": lambda: book},
            {"bid": lambda: map(self._level, bids), "ask": lambda: map(self._level, asks)},
        )

    def _level(self, level: Level) -> Scope:
        return Scope({"level": lambda: {"price": level.price, "amount": level.amount}})

    def trade(self, trade: Trade) -> Scope:
        buyer_took = trade.taker_side is Side.BUY
        told: Facts = {
            "trade_id": trade.trade_id, "price": trade.price, "amount": trade.amount,
            "signed_amount": trade.amount if buyer_took else -trade.amount,
            "quote_amount": trade.price * trade.amount, "side": trade.taker_side.value, "at": trade.at,
            "buy_order_id": trade.taker_order_id if buyer_took else trade.maker_order_id,
            "sell_order_id": trade.maker_order_id if buyer_took else trade.taker_order_id,
        }  # fmt: skip
        return Scope({"trade": lambda: told}).within(self.market(trade.market))

    def balance(self, balance: Balance) -> Scope:
        told: Facts = {
            "asset": self.asset(balance.asset), "free": balance.free, "locked": balance.locked,
            "total": balance.total, "number": self.asset_number(balance.asset),
        }  # fmt: skip
        return Scope({"balance": lambda: told})

    def margin(self, account: Account, asset: str) -> Scope:
        held = self.venue.margin(account, asset)
        told: Facts = {
            "asset": self.asset(asset), "wallet": held.wallet, "equity": held.equity + held.isolated_margin,
            "available": held.available, "unrealised_pnl": held.unrealised_pnl,
            "used": held.position_margin + held.order_margin, "position_margin": held.position_margin,
            "order_margin": held.order_margin,
        }  # fmt: skip
        return Scope({"margin": lambda: told})

    def order(self, account: Account, order: Order, fill: Fill | None = None) -> Scope:
        """An order, its fills and fees, and the fill that is the reason to tell it."""

        def fills() -> tuple[Fill, ...]:
            return self.venue.fills(account, order_id=order.order_id)

        objects: dict[str, Callable[[], Facts]] = {"order": lambda: self._order(account, order, fills())}
        if fill is not None:
            objects["fill"] = lambda: self.fill_facts(fill)
        rows: dict[str, Callable[[], Iterable[Scope]]] = {
            "fill": lambda: [self.fill(account, each, of_order=True) for each in fills()],
            "paid": lambda: self._paid(fills()),
            "reason": lambda: [] if fill is None else [self.fill(account, fill, of_order=True)],
        }
        return Scope(objects, rows).within(self.market(order.market))

    def _order(self, account: Account, order: Order, fills: tuple[Fill, ...]) -> Facts:
        market = order.market
        asked, left = order.amount, order.remaining
        if order.quote_amount is not None:
            asked, left = order.quote_amount, max(order.quote_amount - order.filled_quote, ZERO)
        received = market.base if order.side is Side.BUY else market.quote
        told: dict[str, Fact] = {
            name: plainly(getattr(order, name))
            for name in (
                "order_id", "side", "type", "time_in_force", "post_only", "reduce_only", "position_side",
                "price", "amount", "quote_amount", "remaining", "filled", "filled_quote",
                "average_price", "status", "ended", "created_at", "updated_at", "expires_at",
            )
        }  # fmt: skip
        told |= {
            "client_order_id": self._client_order_id(order), "any_id": order.order_id, "asked": asked,
            "filled_share": order.filled / order.amount if order.amount else ZERO,
            "partly_filled": ZERO < order.filled < order.amount,
            "notional": order.quote_amount or order.amount * (order.price or ZERO), "asked_left": left,
            "signed_amount": order.amount if order.side is Side.BUY else -order.amount,
            "signed_remaining": order.remaining if order.side is Side.BUY else -order.remaining,
            "fee": sum((fill.fee for fill in fills), ZERO),
            "fee_asset": self.asset(fills[-1].fee_asset if fills else received),
        }  # fmt: skip
        if market.perpetual:
            told["fee_asset"] = self.asset(market.settle_asset)
            told["leverage"] = self.venue.leverage(account, market)
        return told

    def _client_order_id(self, of: Order | Fill) -> str | None:
        return of.client_order_id if of.given_id or self.unnamed == OWN_ID else self.unnamed

    def _paid(self, fills: Iterable[Fill]) -> list[Scope]:
        """An order's fees, by asset."""
        paid: dict[str, Decimal] = {}
        for fill in fills:
            paid[fill.fee_asset] = paid.get(fill.fee_asset, ZERO) + fill.fee
        return [self._fee(asset, amount) for asset, amount in paid.items()]

    def _fee(self, asset: str, amount: Decimal) -> Scope:
        return Scope({"paid": lambda: {"asset": self.asset(asset), "amount": amount}})

    def fill(self, account: Account, fill: Fill, *, of_order: bool = False) -> Scope:
        """A fill, with its order around it unless it is told within one."""
        scope = Scope({"fill": lambda: self.fill_facts(fill)})
        if of_order:
            return scope
        return scope.within(self.order(account, self.venue.order_of(account, fill)))

    def fill_facts(self, fill: Fill) -> Facts:
        names = ("trade_id", "order_id", "side", "price", "amount", "quote_amount", "fee")
        told: dict[str, Fact] = {name: plainly(getattr(fill, name)) for name in names}
        way = 1 if fill.side is Side.BUY else -1
        return {
            "signed_amount": fill.amount * way, "signed_quote_amount": -fill.quote_amount * way,
            **told, "client_order_id": self._client_order_id(fill), "fee_asset": self.asset(fill.fee_asset),
            "fee_asset_number": self.asset_number(fill.fee_asset), "maker": fill.maker, "at": fill.at,
            "position_side": plainly(fill.position_side), "realised_pnl": fill.realised_pnl,
            "opens": fill.realised_pnl == ZERO,
        }  # fmt: skip

    def position(self, position: Position) -> Scope:
        """`side` is long or short, whatever the mode; `size` is signed, `amount` never negative."""
        way = position.side
        if way is PositionSide.BOTH:
            way = PositionSide.SHORT if position.size < 0 else PositionSide.LONG
        told: dict[str, Fact] = {
            name: plainly(getattr(position, name))
            for name in (
                "size", "entry_price", "mark_price", "unrealised_pnl", "realised_pnl", "leverage",
                "margin_mode", "liquidation_price", "notional", "updated_at",
            )
        }  # fmt: skip
        told |= {
            "side": way.value, "amount": abs(position.size), "position_side": plainly(position.side),
            "one_way": position.side is PositionSide.BOTH,
        }  # fmt: skip
        cross = position.margin_mode.value == "cross"
        told["margin"] = position.initial_margin if cross else position.isolated_margin
        return Scope({"position": lambda: told}).within(self.market(position.market))

    def payment(self, payment: FundingPayment) -> Scope:
        told: Facts = {
            "asset": self.asset(payment.asset), "amount": payment.amount, "rate": payment.rate,
            "size": payment.size, "at": payment.at, "payment_id": payment.payment_id,
        }  # fmt: skip
        return Scope({"payment": lambda: told}).within(self.market(payment.market))
