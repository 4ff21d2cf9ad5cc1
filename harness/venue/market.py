"""A market's rules, spot or perpetual."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

FEE = Decimal("0.001")
EIGHT_HOURS = 8 * 3600.0


class MarketKind(StrEnum):
    SPOT = "spot"
    PERPETUAL = "perpetual"  # linear: amounts in base, margin and profit in the settle asset


class FeeIn(StrEnum):
    """Which asset a spot fee is taken from. Perpetuals always pay in the settle asset."""

    RECEIVED = "received"  # buyers pay base, sellers quote: the fee comes off what the order receives
    QUOTE = "quote"  # a buyer pays it on top of the cost
    BASE = "base"  # a seller gives it on top of the amount


class SelfTrade(StrEnum):
    """What happens when an order meets another of its own account."""

    NONE = "none"  # they trade
    EXPIRE_TAKER = "expire_taker"
    EXPIRE_MAKER = "expire_maker"  # and the taker goes on
    EXPIRE_BOTH = "expire_both"
    DECREMENT = "decrement"  # both lose the smaller amount without a trade; who has none left expires


class PriceReference(StrEnum):
    """`MARK` is the last price on a spot market, `MID` too while a side of the book is empty."""

    LAST = "last"
    MID = "mid"
    MARK = "mark"


@dataclass(frozen=True)
class PriceBand:
    """A limit price must be within these multiples (0.8 = 80 %) of the reference price."""

    bid_down: Decimal
    bid_up: Decimal
    ask_down: Decimal
    ask_up: Decimal
    reference: PriceReference = PriceReference.LAST


@dataclass(frozen=True)
class MarginTier:
    """For the part of a position's notional (in quote) above `above`: the rates of a bracket."""

    above: Decimal
    maintenance_margin: Decimal
    max_leverage: Decimal


