"""Rules of an exchange that no reply tells: limits of requests, and what orders may be."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from harness.venue.described.part import STRICT, Operation

OWN_ID = "an id of its own"


class Limit(BaseModel):
    """So many requests in a window, counted for each route or all together; no operations: any other."""

    model_config = STRICT

    operations: tuple[Operation, ...] = ()
    requests: int
    seconds: float
    together: bool = False
    weighed: bool = False


class Orders(BaseModel):
    """Rules of orders that no reply tells."""

    model_config = STRICT

    market_buy_in: Literal["base", "quote", "either"] = "base"
    fee_in: Literal["received", "quote", "base"] = "received"
    post_only_would_take: Literal["refused", "expires"] = "refused"
    client_order_id: str | None = Field(default=None, description="pattern that it must match")
    unnamed: str | None = Field(
        default=OWN_ID,
        description="what is told in its place of an order that came without one: nothing (null), this text, "
        "or an id that the exchange makes itself",
    )
    repeated_client_order_ids: Literal["refused", "taken"] = Field(
        default="refused", description="an order whose id another has that is open"
    )
    numbers: Literal["plain", "any"] = "plain"
    amount_decimals: int | None = Field(
        default=None, description="of amounts in every market, where no reply tells them"
    )
    contract: Literal["base", "lot"] = Field(
        default="base", description="what a contract is: one of the base, or the least amount that is traded"
    )
    zero_price_is_market: bool = False
    market_time_in_force: tuple[Literal["ioc", "fok"], ...] = Field(
        default=(), description="those of which a market order has to name one"
    )
    hedge_side: Literal["told", "by reduce-only"] = Field(
        default="told", description="how an order of hedge mode names its side: reduce-only ones close"
    )
    reduce_only_rests: bool = Field(
        default=True, description="whether a reduce-only order may rest; else it is refused, unless immediate"
    )
    prefix: str = ""
