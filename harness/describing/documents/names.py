"""What the name of a leaf says of it, where a connector's source reads it and no test shows it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from harness.describing.documents.leaves import Path

# Words for a taker's side, with both words of their list.
SIDES_OF_TRADES = {
    word: f"{buy} {sell}"
    for buy, sell in (
        ("buy", "sell"),
        ("BUY", "SELL"),
        ("Buy", "Sell"),
        ("B", "S"),
        ("bid", "ask"),
        ("Bid", "Ask"),
    )
    for word in (buy, sell)
}
_MARKET = r"symbol|ticker|instrument(_name)?|market(_name)?|(trading_|currency_|asset_)?pair|ticker_id|name"
_ASSET = "asset|currency|coin|ccy|token|ticker|symbol"
_AMOUNT = "amount|size|qty|quantity|volume|sz"
_DECIMALS = "decimals?|precision|scale|digits|places?|dp"
_TIME = r"time(?!_?in)|\bts\b|date|creat|updat|_at$|_ms$"
_CLIENT = r"client|^cid$|link_?id|custom_?id|user_?(order|provided)|cl_?ord"

# By object: what a name, in small letters with `_` between its words, is taken for; the first that fits.
_SAID: Mapping[str, Sequence[tuple[str, str]]] = {
    "market": (
        (r"^max|_max|leverage|margin", ""),
        (r"(price|quote|tick).*(step|increment|tick)|tick_?size|^tick$", "market.tick_size"),
        (rf"({_AMOUNT}|base|lot).*(step|increment)|lot_?size|step_?size", "market.lot_size"),
        (r"^size_multiplier$", "market.lot_size"),
        (rf"(price|tick|quote).*({_DECIMALS})", "market.tick_decimals"),
        (rf"({_AMOUNT}|base|lot).*({_DECIMALS})", "market.lot_decimals"),
        (r"min.*(notional|value|cost|funds|total|quote)", "market.min_notional"),
        (rf"min.*({_AMOUNT}|base|lot|_num$)", "market.min_amount"),
        (r"maker", "market.maker_fee"),
        (r"taker", "market.taker_fee"),
        (rf"^(base|underlying|from)(_({_ASSET}))?(_(id|code|symbol))?$|^primary_?ticker$", "market.base"),
        (r"^product1(_symbol)?$", "market.base"),  # AlphaPoint's, where markets are numbered
        (rf"^(quote|counter|secondary|to)(_({_ASSET}))?(_(id|code|symbol))?$", "market.quote"),
        (r"^product2(_symbol)?$", "market.quote"),
        (rf"settle(ment)?(_({_ASSET}))?$", "market.settle"),
        (r"^last(_traded)?_price$", "ticker.last"),
        (r"^mark_price$", "funding.mark_price"),
        (r"^(index|oracle)_price$", "funding.index_price"),
        (r"^(next_|current_|last_)?funding_rate$", "funding.rate"),
        (rf"^({_MARKET})$", "market.symbol"),
        (r"^(symbol|instrument|market|product|pair)_?id$|^product$", "market.number"),
    ),
    "balance": (
        (r"avail|free|withdraw|tradable", "balance.free"),
        (r"lock|held|hold|reserv|frozen|freeze|used|in_?order", "balance.locked"),
        (rf"^({_ASSET})(_(id|code|symbol|name))?$|_({_ASSET})$", "balance.asset"),
        (r"total|balance|amount|equity|quantity|cash", "balance.total"),
    ),
    "order": (
        (_CLIENT, "order.client_order_id"),
        (r"order_?id|^id$|^oid$|^order$", "order.order_id"),
        (r"stat(us|e)$", "order.status"),
        (r"(trade|fill|exec|match|deal)\w*_?id$", ""),
        (rf"(fee|commission).*({_ASSET})", "order.fee_asset"),
        (r"fee|commission", "order.fee"),
        (r"av(g|erage)|(fill|exec|deal|match|trade).*(price|px)", "order.average_price"),
        (r"remain|left|leaves|un_?filled", "order.remaining"),
        (r"(cum|fill|exec|deal).*(quote|value|notional|funds)", "order.filled_quote"),
        (r"fill|exec|cum|traded|deal|matched", "order.filled"),
        (r"^pos(ition)?_?side$", "order.position_side"),
        (r"side$", "order.side"),
        (r"creat|placed", "order.created_at"),
        (_TIME, "order.updated_at"),
        (r"price|^px$", "order.price"),
        (_AMOUNT, "order.amount"),
    ),
    "fill": (
        (_CLIENT, "fill.client_order_id"),
        (r"order", "fill.order_id"),
        (r"(trade|fill|exec|match|deal)\w*_?(id|no)$|^t?id$", "fill.trade_id"),
        (rf"(fee|commission).*({_ASSET})", "fill.fee_asset"),
        (r"fee|commission", "fill.fee"),
        (r"^pos(ition)?_?side$", "fill.position_side"),
        (r"side$", "fill.side"),
        (r"remain|left|leaves|un_?filled", ""),
        (_TIME, "fill.at"),
        (r"price|^px$|^rate$", "fill.price"),
        (r"quote|value|notional|cost|funds", "fill.quote_amount"),
        (_AMOUNT, "fill.amount"),
    ),
    "ticker": (
        (r"^(max|min|prev|sett)|next.*rate|predict|estimat|interest", ""),
        (r"mark", "funding.mark_price"),
        (r"index|oracle|^idx", "funding.index_price"),
        (r"fund.*rate", "funding.rate"),
        (r"next.*fund.*(time|_at$)", "funding.next_at"),
        (rf"({_AMOUNT}|id|{_TIME}|change|side)$", ""),
        (r"last|close", "ticker.last"),
    ),
    "funding": (
        (r"^(max|min|prev|sett)|next.*rate|predict|estimat|interest", ""),
        (r"mark", "funding.mark_price"),
        (r"index|oracle|^idx", "funding.index_price"),
        (r"next", "funding.next_at"),
        (r"rate", "funding.rate"),
    ),
    "position": (
        (rf"^({_MARKET}|(instrument|market|product|symbol)_?id)$", "market.symbol"),
        (r"side$", "position.side"),
        (r"entry|av(g|erage)", "position.entry_price"),
        (r"^reali[sz]ed", "position.realised_pnl"),
        (r"unreali[sz]ed|pnl|^upl$", "position.unrealised_pnl"),
        (r"leverage|^lever$", "position.leverage"),
        (r"signed|^pos$", "position.size"),
        (_AMOUNT, "position.amount"),
    ),
}  # fmt: skip
# What names a row: without it a list is none of these.
_NAMING: Mapping[str, frozenset[str]] = {
    "market": frozenset({"market.symbol", "market.base", "market.number"}),
    "balance": frozenset({"balance.asset"}),
    "order": frozenset({"order.order_id", "order.client_order_id"}),
    "fill": frozenset({"fill.trade_id", "fill.order_id"}),
    "position": frozenset({"market.symbol"}),
}


def fact_named(name: str, thing: str) -> str:
    """The fact of that object (`market`, `fill` …) that a name speaks for, empty where it does for none."""
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return next((fact for pattern, fact in _SAID.get(thing, ()) if re.search(pattern, plain)), "")


def facts_named(names: Mapping[Path, Sequence[str]], thing: str) -> dict[Path, str]:
    """The fact of each leaf by what it may be called, the first name that speaks for one.

    What a leaf stands in names it for a market alone (`to.symbol` is its quote). A market that only an id
    names is called by it, and not by its number, but where its assets are products with numbers, too. The
    size of a position that tells no side has its sign.
    """
    found = {
        path: next(
            (fact for name in called[0 if thing == "market" else -1 :] if (fact := fact_named(name, thing))),
            "",
        )
        for path, called in names.items()
    }
    if thing == "position" and "position.side" not in found.values():
        return {path: "position.size" if fact == "position.amount" else fact for path, fact in found.items()}
    numbered = any(
        re.fullmatch(r"product_?[12]_?(symbol)?", name, re.I) for called in names.values() for name in called
    )
    if thing == "market" and "market.symbol" not in found.values() and not numbered:
        return {path: "market.symbol" if fact == "market.number" else fact for path, fact in found.items()}
    return found


def names_a_row(facts: Iterable[str], thing: str) -> bool:
    """Whether one of the facts says which of these objects a row is."""
    return not _NAMING.get(thing, frozenset()).isdisjoint(facts)