@dataclass(frozen=True, repr=False, eq=False)
class Market:
    """Two assets and the rules of trading one for the other, or a linear perpetual on them.

    Two of the same assets and kind are equal: an exchange changes the rules of a market, and it stays itself.

    `tick_size` is the price step, `lot_size` the amount step, `min_amount` in base, `min_notional` in
    quote; `max_notional` and `max_open_orders` (of one account) None: no limit. Fees are fractions (0.001 =
    0.1 %, negative: a rebate) taken as `fee_in` says. `reference_price` is where the other traders put
    their first quotes. Unless an order says otherwise, `self_trade` rules. A post-only order that would take
    is refused, or where `post_only_expires` accepted and ended at once.

    The rest is for perpetuals. `settle` is the asset of margin, profit and fees ("": the quote). One contract
    is `contract_size` of base; all amounts of the venue are in base nevertheless, dialects that count
    contracts divide. `funding_rate` is the fraction of the notional that longs pay shorts each
    `funding_interval` (seconds), `liquidation_fee` the fraction of the notional that a liquidation
    costs, `maintenance_margin` the one rate of a market without `margin_tiers` (rising, first above 0).
    """

    base: str
    quote: str
    tick_size: Decimal
    lot_size: Decimal
    min_amount: Decimal
    min_notional: Decimal
    reference_price: Decimal
    maker_fee: Decimal = FEE
    taker_fee: Decimal = FEE
    max_amount: Decimal = Decimal(9_000_000_000)
    max_price: Decimal = Decimal(1_000_000)
    base_precision: int = 8
    quote_precision: int = 8
    fee_in: FeeIn = FeeIn.RECEIVED
    max_notional: Decimal | None = None
    price_band: PriceBand | None = None
    max_open_orders: int | None = None
    self_trade: SelfTrade = SelfTrade.NONE
    post_only_expires: bool = False
    kind: MarketKind = MarketKind.SPOT
    settle: str = ""
    contract_size: Decimal = Decimal(1)
    max_leverage: Decimal = Decimal(100)
    default_leverage: Decimal = Decimal(20)
    maintenance_margin: Decimal = Decimal("0.005")
    margin_tiers: tuple[MarginTier, ...] = ()
    funding_rate: Decimal = Decimal("0.0001")
    funding_interval: float = EIGHT_HOURS
    liquidation_fee: Decimal = Decimal("0.01")
    perpetual: bool = field(init=False, compare=False)
    base_quantum: Decimal = field(init=False, compare=False)  # the least amount of base that is kept
    quote_quantum: Decimal = field(init=False, compare=False)
    highest_fee: Decimal = field(init=False, compare=False)  # set aside until it is known who makes
    _hash: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        # Every order asks for these several times; the hash of all fields alone takes microseconds.
        reckoned = {
            "perpetual": self.kind is MarketKind.PERPETUAL,
            "base_quantum": Decimal(1).scaleb(-self.base_precision),
            "quote_quantum": Decimal(1).scaleb(-self.quote_precision),
            "highest_fee": max(self.maker_fee, self.taker_fee, Decimal(0)),
            "_hash": hash((self.base, self.quote, self.kind)),
        }
        for name, value in reckoned.items():
            object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Market):
            return NotImplemented
        return (self.base, self.quote, self.kind) == (other.base, other.quote, other.kind)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"<{self.name} {self.kind.value}>"

    @property
    def name(self) -> str:
        """The standard form, `BASE-QUOTE`."""
        return f"{self.base}-{self.quote}"

    @property
    def settle_asset(self) -> str:
        """The asset of a perpetual's margin, profit and fees."""
        return self.settle or self.quote

    def buyer_pays(self, cost: Decimal, fee_in: FeeIn | None = None) -> Decimal:
        """The most that buying for `cost` can take of the quote asset: a fee on top is at the higher rate."""
        if (fee_in or self.fee_in) is not FeeIn.QUOTE:
            return cost
        return cost + floor_to(cost * self.highest_fee, self.quote_quantum)

    def seller_gives(self, amount: Decimal, fee_in: FeeIn | None = None) -> Decimal:
        """The most that selling `amount` can take of the base asset."""
        if (fee_in or self.fee_in) is not FeeIn.BASE:
            return amount
        return amount + floor_to(amount * self.highest_fee, self.base_quantum)

    def tier(self, notional: Decimal) -> MarginTier:
        """The bracket that a position of so much notional is in."""
        reached = [tier for tier in self.margin_tiers if tier.above < notional]
        if reached:
            return reached[-1]
        return MarginTier(Decimal(0), self.maintenance_margin, self.max_leverage)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    return value % step == 0


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """The multiple of `step` nearest to `value` on zero's side: of a negative one the nearest above."""
    return (value // step) * step


def _market(base: str, quote: str, tick: str, lot: str, least: str, notional: str, price: str) -> Market:
    return Market(base, quote, Decimal(tick), Decimal(lot), Decimal(least), Decimal(notional), Decimal(price))


# Sizes that catch a connector which hard-codes eight decimals, splits a symbol at its first quote-like
# letters, or expects names to start with a letter.
SAMPLE_MARKETS: tuple[Market, ...] = (
    _market("BTC", "USDT", "0.01", "0.00001", "0.00001", "5", "64000"),
    _market("ETH", "USDT", "0.01", "0.0001", "0.0002", "5", "3000"),
    _market("1000SATS", "USDT", "0.0000001", "1", "10", "1", "0.0002845"),
    _market("WBTC", "BTC", "0.0001", "0.00007", "0.00014", "0.0001", "0.9991"),
)


def _perpetual(base: str, tick: str, lot: str, notional: str, price: str, leverage: str) -> Market:
    return Market(
        base, "USDT", Decimal(tick), Decimal(lot), Decimal(lot), Decimal(notional), Decimal(price),
        maker_fee=Decimal("0.0002"), taker_fee=Decimal("0.0005"), kind=MarketKind.PERPETUAL,
        max_leverage=Decimal(leverage),
    )  # fmt: skip


SAMPLE_PERPETUALS: tuple[Market, ...] = (
    _perpetual("BTC", "0.1", "0.001", "5", "64000", "125"),
    _perpetual("ETH", "0.01", "0.001", "5", "3000", "100"),
    _perpetual("1000SATS", "0.0000001", "1", "5", "0.0002845", "50"),
)
