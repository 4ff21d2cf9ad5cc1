"""What a market counts its amounts and prices in, where that is not the base and its quote in decimals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from harness.venue.dialects.decimals import decimals_of, fixed
from harness.venue.market import Market

# Filters whose numbers say nothing without the market.
COUNTED = frozenset({"contracts", "per_contract", "lot_units", "tick_units"})
# Filters that write nothing without the market.
OF_A_MARKET = COUNTED | {"tick_fixed"}


@dataclass(frozen=True)
class Units:
    """One contract in base, and how many decimals whole units of amounts and of prices stand for."""

    contract: Decimal = Decimal(1)
    lot_decimals: int = 0
    tick_decimals: int = 0

    @classmethod
    def of(cls, market: Market) -> Units:
        return cls(market.contract_size, decimals_of(market.lot_size), decimals_of(market.tick_size))

    @classmethod
    def told(cls, facts: Mapping[str, object]) -> Units:
        """Of the facts of a market, as templates tell them."""
        contract = facts.get("contract_size")
        lot, tick = (facts.get(f"{name}_decimals") for name in ("lot", "tick"))
        return cls(
            contract if isinstance(contract, Decimal) else Decimal(1),
            lot if isinstance(lot, int) else 0,
            tick if isinstance(tick, int) else 0,
        )

    def written(self, value: Decimal, name: str) -> Decimal | int | str | None:
        """A value by one of the filters of `OF_A_MARKET`; None by any other."""
        match name:
            case "contracts":
                return value / self.contract
            case "per_contract":
                return value * self.contract
            case "lot_units":
                return int(value.scaleb(self.lot_decimals))
            case "tick_units":
                return int(value.scaleb(self.tick_decimals))
            case "tick_fixed":
                return fixed(value, self.tick_decimals)
        return None

    def read(self, value: Decimal, name: str) -> Decimal:
        """What was written by that filter; by any other as it is."""
        match name:
            case "contracts":
                return value * self.contract
            case "per_contract":
                return value / self.contract
            case "lot_units":
                return value.scaleb(-self.lot_decimals)
            case "tick_units":
                return value.scaleb(-self.tick_decimals)
        return value


NO_UNITS = Units()
