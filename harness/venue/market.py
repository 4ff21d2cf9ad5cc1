"""A market's rules."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

FEE = Decimal("0.001")


@dataclass(frozen=True)
class Market:
    """Two assets and the rules of trading one for the other.

    `tick_size` is the price step, `lot_size` the amount step, `min_amount` in base, `min_notional` in
    quote. Fees are fractions (0.001 = 0.1 %) taken from the asset received, or with `fee_in_quote` from the
    quote asset on both sides: a buyer then pays them on top. `reference_price` is where the other traders
    put their first quotes.
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
    fee_in_quote: bool = False

    @property
    def name(self) -> str:
        """The standard form, `BASE-QUOTE`."""
        return f"{self.base}-{self.quote}"

    @property
    def base_quantum(self) -> Decimal:
        """The smallest amount of base that the exchange keeps."""
        return Decimal(1).scaleb(-self.base_precision)

    @property
    def quote_quantum(self) -> Decimal:
        return Decimal(1).scaleb(-self.quote_precision)

    def buyer_pays(self, cost: Decimal) -> Decimal:
        """The most that buying for `cost` can take of the quote asset: a fee on top is at the higher rate."""
        if not self.fee_in_quote:
            return cost
        return cost + floor_to(cost * max(self.maker_fee, self.taker_fee), self.quote_quantum)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    return value % step == 0


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` that is not above `value`."""
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
